"""The tasks `plan`, `review_plan` and `determine_unknowns`: the goal's parts in the rounds that they can start in.

A plan of rules is confirmed as it is: they could only make the same one again. The one thing that rules know to be
unknown is for whom a document is.
"""

from collections.abc import Mapping
from typing import Any

from pgswarm.actions.models.offline.rules import slots
from pgswarm.actions.models.offline.rules.errors import needs_model
from pgswarm.actions.models.offline.rules.files import files_of
from pgswarm.actions.models.offline.rules.lexicon import Kind
from pgswarm.actions.models.offline.rules.parts import ASK_PREFIX, key, planned


def plan(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parts that are not done yet, those of one round in one stage."""
    directive = str(data.get("directive", ""))
    notes = [note for note in data.get("context") or () if note.get("report")]
    asked = [str(note.get("directive", "")) for note in notes] + [str(known) for known in data.get("known") or ()]
    parts = planned(directive, files_of(data), material=bool(notes), audience_known=slots.asks_audience(asked))
    done = {key(str(note.get("directive", ""))) for note in notes}
    left = [part for part in parts if key(part.directive) not in done]
    if not left:
        raise needs_model(f"Planning \u201c{directive[:120]}\u201d")
    stages = [
        {"steps": [part.directive for part in left if part.stage == stage]}
        for stage in sorted({part.stage for part in left})
    ]
    return {"questions": [], "stages": stages}


def review_plan(data: Mapping[str, Any]) -> dict[str, Any]:
    """Confirm the plan."""
    del data
    return {"confirmed": True, "reason": "Rules would make the same plan again.", "stages": []}


def determine_unknowns(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return for whom the goal's document is to be, where it does not say."""
    parts = planned(str(data.get("directive", "")), files_of(data))
    asks = [part.directive for part in parts if part.kind is Kind.ASK and slots.asks_audience([part.directive])]
    return {"unknowns": [{"question": ask.removeprefix(ASK_PREFIX), "where": "user"} for ask in asks]}
