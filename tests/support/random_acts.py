"""Acts drawn at random, for the state machine test."""

from collections.abc import Iterator
from typing import Final, TypeAlias
from uuid import UUID

from hypothesis import strategies as st

from pgswarm.schema.states import Verb
from support.verbs import Act, Kid, Run

DELAYS_S: Final = (None, 3.5, 33.5)
EXPIRIES_S: Final = (None, 7.5)
PICK = st.integers(0, 10_000)
"""Which of those that there are: taken modulo their number."""
ACTS = st.lists(
    st.tuples(
        PICK,
        st.sampled_from(
            [Verb.FINISH, Verb.FAIL, Verb.ASK, Verb.SPAWN, Verb.SPAWN, Verb.CONTINUE, Verb.RETRY, Verb.RELEASE]
        ),
        st.integers(1, 3),
        st.sampled_from(DELAYS_S),
        st.sampled_from(EXPIRIES_S),
    ),
    min_size=1,
    max_size=4,
)
Drawn: TypeAlias = tuple[int, Verb, int, float | None, float | None]
"""Which run, the verb, how many children or questions, seconds until it goes on, seconds until they expire."""
Acts: TypeAlias = list[Drawn]


def made(ids: Iterator[int], run: Run, drawn: Drawn) -> Act:
    """Make an act of what was drawn; new children take their ids from `ids`."""
    _, verb, count, delay_s, expires_s = drawn
    match verb:
        case Verb.SPAWN:
            kids = [Kid(node_id=UUID(int=next(ids))) for _ in range(count)]
            return Act(run, verb, kids=kids, handler="conclude")
        case Verb.ASK:
            question = {"prompt": "?"} if expires_s is None else {"prompt": "?", "expires_in_s": expires_s}
            return Act(run, verb, questions=[question] * count, handler="conclude")
        case Verb.CONTINUE | Verb.RETRY:
            return Act(run, verb, delay_s=delay_s, error={"code": "again"})
        case _:
            return Act(run, verb, report="r", error={"code": "bad"})
