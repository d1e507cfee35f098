"""The tasks `review_branch`, `review_overall` and `consolidate`: is a part done, is all of it, and what is left.

A part is done when its report answers it: figures for a question of how much, a quotation (or a plain "nothing is
said") for what a text says, words for the rest. What has failed twice, or needs a model, is not tried again.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pgswarm.actions.models.offline.rules import slots
from pgswarm.actions.models.offline.rules.files import files_of
from pgswarm.actions.models.offline.rules.lexicon import Kind
from pgswarm.actions.models.offline.rules.parts import ASK_PREFIX, Part, explicit, key, planned
from pgswarm.actions.models.offline.rules.titles import heading, without_title

MAX_TRIES = 2
_ASKED_READER = f"{ASK_PREFIX}Who is the "
_FINAL = re.compile(
    r"^(needs_|not_configured|limit_|cancelled|not_found|not_text|no_table|bad_args|too_long|budget|unknown_|no_action|"
    r"not_a_|binary|cannot_read|unclear|not_approved|given_up|outside_|page_|address_|too_many_redirects)"
)


def review_branch(data: Mapping[str, Any]) -> dict[str, Any]:
    """Judge one part by its report."""
    if data.get("outcome") != "succeeded":
        error = data.get("error") or {}
        return _verdict(complete=False, reason=str(error.get("message") or "It failed without saying why."))
    report = str(data.get("report") or "").strip()
    if not report:
        return _verdict(complete=False, reason="The report is empty.")
    parts = explicit(str(data.get("directive", "")), files_of(data))
    if len(parts) != 1:
        return _verdict(complete=True, reason="There is a report for all of it.")
    return _judge(parts[0], report)


def _judge(part: Part, report: str) -> dict[str, Any]:
    if part.kind is Kind.COMPUTE and not re.search(r"\d|\bnone\b|\bno row", report, re.IGNORECASE):
        return _verdict(complete=False, reason="It asks for figures, and the report has none.")
    if part.kind is Kind.FIND and not re.search(r"^>|\bline", report, re.MULTILINE) and "othing" not in report:
        return _verdict(complete=False, reason="It asks what a text says, and the report quotes no place.")
    if part.kind is Kind.WRITE:
        who = slots.audience(part.directive)
        if who and who.lower() not in report.lower():
            return _verdict(complete=False, reason=f"It does not say that it is for {who}.")
    return _verdict(complete=True, reason="The report answers it.")


def _verdict(*, complete: bool, reason: str) -> dict[str, Any]:
    return {"complete": complete, "reason": reason, "questions": []}


def review_overall(data: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the goal's parts with the branches; name what is left, and what cannot be done."""
    _, left, hopeless = _compared(data)
    return {
        "complete": not left and not hopeless,
        "reason": "Every part is done."
        if not left and not hopeless
        else " ".join(hopeless) or "Some parts are still to be done.",
        "left": _as_directive(left),
        "questions": [],
    }


def consolidated(data: Mapping[str, Any]) -> dict[str, Any]:
    """Put the reports together, in the goal's order, with what could not be done."""
    parts, _, hopeless = _compared(data)
    asked_for = _asked_for(str(data.get("directive", "")), parts, data)
    return {"report": consolidate(asked_for, list(data.get("branches") or ()), hopeless)}


def _compared(data: Mapping[str, Any]) -> tuple[list[Part], list[Part], list[str]]:
    """The goal's parts, those that are left, and why others cannot be done."""
    branches: Sequence[Mapping[str, Any]] = list(data.get("branches") or ())
    goal = str(data.get("directive", ""))
    above = [str(note.get("directive", "")) for note in data.get("context") or ()]
    parts = planned(goal, files_of(data), material=bool(above), audience_known=slots.asks_audience(above))
    done = [b for b in branches if b.get("complete")]
    known = {key(str(b.get("directive", ""))) for b in done}
    left: list[Part] = []
    hopeless: list[str] = []
    for part in parts:
        if key(part.directive) in known:
            continue
        tried = [b for b in branches if key(str(b.get("directive", ""))) == key(part.directive)]
        if tried and (len(tried) >= MAX_TRIES or _FINAL.match(str((tried[-1].get("error") or {}).get("code", "")))):
            hopeless.append(f"{part.directive}: {tried[-1].get('reason') or 'not done'}")
        else:
            left.append(part)
    if not done:
        left = [part for part in left if part.stage == 0]
    return parts, left, hopeless


def _asked_for(goal: str, parts: Sequence[Part], data: Mapping[str, Any]) -> list[Part]:
    """The parts that the goal names: material that was only gathered to write from is in the document."""
    named = {key(part.directive) for part in explicit(goal, files_of(data))}
    return [part for part in parts if key(part.directive) in named]


def consolidate(parts: Sequence[Part], branches: Sequence[Mapping[str, Any]], hopeless: Sequence[str]) -> str:
    """Put the reports of what is done under the directives, in the goal's order; a single one stands alone."""
    known = {key(part.directive): part for part in parts}
    done = {key(str(b["directive"])): b for b in branches if b.get("complete")}
    shown = [(part, done[k]) for k, part in known.items() if k in done]
    if not shown:
        shown = [(Part(Kind.OTHER, str(b["directive"])), b) for b in done.values()]
    told = [(part, str(b["report"]).strip()) for part, b in shown if not part.directive.startswith(_ASKED_READER)]
    if len(told) == 1 and not hopeless:
        return told[0][1]
    sections = [f"## {heading(part, report)}\n\n{_demote(without_title(part, report))}" for part, report in told]
    if hopeless:
        sections.append("## Not done\n\n" + "\n".join(f"- {line}" for line in hopeless))
    return "\n\n".join(sections)


def _demote(report: str) -> str:
    """Headings inside a part's report go below the part's own heading."""
    return re.sub(r"^(#{1,4}) ", r"#\1 ", report, flags=re.MULTILINE)


def _as_directive(parts: Sequence[Part]) -> str:
    if len(parts) <= 1:
        return parts[0].directive if parts else ""
    return "\n".join(f"{number}) {part.directive}" for number, part in enumerate(parts, start=1))
