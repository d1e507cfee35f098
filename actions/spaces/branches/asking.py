"""Asks the store that a branch of memory names, within bounds, and takes nothing of it on trust."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import PurePosixPath
from typing import Any, Final

from pgswarm.actions.base import ActionError
from pgswarm.actions.node import Node
from pgswarm.actions.outside.settings import BranchSettings, ConnectionsError, load
from pgswarm.actions.outside.texts import cleaned, one_line
from pgswarm.actions.spaces.branches.files import FileStore
from pgswarm.actions.spaces.branches.types import BranchError, Found, Retriever, Uploader
from pgswarm.actions.spaces.hits import Hit, NoSearchError
from pgswarm.actions.spaces.places import Place
from pgswarm.schema.kinds import Search

MAX_TEXT: Final = 4_000
MAX_PATH: Final = 500
MAX_QUERY: Final = 1_000
PROBE: Final = "pgswarm"
"""What is looked for where it only matters that there is an answer."""


def _http_retriever(settings: BranchSettings) -> Any:
    return import_module("pgswarm.actions.spaces.branches.http").HttpRetriever(settings)


def _http_uploader(settings: BranchSettings) -> Any:
    return import_module("pgswarm.actions.spaces.branches.http").HttpUploader(settings)


_SHIPPED: Final[dict[str, dict[str, Callable[[BranchSettings], Any]]]] = {
    "retrievers": {"files": FileStore, "http": _http_retriever},
    "uploaders": {"files": FileStore, "http": _http_uploader},
}


async def by_retriever(_node: Node[Any], entry: Place, query: str) -> list[Hit]:
    """Return what the branch's own store finds; raise `NoSearchError` where it cannot be asked."""
    try:
        settings, store = _opened("retrievers", entry.fields.get("retriever"))
        found = await _within(settings, store.search(cleaned(query, MAX_QUERY), settings.max_results))
    except BranchError as error:
        raise NoSearchError(f"{entry.path}: {error}") from None
    return [_hit(entry, one) for one in _bounded(found, settings.max_results)]


async def read_from(named: Any, path: str) -> bytes:
    """Return something of the store that a branch's `retriever` names; raise `ActionError` (`branch_failed`)."""
    try:
        settings, store = _opened("retrievers", named)
        content = await _within(settings, store.read(path))
    except BranchError as error:
        raise ActionError("branch_failed", str(error)) from None
    if not isinstance(content, bytes) or len(content) > settings.max_bytes:
        told = f"{one_line(path, MAX_PATH)} is no content of up to {settings.max_bytes:,} bytes"
        raise ActionError("branch_failed", told)
    return content


async def upload_to(named: Any, path: str, content: bytes, description: str = "") -> str:
    """Put a content into the store that a branch's `uploader` names, and return its address there.

    The same again changes nothing: it may be done twice. Raises `ActionError` (`branch_failed`).
    """
    try:
        settings, store = _opened("uploaders", named)
        place = _plain(path, len(content), settings.max_bytes)
        address = await _within(settings, store.upload(place, content, description))
    except BranchError as error:
        raise ActionError("branch_failed", str(error)) from None
    return one_line(address, MAX_PATH)


async def probe(group: str, name: str) -> tuple[str, str]:
    """Return a store's name, and what keeps it from being reached; empty: nothing. Nothing is written to it."""
    try:
        settings, store = _opened(group, {"name": name})
        if group == "retrievers":
            await _within(settings, store.search(PROBE, 1))
    except BranchError as error:
        return f"{group}.{name}", one_line(error, 500)
    return f"{group}.{name}", ""


def _opened(group: str, named: Any) -> tuple[BranchSettings, Any]:
    name = named.get("name") if isinstance(named, Mapping) else None
    try:
        settings = getattr(load(), group).get(name if isinstance(name, str) else "")
    except ConnectionsError as error:
        raise BranchError(str(error)) from None
    if settings is None:
        raise BranchError(
            f"no store is called {one_line(name, 100)!r}: the operator names it under [{group}.<name>] in the file "
            "that PGSWARM_CONNECTIONS names"
        )
    make = _SHIPPED[group].get(settings.kind)
    try:
        if make is None:
            make = _loaded(group, settings.kind)
        return settings, make(settings)
    except BranchError:
        raise
    except Exception as error:
        raise BranchError(f"{group}.{name} cannot be opened: {_told(error)}") from error


def _loaded(group: str, kind: str) -> Callable[[BranchSettings], Retriever | Uploader]:
    offered = entry_points(group=f"pgswarm.{group}")
    for entry in offered:
        if entry.name == kind:
            found: Callable[[BranchSettings], Retriever | Uploader] = entry.load()
            return found
    known = ", ".join(sorted({*_SHIPPED[group], *(entry.name for entry in offered)}))
    raise BranchError(f"nothing installed is a kind {kind!r} of {group}; there are: {known}")


async def _within(settings: BranchSettings, doing: Any) -> Any:
    """Wait for the store; whatever it raises becomes a `BranchError`: it is the code of others."""
    try:
        async with asyncio.timeout(settings.timeout_s):
            return await doing
    except TimeoutError:
        raise BranchError(f"the store did not answer within {settings.timeout_s:g} s") from None
    except BranchError as error:
        raise BranchError(one_line(error, 500)) from error
    except Exception as error:
        raise BranchError(f"the store failed: {_told(error)}") from error


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {one_line(error, 300)}"


def _bounded(found: Any, most: int) -> list[Found]:
    """Return what is usable of an answer: things of the right type, so many, so long, clean."""
    if not isinstance(found, Sequence) or isinstance(found, str | bytes):
        return []
    kept: list[Found] = []
    for one in found[:most]:
        if not isinstance(one, Found) or not isinstance(one.text, str) or not isinstance(one.path, str):
            continue
        text, path = cleaned(one.text, MAX_TEXT), one_line(one.path, MAX_PATH)
        if text.strip() and path:
            kept.append(
                Found(path, text, one_line(one.title, 300), _line(one.first_line), _line(one.last_line), one.score)
            )
    return kept


def _line(number: Any) -> int:
    return number if isinstance(number, int) and 0 <= number < 1 << 31 else 0


def _hit(entry: Place, one: Found) -> Hit:
    score = float(one.score) if isinstance(one.score, int | float) and abs(one.score) < 1e9 else 0.0  # noqa: PLR2004 - no number that fits no column
    path = f"{entry.path}: {one.path}" if "://" in one.path else f"{entry.path}/{one.path.strip('/')}"
    return Hit(
        entry.entry_id, one.title or PurePosixPath(one.path).name or one.path, path, one.text, one.first_line,
        one.last_line, score, Search(entry.search) if entry.search != Search.CHOICE else Search.TEXT,
    )  # fmt: skip


def _plain(path: str, size: int, most: int) -> str:
    """Return a path that cannot climb; raise `BranchError`, also where the content is too large."""
    if size > most:
        raise BranchError(f"{one_line(path, MAX_PATH)} has {size:,} bytes, the limit is {most:,} (max_bytes)")
    parts = [part for part in path.split("/") if part]
    if not parts or any(part in {".", ".."} or not part.isprintable() for part in parts):
        raise BranchError(f"{one_line(path, MAX_PATH)!r} is no plain path")
    return "/".join(parts)
