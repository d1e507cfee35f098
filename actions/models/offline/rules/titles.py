"""What a part's result is called: the heading over its report. Pure."""

import re

from pgswarm.actions.models.offline.rules import slots
from pgswarm.actions.models.offline.rules.lexicon import Kind
from pgswarm.actions.models.offline.rules.parts import Part

_FILE = re.compile(r"[\w-][\w./-]*\.\w{2,5}\b")
_POINTING = re.compile(
    r"^(?:please )?(?:tell|give|show) (?:me|us) (?:the )?|^(?:find out|work out|find|determine|let me know|"
    r"say|state) "
    r"(?=which|what|how|who|when|where|the)|^(?:compute|calculate|work out) (?:the )?",
    re.IGNORECASE,
)
_MOST = 100


def heading(part: Part, report: str = "") -> str:
    """Return a heading for the report of `part`; a document keeps its own title."""
    match part.kind:
        case Kind.SUMMARISE if found := _FILE.search(part.directive):
            return f"Summary of {found.group()}"
        case Kind.FIND if about := slots.subject(part.directive):
            return f"What is said about {about}"
        case Kind.WRITE if report.startswith("# "):
            return report[2:].split("\n", 1)[0].strip()
    text = _POINTING.sub("", part.directive).rstrip(".")
    return _short(text[:1].upper() + text[1:])


def without_title(part: Part, report: str) -> str:
    """Return the report without the title that `heading` took from it."""
    if part.kind is Kind.WRITE and report.startswith("# "):
        return report.split("\n", 1)[1].strip() if "\n" in report else ""
    return report


def _short(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}\u2026"
