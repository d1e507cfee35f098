"""Writes `docs/states.md` from the table in `schema/states.py`: run it after that table has changed.

Rule: the page says nothing of its own about what is allowed; a test compares it with the table.
"""

from pathlib import Path
from typing import Final

from pgswarm.schema.states import MOVES, Status, Verb

PAGE: Final = Path(__file__).with_name("states.md")

MEANING: Final = {
    Status.PENDING: "Can be claimed, once its `available_at` has come.",
    Status.RUNNING: "A worker holds a lease on it and runs a handler of its action.",
    Status.WAITING_USER: "Asked a person, and needs the answers to go on. Holds nothing.",
    Status.AWAITING_CHILDREN: "Spawned children, and goes on when the last of them has ended. Holds nothing.",
    Status.TERMINATED: "Ended: `succeeded`, `failed` or `cancelled`. Final.",
}
CAUSE: Final = {
    Verb.SPAWN: "the handler returns `Spawn`; its children are created `pending`",
    Verb.CLAIM: "a processor takes the node, under a lease and a new epoch",
    Verb.ASK: "the handler returns `Ask`",
    Verb.ANSWER: "the last answer that the node needs has come",
    Verb.CHILDREN_DONE: "the last child has ended",
    Verb.CONTINUE: "the handler returns `Continue` or `Sleep`",
    Verb.RETRY: "the handler raised, or took too long, and attempts are left",
    Verb.RELEASE: "a worker that stops, or a paused swarm, gives the node back",
    Verb.EXPIRE: "its time ran out: the lease of a running node, the question of a waiting one",
    Verb.FINISH: "the handler returns `Finish`",
    Verb.FAIL: "the handler returns `Fail`, or no attempt is left",
    Verb.CANCEL: "a person cancels the node, a node above it, or the swarm",
}


def page() -> str:
    """Return the page: the diagram, the statuses, and the moves."""
    return "\n".join(
        [
            "# The states of a node",
            "",
            "Written by `docs/draw_states.py` from `schema/states.py`. The database refuses every pair of",
            "status and verb that is not listed here.",
            "",
            "```mermaid",
            "stateDiagram-v2",
            *_arrows(),
            "```",
            "",
            "| status | means |",
            "|---|---|",
            *(f"| `{status}` | {MEANING[status]} |" for status in Status),
            "",
            "| from | verb | to | when |",
            "|---|---|---|---|",
            f"| (new) | `{Verb.SPAWN}` | `{Status.PENDING}` | a swarm starts, or its parent spawns it |",
            *(
                f"| `{before}` | `{verb}` | `{after}` | {CAUSE[verb]} |"
                for before, verbs in MOVES.items()
                for verb, after in verbs.items()
            ),
            "",
        ]
    )


def _arrows() -> list[str]:
    """Return one arrow for each pair of statuses, with all the verbs that lead along it."""
    verbs: dict[tuple[Status, Status], list[str]] = {}
    for before, moves in MOVES.items():
        for verb, after in moves.items():
            verbs.setdefault((before, after), []).append(verb)
    return [
        f"    [*] --> {Status.PENDING}: {Verb.SPAWN}",
        *(f"    {before} --> {after}: {', '.join(names)}" for (before, after), names in verbs.items()),
        f"    {Status.TERMINATED} --> [*]",
    ]


if __name__ == "__main__":
    PAGE.write_text(page())
