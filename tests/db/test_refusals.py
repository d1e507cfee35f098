"""Bad arguments to every function of the contract: the right SQLSTATE, the field by its name, a remedy, nothing written."""

from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from pgswarm.schema.errors import ConflictError, InvalidInputError, NotFoundError, translate
from support.database import Database
from support.verbs import Conn, Run, Worker, ask, cancel, finish, open_questions, start

TYPED = {"PS404": NotFoundError, "PS409": ConflictError, "PS422": InvalidInputError}
NOT_AN_OBJECT = [[], 1, "x", True]


@dataclass(frozen=True)
class Bad:
    """A call that must be refused; `{swarm}` and the like in its parameters stand for real ids."""

    name: str
    call: LiteralString
    params: dict[str, Any]
    sqlstate: str
    field: str
    says: str = ""
    hint: str = field(default="")


NOWHERE = UUID("01890000-0000-7000-8000-000000000000")
START: LiteralString = "start_swarm(goal => %(goal)s, action => %(action)s, args => %(args)s, options => %(options)s)"


def started(name: str, field: str, says: str = "", **params: Any) -> Bad:
    given = {"goal": "g", "action": "test/strict", "args": Jsonb({"n": 1}), "options": Jsonb({})}
    return Bad(name, START, {**given, **params}, "PS422", field, says)


def option(name: str, field: str, value: Any) -> Bad:
    return started(name, field, options=Jsonb(value))


def unknown(call: LiteralString, field: str, **params: Any) -> Bad:
    return Bad(call.split("(")[0] + " of an unknown " + field, call, params, "PS404", field)


