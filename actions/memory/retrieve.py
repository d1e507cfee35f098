"""`memory/retrieve`: what the swarm's memory says about something: an answer with quotations, or references.

The tree is walked by the one router; at each place that it lands, that place's own way of searching is used (choice,
text, vector, sql, code, none), several ways in one tree, and pointers are followed. A place without an answer is
remembered, and the walk goes on. A small memory of texts is one place: it is searched at once, without a walk. Bounded:
`MAX_PLACES` places, `MAX_PASSAGES` passages each, `MAX_QUOTES` quotations (`quoting.py`), `MAX_REFERENCES` references.
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.files.inventory import describe, is_table, resolve, sources
from pgswarm.actions.memory.quoting import find_quotes, paragraph
from pgswarm.actions.models.errors import ModelError
from pgswarm.actions.node import EntryInfo, Node, Passage
from pgswarm.actions.outcomes import ActionOutcome, Continue, Finish
from pgswarm.actions.spaces.places import Place, lives_elsewhere
from pgswarm.actions.spaces.router import Guide, Lost, reject, walk
from pgswarm.actions.spaces.searching import Hit, NoSearchError, by_text, search
from pgswarm.schema.kinds import Search

MAX_PASSAGES = 12
MAX_QUOTES = 5
MAX_PLACES = 5
MAX_REFERENCES = 10
MAX_OPEN = 5
SMALL = 300
"""Entries of a memory that is searched as one."""
_SEARCHED = 40
_MAX_CHARS = 500
_AT_ONCE = frozenset({Search.TEXT, Search.CHOICE, Search.NONE})
_DOCUMENTATION = "swarm"


class RetrieveArgs(BaseModel):
    """The question, the subject to look for, and the files to look in (all of memory where none is named).

    `folder`: a folder of memory to look in instead; `swarm` holds the documentation of the swarm and its actions.
    """

    model_config = ConfigDict(extra="forbid")

    question: str | None = None
    subject: str | None = None
    files: list[str] = Field(default_factory=list, max_length=50)
    folder: str = Field(default="", max_length=1_000)
    max_quotes: int = Field(default=3, ge=1, le=MAX_QUOTES)


@action(
    "memory/retrieve",
    description=(
        "Search the swarm's memory and texts: find and quote the passages that answer a question or say "
        "something about a subject, with file and line."
    ),
)
class Retrieve(Action[RetrieveArgs]):
    """Searches memory, in one place or in several, and quotes it."""

    async def main(self, node: Node[RetrieveArgs]) -> ActionOutcome:
        """Look in what is named, or in all of a small memory; walk a large one, or one of several ways."""
        if node.args.folder:
            return await self._in_folder(node)
        if node.args.files or ("walk" not in node.state and await _is_small(node)):
            entries = await _searched(node)
            passages = await _passages(node, entries, _query(node))
            return await self._answer(node, passages, ", ".join(dict.fromkeys(entry.name for entry in entries)))
        return await self._walk(node)

    async def _in_folder(self, node: Node[RetrieveArgs]) -> ActionOutcome:
        line = await node.spaces.line("memory", node.args.folder)
        if not line:
            raise ActionError("not_found", f"memory holds no folder {node.args.folder!r}")
        hits = await _hits(node, line[-1], _query(node))
        passages = [_passage(hit) for hit in hits[:MAX_PASSAGES]]
        return await self._answer(node, passages, f"the folder {node.args.folder}")

    async def _answer(self, node: Node[RetrieveArgs], passages: Sequence[Passage], where: str) -> ActionOutcome:
        nothing = Finish("\n\n".join([f"Nothing about {_about(node)} was found in {where}.", *_closed(node)]))
        if not passages:
            return nothing
        found, shown = await find_quotes(node, _question(node), node.args.subject or "", passages, node.args.max_quotes)
        if not shown:
            return nothing
        said = found.answer.strip() or f"On {_about(node)}, word for word:"
        return Finish("\n\n".join([said, *shown, *_left_open(found.open), *_closed(node)]))

    async def _walk(self, node: Node[RetrieveArgs]) -> ActionOutcome:
        """Go from place to place, one an activation, until nothing is open or the bound is reached."""
        kept = node.state.setdefault("found", {"answers": [], "quotes": [], "references": [], "open": [], "places": 0})
        landed = await walk(node, _guide(node, kept["open"]))
        if landed is None:
            return Continue(then=self.main)
        if isinstance(landed, Lost):
            return Finish("\n\n".join([_report(node, kept), *_closed(node)]))
        kept["places"] += 1
        answered = await self._look(node, landed.place, kept)
        if (answered and not kept["open"]) or kept["places"] >= MAX_PLACES:
            return Finish("\n\n".join([_report(node, kept), *_closed(node)]))
        reject(node, "it was searched; the rest is elsewhere" if answered else "it was searched without an answer")
        return Continue(then=self.main)

    async def _look(self, node: Node[RetrieveArgs], place: Place, kept: dict[str, Any]) -> bool:
        """Search one place in its own way; keep what it says, or where it may stand. Say whether it answers."""
        question = "\n".join(kept["open"]) or _question(node)
        hits = await _hits(node, place, question if kept["open"] else _query(node))
        passages = [await _grown(node, hit) for hit in hits[:MAX_PASSAGES]]
        if not passages:
            return False
        wanted = node.args.max_quotes
        found, shown = await find_quotes(node, question, node.args.subject or "", passages, wanted)
        known = {reference["path"] for reference in kept["references"]}
        for hit in hits:
            if hit.path not in known and len(kept["references"]) < MAX_REFERENCES:
                known.add(hit.path)
                kept["references"].append({"path": hit.path, "line": hit.first_line, "way": str(hit.mode)})
        if not shown:
            return False
        kept["quotes"] = list(dict.fromkeys([*kept["quotes"], *shown]))[:MAX_QUOTES]
        kept["answers"] = [*kept["answers"], *filter(None, [found.answer.strip()])]
        kept["open"] = [one.strip()[:_MAX_CHARS] for one in found.open if one.strip()][:MAX_OPEN]
        return True


def _guide(node: Node[RetrieveArgs], still_open: Sequence[str]) -> Guide:
    data = {"question": _question(node), "subject": node.args.subject or "", "open": list(still_open)}
    return Guide("memory", "find_place", data, shows=_shows, opens=_opens, stops=lambda _: True)


def _shows(place: Place) -> bool:
    """Whatever may hold an answer: the documentation has a folder of its own, and is looked into where it is named."""
    holds_something = place.below > 0 or place.target_id is not None or not place.holds or lives_elsewhere(place)
    return place.path != _DOCUMENTATION and holds_something


def _opens(place: Place) -> bool:
    """A folder is gone into where a choice is made in it; one with another way of its own is searched by that."""
    return place.holds and place.search == Search.CHOICE and not lives_elsewhere(place)


async def _is_small(node: Node[RetrieveArgs]) -> bool:
    """Whether all of memory is texts, and few of them: the documentation, and what nodes keep as results, left out."""
    leaves = await node.spaces.leaves("memory", SMALL)
    if leaves is None:
        return False
    asked = [p for p in leaves if p.target_id is None and not p.path.startswith((f"{_DOCUMENTATION}/", "results/"))]
    return all(place.search in _AT_ONCE and not lives_elsewhere(place) for place in asked)


async def _hits(node: Node[Any], place: Place, query: str) -> list[Hit]:
    """Search a place in its own way; where that is closed here, by its words."""
    try:
        return await search(node, place, query)
    except NoSearchError as error:
        why = str(error)
    except ModelError as error:
        if error.code != "no_embeddings":
            raise
        why = str(error)
    said = f"{place.path or 'Memory'} was searched by words, not in its own way: {why}"
    node.log.warning("%s", said)
    node.state["closed"] = list(dict.fromkeys([*node.state.get("closed", []), said]))[:MAX_PLACES]
    return await by_text(node, place, query)


def _closed(node: Node[Any]) -> list[str]:
    """What a report says of ways of searching that are closed here."""
    return [f"Note: {said}" for said in node.state.get("closed", [])]


async def _grown(node: Node[Any], hit: Hit) -> Passage:
    """A passage of a text, grown to its paragraph; anything else as it was found."""
    passage = _passage(hit)
    if hit.mode is not Search.TEXT or not hit.first_line:
        return passage
    try:
        lines = (await node.memory.read(hit.entry_id)).split("\n")
    except ActionError:
        return passage
    return paragraph(passage, lines)


def _passage(hit: Hit) -> Passage:
    return Passage(hit.entry_id, hit.path, hit.text, hit.first_line, hit.last_line, hit.score, hit.path)


def _report(node: Node[RetrieveArgs], kept: dict[str, Any]) -> str:
    if kept["quotes"]:
        said = " ".join(kept["answers"]) or f"On {_about(node)}, word for word:"
        return "\n\n".join([said, *kept["quotes"], *_left_open(kept["open"])])
    if not kept["references"]:
        return f"Nothing about {_about(node)} was found in memory ({kept['places']} places searched)."
    references = [
        f"- {one['path']}" + (f", line {one['line']}" if one["line"] else "") + f" (by {one['way']})"
        for one in kept["references"]
    ]
    title = f"Memory does not answer it word for word; this is what comes closest to {_about(node)}:"
    return "\n\n".join([title, "\n".join(references), *_left_open([_question(node)])])


def _left_open(questions: Sequence[str]) -> list[str]:
    told = [f"- {question.strip()}" for question in questions[:MAX_OPEN] if question.strip()]
    return ["Left open:\n" + "\n".join(told)] if told else []


def _question(node: Node[RetrieveArgs]) -> str:
    return node.args.question or node.directive


def _query(node: Node[RetrieveArgs]) -> str:
    return node.args.subject or _question(node)


def _about(node: Node[RetrieveArgs]) -> str:
    return f"“{node.args.subject or _question(node).rstrip('.')}”"


async def _searched(node: Node[RetrieveArgs]) -> list[EntryInfo]:
    """The files named, else every text; tables only where there is no text."""
    entries = await sources(node)
    if node.args.files:
        return [await resolve(node, name) for name in node.args.files]
    texts = [entry for entry in entries if not is_table(entry)]
    if not texts and not entries:
        raise ActionError("not_found", f"There is no text to search. {describe(entries)}")
    return texts or entries


async def _passages(node: Node[RetrieveArgs], entries: Sequence[EntryInfo], query: str) -> list[Passage]:
    """The best passages of these entries, each grown to its whole paragraph: no sentence is cut in two."""
    ids = {entry.entry_id for entry in entries}
    found = [p for p in await node.memory.search(query, limit=_SEARCHED) if p.entry_id in ids]
    grown: dict[tuple[str, int], Passage] = {}
    lines: dict[Any, list[str]] = {}
    for passage in found:
        if passage.entry_id not in lines:
            lines[passage.entry_id] = (await node.memory.read(passage.entry_id)).split("\n")
        whole = paragraph(passage, lines[passage.entry_id])
        grown.setdefault((passage.name, whole.first_line), whole)
        if len(grown) == MAX_PASSAGES:
            break
    return list(grown.values())
