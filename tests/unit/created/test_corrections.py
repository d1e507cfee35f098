"""A person who never says yes to a new action: how often it is written anew."""

import uuid
from types import SimpleNamespace
from typing import Any

from pgswarm.actions.created.create import CreateAction
from pgswarm.actions.node import Answer
from pgswarm.actions.outcomes import Continue, Fail


async def test_after_five_corrections_a_new_action_is_given_up() -> None:
    node: Any = SimpleNamespace(state={}, answers=[Answer(uuid.uuid4(), "May it?", "in capitals, please")])
    action = CreateAction()
    outcomes = [await action.judged(node) for _ in range(6)]
    assert [type(outcome) for outcome in outcomes] == [Continue] * 5 + [Fail]
    last = outcomes[-1]
    assert isinstance(last, Fail)
    assert (last.code, last.message) == ("not_approved", "After 5 corrections there was still no yes.")
