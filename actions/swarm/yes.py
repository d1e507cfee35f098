"""What a person's answer means where a yes is asked for: yes, no, or what should be different. Pure."""

import json
from dataclasses import dataclass
from typing import Any, Final

QUESTION_SCHEMA: Final = {"anyOf": [{"type": "boolean"}, {"type": "string", "minLength": 1}]}
_YES: Final = frozenset({"yes", "y", "true", "ok", "okay", "go", "go ahead", "approve", "approved", "do it"})
_NO: Final = frozenset({"no", "n", "false", "stop", "reject", "rejected", "do not", "don't"})


@dataclass(frozen=True, slots=True)
class Said:
    """What a person said: yes, no (neither), or what should be different."""

    yes: bool
    correction: str = ""


def read_answer(answer: Any) -> Said:
    """Return what an answer means."""
    if isinstance(answer, bool):
        return Said(yes=answer)
    text = answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
    word = " ".join(text.split()).strip("\"'.! \u201c\u201d").lower()
    if word in _YES or word in _NO:
        return Said(yes=word in _YES)
    return Said(yes=False, correction=text.strip())
