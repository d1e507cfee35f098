"""The tasks of conversations: `converse`, `interview`, `oracle_texts` and `oracle_assume`. Words stay the person's own.

A message settles the question that it came under, unless it is empty or asks back. A text answers a question when one
sentence of it holds every word of the question that carries meaning. Rules assume nothing.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from pgswarm.actions.models.offline.rules.sentences import sentences
from pgswarm.actions.models.offline.rules.words import content

_LEAST_WORDS: Final = 3
_KEPT: Final = re.compile(r"^Q: ([^\n]*)\nA: (.*?)(?=^Q: |\Z)", re.MULTILINE | re.DOTALL)
_WISHES: Final = {
    "always": ("whenever", "always", "everything", "often", "ask me"),
    "important": ("important", "sometimes", "big"),
    "never": ("decide for yourselves", "never", "alone", "without me"),
}


def converse(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return which open questions are settled, and ask the others again."""
    settled, asks = [], []
    said = {m.get("under"): str(m.get("text") or "").strip() for m in data.get("messages") or ()}
    for entry in data.get("open") or ():
        text = said.get(entry["number"], "")
        if text and not text.endswith("?"):
            settled.append({"number": entry["number"], "answer": text})
        else:
            asks.append(str(entry["question"]))
    return {"settled": settled, "asks": asks, "context": str(data.get("context") or "")}


def interview(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the profile that the answers give, by what each is about; a correction is a note in the person's words."""
    known = data.get("known") or {}
    said = {str(answer.get("about")): str(answer.get("answer", "")) for answer in data.get("answers") or ()}
    notes = [str(known.get("notes") or ""), said.get("correction", "")]
    wishes = f"{said.get('involvement', '')} {said.get('correction', '')}".lower()
    wish = next((wish for wish, words in reversed(_WISHES.items()) if any(word in wishes for word in words)), None)
    return {
        "questions": [],
        "expertise": said.get("expertise") or str(known.get("expertise") or ""),
        "involvement": wish or known.get("involvement") or "always",
        "notes": "\n".join(filter(None, notes)),
    }


def oracle_texts(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sentence that has all of the question's words, with its file; else that it is not known."""
    wanted = frozenset(content(str(data.get("question", ""))))
    for passage in data.get("passages") or ():
        text = str(passage.get("text", ""))
        if answer := _kept_answer(text, wanted):
            return {"known": True, "answer": answer}
        for sentence in sentences(text):
            plain = len(wanted) >= _LEAST_WORDS and not sentence.text.endswith("?")
            if plain and wanted <= frozenset(content(sentence.text)):
                return {"known": True, "answer": f"{sentence.text} ({passage.get('file')})"}
    return {"known": False, "answer": ""}


def oracle_assume(data: Mapping[str, Any]) -> dict[str, Any]:
    """Rules assume nothing: every question is important."""
    del data
    return {"important": True, "answer": ""}


def _kept_answer(text: str, wanted: frozenset[str]) -> str:
    """The answer of a kept `Q: … A: …` that asks in the same words; it may have several lines, and is the last part."""
    for question, answer in _KEPT.findall(text.strip()):
        if wanted and frozenset(content(question)) == wanted:
            return str(answer).strip()
    return ""
