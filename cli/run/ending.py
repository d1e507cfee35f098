"""How a run ends: what the swarm's state means for the command, and what is said about it.

Rule: pure. The command never says "succeeded" of anything but a swarm whose outcome that is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pgswarm.cli.exits import Exit
from pgswarm.cli.output import money, one_line
from pgswarm.cli.run.questions import how_to_answer
from pgswarm.cli.run.state import SwarmState

GO_ON = "To go on: the same command again, or `pgswarm up`."
SHOWN_CHARS = 500
_ENDS = (".", "!", "?", "…")


@dataclass(frozen=True, slots=True)
class Ending:
    """The exit code, one sentence, and the lines that say what to do."""

    code: Exit
    told: str
    remedy: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """All that is shown at the end: the ending, the last state, the report ("" for none), and what it took."""

    ending: Ending
    state: SwarmState
    report: str
    summary: str

    @property
    def headline(self) -> str:
        """The ending as a sentence."""
        told = f"{self.ending.told[:1].upper()}{self.ending.told[1:]}"
        return told if told.endswith(_ENDS) else f"{told}."


def ending_of(state: SwarmState, *, answers_open: bool, model_codes: frozenset[str]) -> Ending | None:
    """Return how it has ended; None while it goes on."""
    status = state.swarm.get("status")
    if status == "terminated":
        return _terminated(state, model_codes)
    if status == "paused" and state.counts["running"] == 0:
        return _paused(state)
    if state.questions and state.at_rest and not answers_open:
        return _asked(state)
    return None


def interrupted(state: SwarmState) -> Ending:
    """Return the ending of a run that Ctrl-C has paused."""
    swarm_id = state.swarm["swarm_id"]
    told = f"paused: nothing is lost ({state.counts['terminated']} of {state.created} nodes have ended)"
    return Ending(
        Exit.INTERRUPTED,
        told,
        (
            f"To go on: the same command again, or `pgswarm resume {swarm_id}` and `pgswarm up`.",
            f"To end it for good: `pgswarm cancel {swarm_id}`.",
        ),
    )


def summary(state: SwarmState, spent: Mapping[str, Any]) -> str:
    """Return what it took, in one line."""
    return " · ".join(
        (
            _count(state.created, "node"),
            _count(state.activations, "activation"),
            _count(spent["llm_calls"], "model call"),
            _count(spent["tokens"], "token"),
            money(spent["cost_usd"]),
            f"{spent['seconds']:.1f} s",
        )
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _terminated(state: SwarmState, model_codes: frozenset[str]) -> Ending:
    outcome = state.swarm["outcome"]
    if outcome == "succeeded":
        return Ending(Exit.SUCCEEDED, "succeeded")
    if outcome == "cancelled":
        return Ending(Exit.FAILED, "cancelled", ("Whoever cancelled it wanted it so; the same command starts anew.",))
    error = (state.root or {}).get("error") or {}
    told = f"failed: {one_line(str(error.get('message') or 'no reason given'), SHOWN_CHARS)}"
    look = f"See `pgswarm show {state.swarm['swarm_id']}`."
    if _only_the_model_failed(state, model_codes):
        return Ending(
            Exit.UNREACHABLE, told, (*_model_errors(state, model_codes), "Then: the same command again.", look)
        )
    return Ending(Exit.FAILED, told, (look,))


def _only_the_model_failed(state: SwarmState, codes: frozenset[str]) -> bool:
    """Say whether each branch that failed did so for want of a model: its lowest failed node says why."""
    failed = [node for node in state.nodes.values() if node["outcome"] == "failed"]
    parents = {node["parent_id"] for node in failed}
    lowest = [node for node in failed if node["node_id"] not in parents]
    return bool(lowest) and all((node["error"] or {}).get("code") in codes for node in lowest)


def _model_errors(state: SwarmState, codes: frozenset[str]) -> list[str]:
    """Return what the model's errors say, each once: they name the remedy."""
    errors = [node["error"] or {} for node in state.nodes.values() if node["outcome"] == "failed"]
    said = [one_line(str(error.get("message")), SHOWN_CHARS) for error in errors if error.get("code") in codes]
    return list(dict.fromkeys(said))[:3]


def _paused(state: SwarmState) -> Ending:
    swarm_id = state.swarm["swarm_id"]
    if state.swarm.get("paused_reason") == "budget_exceeded":
        limit = state.swarm.get("limit") or "nodes"
        return Ending(
            Exit.FAILED,
            f"out of budget: the limit of {limit} is reached; what was done is kept",
            (f"To go on: `pgswarm resume {swarm_id} --budget {limit}=MORE`, then the same command again.",),
        )
    return Ending(
        Exit.FAILED,
        "paused by somebody else",
        (f"To go on: `pgswarm resume {swarm_id}`, then the same command again.",),
    )


def _asked(state: SwarmState) -> Ending:
    questions = state.open_questions()
    told = (
        f"stopped at {'a question' if len(questions) == 1 else f'{len(questions)} questions'}; the swarm stays active"
    )
    lines = []
    for question in questions:
        lines += [one_line(question["prompt"], SHOWN_CHARS), f"  {how_to_answer(question)}"]
    return Ending(Exit.QUESTION, told, (*lines, GO_ON))
