"""The notes of a node: what its handlers said of their work, kept in its state under a key of their own. Pure.

Rule: handlers never see them there, and people never see them as state. Bounded: the newest `MAX_NOTES`, each of
`MAX_CHARS` characters.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

KEY: Final = "pgswarm.notes"
MARK: Final = KEY.encode()
MAX_NOTES: Final = 20
MAX_CHARS: Final = 300


def note(activation: int, level: str, text: str) -> dict[str, Any]:
    """Return one note: in which activation it was made, how grave it is (info, warning, error), and what it says."""
    said = " ".join(text.split())
    return {
        "activation": activation,
        "level": level,
        "text": said if len(said) <= MAX_CHARS else f"{said[:MAX_CHARS]}…",
    }


def added(kept: Sequence[Any], new: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the notes with new ones behind them, each once: an activation that is tried again says the same again."""
    found = list(kept)
    found += [one for one in new if one not in found]
    return found[-MAX_NOTES:]


def split(state: Any) -> tuple[Any, list[dict[str, Any]]]:
    """Return a stored state without its notes, and the notes."""
    if not isinstance(state, dict) or KEY not in state:
        return state, []
    kept = state[KEY]
    notes = [one for one in kept if isinstance(one, dict)] if isinstance(kept, list) else []
    return {name: value for name, value in state.items() if name != KEY}, notes
