"""The table of states, driven alone: every pair of status and verb, and what the guards make of it."""

import itertools
import re

import pytest

from pgswarm.schema.guards import guard_sql
from pgswarm.schema.states import MOVES, IllegalMoveError, Status, Verb, legal_pairs, move

TABLE = """
    pending           claim         running
    pending           cancel        terminated
    running           ask           waiting_user
    running           spawn         awaiting_children
    running           continue      pending
    running           retry         pending
    running           release       pending
    running           expire        pending
    running           finish        terminated
    running           fail          terminated
    running           cancel        terminated
    waiting_user      answer        pending
    waiting_user      expire        pending
    waiting_user      cancel        terminated
    awaiting_children children_done pending
    awaiting_children cancel        terminated
"""
"""The contract, written down a second time."""

LEGAL = {(Status(a), Verb(v)): Status(b) for a, v, b in (line.split() for line in TABLE.strip().splitlines())}


@pytest.mark.parametrize(("status", "verb"), list(itertools.product(Status, Verb)))
def test_every_pair_of_status_and_verb_does_what_the_contract_says(status: Status, verb: Verb) -> None:
    if (status, verb) in LEGAL:
        assert move(status, verb) is LEGAL[status, verb]
    else:
        with pytest.raises(IllegalMoveError, match=f"{status} cannot {verb}") as refused:
            move(status, verb)
        assert (refused.value.status, refused.value.verb) == (status, verb)


def test_every_status_has_its_moves_and_terminated_has_none() -> None:
    assert MOVES.keys() == set(Status)
    assert MOVES[Status.TERMINATED] == {}


def test_every_status_but_the_last_can_be_cancelled_and_every_one_can_end() -> None:
    for status in set(Status) - {Status.TERMINATED}:
        assert move(status, Verb.CANCEL) is Status.TERMINATED
    reached = {Status.PENDING}
    for _ in Status:
        reached |= {after for before, after in legal_pairs() if before in reached}
    assert reached == set(Status)


def test_legal_pairs_are_those_of_the_table() -> None:
    assert legal_pairs() == {(before, after) for (before, _), after in LEGAL.items()}


def test_guard_lets_through_the_legal_pairs_alone() -> None:
    condition = re.search(r"when \(strpos\('(.*?)', (.*?)\) = 0\) execute", guard_sql().replace("\n   ", ""))
    assert condition
    found = {tuple(map(Status, pair.split(">"))) for pair in condition[1].strip(",").split(",")}
    counted = (Status.AWAITING_CHILDREN, Status.AWAITING_CHILDREN)  # a parent's count of children changes silently
    assert found == {*legal_pairs(), counted}
    assert condition[2] == "',' || old.status || '>' || new.status || ','"


def test_view_of_legal_moves_is_the_table() -> None:
    rows = re.findall(r"^  \('(\w+)', '(\w+)', '(\w+)'\)", guard_sql(), re.MULTILINE)
    assert {(Status(a), Verb(v)): Status(b) for a, v, b in rows} == LEGAL
    assert len(rows) == len(LEGAL)


def test_guard_of_each_table_names_the_verbs_to_call() -> None:
    text = guard_sql()
    for table, verb in {"node": "cancel_node", "event": "any verb", "question": "answer_question"}.items():
        part = text.split(f"function pgswarm.refuse_write_to_{table}()", 1)[1].split("$$;", 1)[0]
        assert verb in part