CASES = [
    started("null goal", "goal", goal=None),
    started("empty goal", "goal", goal=""),
    started("blank goal", "goal", goal=" \n\t"),
    started("goal of 1 MB", "goal", "attach", goal="x" * 1_000_000),
    started("null action", "action", action=None),
    started("unknown action", "action", "nowhere/at_all", action="nowhere/at_all"),
    *[started(f"args {v!r}", "args", args=Jsonb(v)) for v in NOT_AN_OBJECT],
    started("args lack what is required", "args.n", args=Jsonb({})),
    started("args of a wrong type", "args.n", "integer", args=Jsonb({"n": "one"})),
    started("args of a fraction", "args.n", "integer", args=Jsonb({"n": 1.5})),
    started("args outside the enum", "args.size", args=Jsonb({"n": 1, "size": "huge"})),
    started("args with an unknown key", "args.m", args=Jsonb({"n": 1, "m": 2})),
    *[option(f"options {v!r}", "options", v) for v in NOT_AN_OBJECT],
    option("unknown option", "options.speed", {"speed": 1}),
    *[option(f"priority {v!r}", "options.priority", {"priority": v}) for v in (-1, 3, 0.5, "1", None)],
    *[option(f"share {v!r}", "options.share", {"share": v}) for v in (0, -1, 1001, "1", None)],
    *[option(f"approve {v!r}", "options.approve", {"approve": v}) for v in ("all", 1, None)],
    option("model 7", "options.model", {"model": 7}),
    *[option(f"budget {v!r}", "budget", {"budget": v}) for v in NOT_AN_OBJECT],
    option("unknown limit", "budget.patience", {"budget": {"patience": 1}}),
    *[option(f"budget.nodes {v!r}", "budget.nodes", {"budget": {"nodes": v}}) for v in (0, -1, 1.5, "9", None, 1e300)],
    *[option(f"budget.tokens {v!r}", "budget.tokens", {"budget": {"tokens": v}}) for v in (-1, 0.5, 2**31)],
    *[option(f"budget.cost_usd {v!r}", "budget.cost_usd", {"budget": {"cost_usd": v}}) for v in (-0.01, 1e10)],
    unknown("answer_question(question_id => %(id)s, answer => '1')", "question_id", id=NOWHERE),
    unknown("answer_question(question_id => %(id)s, answer => '1')", "question_id", id=None),
    unknown("add_message(swarm_id => %(id)s, node_id => null, content => 'x')", "swarm_id", id=NOWHERE),
    unknown("add_message(swarm_id => %(swarm)s, node_id => %(id)s, content => 'x')", "node_id", id=NOWHERE),
    unknown("pause_swarm(swarm_id => %(id)s)", "swarm_id", id=NOWHERE),
    unknown("pause_swarm(swarm_id => %(id)s)", "swarm_id", id=None),
    unknown("resume_swarm(swarm_id => %(id)s)", "swarm_id", id=NOWHERE),
    unknown("cancel_swarm(swarm_id => %(id)s)", "swarm_id", id=NOWHERE),
    unknown("cancel_node(swarm_id => %(id)s, node_id => %(root)s)", "swarm_id", id=NOWHERE),
    unknown("cancel_node(swarm_id => %(swarm)s, node_id => %(id)s)", "node_id", id=NOWHERE),
    unknown("cancel_node(swarm_id => %(other)s, node_id => %(root)s)", "node_id"),
    unknown("retry_node(swarm_id => %(id)s, node_id => %(root)s)", "swarm_id", id=NOWHERE),
    unknown("retry_node(swarm_id => %(swarm)s, node_id => %(id)s)", "node_id", id=NOWHERE),
    unknown("""raise_budget(swarm_id => %(id)s, options => '{"nodes": 5}')""", "swarm_id", id=NOWHERE),
    unknown("state_at(swarm_id => %(id)s, seq => 1)", "swarm_id", id=NOWHERE),
    unknown("check_invariants(swarm_id => %(id)s)", "swarm_id", id=NOWHERE),
    unknown("search_memory(swarm_id => %(id)s, query => 'x', max_results => 1)", "swarm_id", id=NOWHERE),
    *[
        Bad(f"raise_budget to {v!r}", "raise_budget(swarm_id => %(swarm)s, options => %(options)s)",
            {"options": v if v is None else Jsonb(v)}, "PS422", f)
        for v, f in [
            (None, "options"), ({}, "options"), ([], "options"), ({"budget": {}}, "options"),
            ({"budget": None}, "options"), ({"speed": 1}, "budget.speed"), ({"nodes": 0}, "budget.nodes"),
            ({"budget": {"nodes": 5}, "tokens": 1}, "options.tokens"),
        ]
    ],
    *[
        Bad(f"message {str(v)[:9]!r}", "add_message(swarm_id => %(swarm)s, node_id => null, content => %(content)s)",
            {"content": v}, "PS422", "content")
        for v in (None, "", " \n", "x" * 1_000_001)
    ],
    Bad("answer of no value", "answer_question(question_id => %(question)s, answer => null)", {}, "PS422", "answer"),
    Bad("answer off the choices", "answer_question(question_id => %(chosen)s, answer => '\"c\"')", {}, "PS422",
        "answer", '"a"'),
    Bad("part of a choice", "answer_question(question_id => %(chosen)s, answer => '{}')", {}, "PS422", "answer"),
    Bad("answer of a wrong type", "answer_question(question_id => %(typed)s, answer => '\"c\"')", {}, "PS422", "answer"),
    Bad("answer that lacks a key", "answer_question(question_id => %(typed)s, answer => '{}')", {}, "PS422",
        "answer.when"),
    Bad("part of an enum's value", """answer_question(question_id => %(typed)s, answer => '{"when": {}}')""", {},
        "PS422", "answer.when"),
    Bad("retry of a living node", "retry_node(swarm_id => %(swarm)s, node_id => %(root)s)", {}, "PS409", "node_id"),
    Bad("retry of a root", "retry_node(swarm_id => %(ended)s, node_id => %(ended_root)s)", {}, "PS409", "node_id", "",
        "fork"),
    Bad("message to an ended swarm", "add_message(swarm_id => %(ended)s, node_id => null, content => 'x')", {}, "PS409",
        "swarm_id"),
    Bad("budget of an ended swarm", """raise_budget(swarm_id => %(ended)s, options => '{"nodes": 5}')""", {}, "PS409",
        "swarm_id"),
    Bad("entry for an ended swarm", "save_entry(swarm_id => %(ended)s, node_id => null, name => 'n', kind => 'text',"
        " description => '', folder => '', content => 'x')", {}, "PS409", "swarm_id"),
    *[
        Bad(f"entry called {str(v)[:9]!r}", "save_entry(swarm_id => %(swarm)s, node_id => null, name => %(name)s,"
            " kind => 'text', description => '', folder => '', content => 'x')", {"name": v}, "PS422", "name")
        for v in (None, "", " ", "a/b", "a\nb", "x" * 256)
    ],
    Bad("entry of nothing", "save_entry(swarm_id => %(swarm)s, node_id => null, name => 'n', kind => 'text',"
        " description => '', folder => '', content => null)", {}, "PS422", "content"),
    Bad("entry of no kind", "save_entry(swarm_id => %(swarm)s, node_id => null, name => 'n', kind => null,"
        " description => '', folder => '', content => 'x')", {}, "PS422", "kind"),
]  # fmt: skip


