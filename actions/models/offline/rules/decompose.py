"""The task `decompose`: the next set of parts that can be done at the same time.

Parts that build on the results of others wait until there are results; what has been done already is left out.
"""

from collections.abc import Mapping
from typing import Any

from pgswarm.actions.models.offline.rules import slots
from pgswarm.actions.models.offline.rules.errors import needs_model
from pgswarm.actions.models.offline.rules.files import files_of
from pgswarm.actions.models.offline.rules.parts import key, planned


def decompose(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the directives of the next round; never a question together with parts."""
    directive = str(data.get("directive", ""))
    notes = [note for note in data.get("context") or () if note.get("report")]
    asked = [str(note.get("directive", "")) for note in notes] + [
        str(a.get("question")) for a in data.get("answers") or ()
    ]
    parts = planned(directive, files_of(data), material=bool(notes), audience_known=slots.asks_audience(asked))
    done = {key(str(note.get("directive", ""))) for note in notes}
    left = [part for part in parts if key(part.directive) not in done]
    if not left:
        raise needs_model(f"Breaking down \u201c{directive[:120]}\u201d")
    first = min(part.stage for part in left)
    return {"questions": [], "parts": [part.directive for part in left if part.stage == first]}