@pytest.fixture(scope="module")
def scene(module_db: Database) -> tuple[Conn, dict[str, Any]]:
    """Make a swarm with open questions, another, and one that has ended."""
    conn = module_db.conn
    schema = {
        "type": "object",
        "required": ["n"],
        "properties": {"n": {"type": "integer"}, "size": {"enum": ["small", "large"]}},
        "additionalProperties": False,
    }
    specs = [{"action_id": "test/strict", "input_schema": schema}, {"action_id": "test/work"}]
    conn.execute("select pgswarm.register_actions(specs => %s)", [Jsonb(specs)])
    worker = Worker(conn)
    swarm_id, ended = start(conn), start(conn)
    runs: dict[UUID, Run] = {run.swarm_id: run for run in worker.claim(2)}
    other = start(conn)
    typed = {"type": "object", "required": ["when"], "properties": {"when": {"enum": [{"day": 1}]}}}
    worker.does(
        ask(runs[swarm_id], "?", {"prompt": "?", "choices": ["a", {"b": 1}]}, {"prompt": "?", "schema": typed})
    )
    worker.does(finish(runs[ended]))
    plain, chosen, typed_one = (q["question_id"] for q in open_questions(conn, swarm_id))
    ids = {
        "swarm": swarm_id, "root": runs[swarm_id].node_id, "other": other, "ended": ended,
        "ended_root": runs[ended].node_id, "question": plain, "chosen": chosen, "typed": typed_one,
    }  # fmt: skip
    return conn, ids


@pytest.mark.parametrize("bad", CASES, ids=[case.name for case in CASES])
def test_refused_call_names_the_field_and_the_remedy_and_writes_nothing(
    scene: tuple[Conn, dict[str, Any]], bad: Bad
) -> None:
    conn, ids = scene
    counts = (
        "select (select count(*) from pgswarm.event) as events, (select count(*) from pgswarm.swarm) as swarms,"
        " (select count(*) from pgswarm.blob) as blobs"
    )
    before = conn.execute(counts).fetchall()
    with pytest.raises(psycopg.Error) as refused:
        conn.execute("select * from pgswarm." + bad.call, {**ids, **bad.params})
    error = translate(refused.value)
    assert refused.value.sqlstate == bad.sqlstate, refused.value
    assert type(error) is TYPED[bad.sqlstate]
    assert error is not None
    assert error.field == bad.field
    assert bad.says in error.message + str(error.hint)
    assert bad.hint in str(error.hint)
    assert error.hint
    assert len(error.message) < 500
    assert conn.execute(counts).fetchall() == before


def test_every_verb_refuses_an_isolation_level_in_which_it_would_see_the_past(
    scene: tuple[Conn, dict[str, Any]],
) -> None:
    conn, ids = scene
    conn.execute("begin isolation level repeatable read")
    with pytest.raises(psycopg.Error, match="read committed") as refused:
        cancel(conn, ids["swarm"])
    conn.execute("rollback")
    assert refused.value.sqlstate == "PS409"


@pytest.mark.parametrize(
    "options", [{"priority": 2.0}, {"share": 1e-3}, {"budget": {"nodes": 5.0}}, {"budget": None}, {"budget": {}}]
)
def test_numbers_may_be_written_in_any_way_that_json_allows(
    scene: tuple[Conn, dict[str, Any]], options: dict[str, Any]
) -> None:
    conn, _ = scene
    cancel(conn, start(conn, **options))
