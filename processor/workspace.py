"""`node.files` and `node.sandbox`: the swarm's files, over `change_files`, and commands run on them.

Rule: a change counts once. Each is numbered within its activation and recorded in the transaction that makes it; a
retried activation takes what is recorded, and does not run the code again. A run that was under way in a crash has left
nothing behind, for it worked on a copy.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from pgswarm.actions.base import ActionError
from pgswarm.actions.node import CodeRun, FileInfo
from pgswarm.actions.sandbox.paths import BadPathError, inside, parents
from pgswarm.actions.sandbox.types import File, Limits, Ran, SandboxError
from pgswarm.actions.spaces.utils import (
    MAX_UTIL_BYTES,
    MAX_UTILS,
    Util,
    files_of,
    importable,
    versions_of,
)
from pgswarm.processor.activation import Activation
from pgswarm.processor.effects import LostActivationError
from pgswarm.processor.encode import BadValueError, text
from pgswarm.processor.sandboxes import Sandboxes
from pgswarm.processor.side import Side
from pgswarm.schema.decode import NotTextError, decode
from pgswarm.schema.errors import PgswarmError

MAX_TRIES: Final = 3
"""Runs of one command, where another node changed the same files meanwhile."""
MARGIN_S: Final = 5.0
"""What is left of an activation's time when its run must have ended."""
MAX_SHOWN: Final = 20
TRANSIENT: Final = frozenset({"sandbox_lost", "runner_unreachable"})

_LIST: Final = "select path, kind, size, executable, blob from pgswarm.workspace where swarm_id = %s order by path"
_ALL: Final = """
select w.path, w.executable, w.blob, b.content from pgswarm.workspace w left join pgswarm.blob b on b.blob = w.blob
 where w.swarm_id = %s order by w.path
"""
_READ: Final = "select pgswarm.read_file(swarm_id => %s, path => %s)"
_UTILS: Final = """
select entry_id, path, layer, version, description, content, fields::text
  from pgswarm.list_utils(swarm_id => %s, max_entries => %s, max_bytes => %s)
"""
_RECORDED: Final = """
select result from pgswarm.workspace_change
 where swarm_id = %s and node_id = %s and activation = %s and change_no = %s and request_hash = %s
"""
_CHANGE: Final = """
select verdict, recorded, conflicts from pgswarm.change_files(
  swarm_id => %s, node_id => %s, epoch => %s, activation => %s, change_no => %s, request_hash => %s,
  changes => %s, contents => %s::bytea[], result => %s)
"""


@dataclass(frozen=True, slots=True)
class _Change:
    """What is to become of one path."""

    path: str
    kind: str
    file: File | None = None
    more: Mapping[str, Any] | None = None


class Workspace:
    """Implements `Files` and `Bench` for one activation."""

    __slots__ = ("_activation", "_count", "_run", "_sandboxes", "_side", "_swarm_id")

    def __init__(self, side: Side, sandboxes: Sandboxes, run: Activation, activation: int) -> None:
        """Take the side door, the sandbox's home, the activation, and the one that its changes are recorded under."""
        self._side = side
        self._sandboxes = sandboxes
        self._run = run
        self._swarm_id = UUID(bytes=run.swarm_key)
        self._activation = activation
        self._count = 0

    async def list(self, folder: str = "") -> Sequence[FileInfo]:
        """List what lies below a folder, at any depth, sorted by path."""
        below = f"{_inside(folder)}/" if folder.strip("/") else ""
        rows = await self._side.rows(_LIST, (self._swarm_id,), until=self._run.deadline)
        found = [FileInfo(path, kind == "folder", size, executable) for path, kind, size, executable, _ in rows]
        if below and not any(info.folder and info.path == below[:-1] for info in found):
            raise ActionError("not_found", f"The workspace has no folder {folder!r}. {_shown(found)}")
        return [info for info in found if info.path.startswith(below)]

    async def read(self, path: str) -> bytes:
        """Return a file's content; raise `ActionError` (`not_found`) with a remedy."""
        plain = _inside(path)
        rows = await self._side.rows(_READ, (self._swarm_id, plain), until=self._run.deadline)
        if rows[0][0] is None:
            raise ActionError("not_found", f"The workspace has no file {plain!r}. {_shown(await self.list())}")
        return bytes(rows[0][0])

    async def read_text(self, path: str) -> str:
        """Return a file's text; raise `ActionError` (`not_found`, `not_text`)."""
        try:
            return decode(await self.read(path), path).text
        except NotTextError as error:
            raise ActionError("not_text", str(error)) from None

    async def write(
        self, path: str, content: str | bytes, *, executable: bool = False, replaces: str | None = None
    ) -> None:
        """Write a file, and the folders above it; with `replaces` (a sha256) only where that is what stands there."""
        try:
            data = text("content", content) if isinstance(content, str) else content
        except BadValueError as error:
            raise ActionError("bad_value", f"files.write: {error}") from None
        seen = {} if replaces is None else {"was": replaces}
        change = _Change(_inside(path), "file", File(data, executable), seen)
        await self._once(["write", path, _blob(data), executable], [change], None)

    async def move(self, source: str, target: str, *, into: bool = False) -> str:
        """Give a file or folder another path, and return it; raise `ActionError` (`not_found`, `exists`)."""
        old, new = _inside(source), _inside(target)
        number, asked = self._next(["move", old, new])
        recorded = await self._recorded(number, asked)
        if recorded is not None:
            return str(recorded)
        every = await self.list()
        if into and any(info.path == new and info.folder for info in every):
            new = f"{new}/{old.rpartition('/')[2]}"
        moved = [info for info in every if info.path == old or info.path.startswith(f"{old}/")]
        if not moved:
            raise ActionError("not_found", f"The workspace has no {old!r}. {_shown(every)}")
        if any(info.path == new for info in every):
            raise ActionError("exists", f"{new!r} is there already: delete it first, or choose another name.")
        if new.startswith(f"{old}/"):
            raise ActionError("bad_path", f"{old!r} cannot be moved into itself ({new!r}).")
        changes = [_Change(old, "removed")]
        for info in moved:
            place = new + info.path[len(old) :]
            more = {"was": None} | ({} if info.folder else {"from": info.path})
            changes.append(_Change(_inside(place), "folder" if info.folder else "file", more=more))
        await self._change(number, asked, changes, new)
        return new

    async def delete(self, path: str) -> None:
        """Delete a file, or a folder with all below it; raise `ActionError` (`not_found`)."""
        plain = _inside(path)
        number, asked = self._next(["delete", plain])
        if await self._recorded(number, asked) is not None:
            return
        every = await self.list()
        if not any(info.path == plain for info in every):
            raise ActionError("not_found", f"The workspace has no {plain!r}. {_shown(every)}")
        await self._change(number, asked, [_Change(plain, "removed")], "deleted")

    async def make_folder(self, path: str) -> None:
        """Make a folder, and those above it; raise `ActionError` (`exists`) where a file is in the way."""
        plain = _inside(path)
        number, asked = self._next(["folder", plain])
        if await self._recorded(number, asked) is not None:
            return
        there = {info.path: info for info in await self.list()}
        in_the_way = [place for place in (*parents(plain), plain) if place in there and not there[place].folder]
        if in_the_way:
            raise ActionError("exists", f"{in_the_way[0]!r} is a file: choose another name.")
        changes = [] if plain in there else [_Change(plain, "folder")]
        await self._change(number, asked, changes, "made")

    async def run(
        self,
        command: Sequence[str],
        *,
        stdin: str = "",
        packages: Sequence[str] = (),
        wall_s: float = 60.0,
        inputs: Mapping[str, bytes] | None = None,
        instead: bool = False,
        apart: bool = False,
        utils: Mapping[str, bytes] | None = None,
        declared: Sequence[str] = (),
    ) -> CodeRun:
        """Run a command in the workspace, or apart from it; see `Bench.run`."""
        given = {_inside(path): File(content) for path, content in (inputs or {}).items()}
        names = [[path, _blob(file.content)] for path, file in sorted(given.items())]
        pinned = [[path, _blob(content)] for path, content in sorted((utils or {}).items())]
        number, asked = self._next(
            ["run", list(command), stdin, sorted(packages), names, *(["apart"] if apart else []), *pinned]
        )
        recorded = await self._recorded(number, asked)
        for _ in range(MAX_TRIES):
            if recorded is not None:
                return CodeRun(**recorded)
            seen = importable(await self.utils()) if utils is None else {}
            modules = files_of(seen) if utils is None else utils
            ran, changes = await self._run_once(
                command,
                stdin.encode(errors="replace"),
                sorted({*packages, *declared}),
                wall_s,
                given,
                modules=modules,
                instead=instead,
                apart=apart,
            )
            result = replace(_as_run(ran), utils=versions_of(seen))
            verdict, told = await self._send(number, asked, changes, asdict(result))
            if verdict == "changed":
                return result
            recorded = told if verdict == "recorded" else None
        raise ActionError("conflict", "Other nodes keep changing the files that this command changes: run it alone.")

    async def utils(self) -> Sequence[Util]:
        """Return the functions of the util space, the swarm's own first, in the versions in force."""
        params = (self._swarm_id, MAX_UTILS, MAX_UTIL_BYTES)
        rows = await self._side.rows(_UTILS, params, until=self._run.deadline)
        return [
            Util(entry_id, path, layer, version, said, bytes(content), json.loads(fields))
            for entry_id, path, layer, version, said, content, fields in rows
        ]

    async def _run_once(
        self,
        command: Sequence[str],
        stdin: bytes,
        packages: Sequence[str],
        wall_s: float,
        given: Mapping[str, File],
        *,
        modules: Mapping[str, bytes],
        instead: bool,
        apart: bool,
    ) -> tuple[Ran, Sequence[_Change]]:
        rows = [] if apart else await self._side.rows(_ALL, (self._swarm_id,), until=self._run.deadline)
        blobs = {path: blob for path, _, blob, _ in rows}
        own = {path: None if blob is None else File(bytes(data), runs) for path, runs, blob, data in rows}
        left_s = self._run.deadline - time.monotonic() - MARGIN_S
        limits = replace(Limits(), wall_s=max(0.1, min(wall_s, left_s)))
        try:
            sandbox = await self._sandboxes.get()
            files = {**own, **given} if instead else {**given, **own}
            beside = {path: File(content) for path, content in modules.items()}
            ran = await sandbox.run(command, files=files, stdin=stdin, limits=limits, packages=packages, modules=beside)
        except SandboxError as error:
            raise _RefusedRunError(error) from None
        if apart:
            return replace(ran, files={}, removed=()), ()
        changes = [
            _Change(path, "folder" if file is None else "file", file, {"was": _was(path, blobs)})
            for path, file in ran.files.items()
        ]
        changes += [_Change(path, "removed", None, {"was": _was(path, blobs)}) for path in ran.removed if path in blobs]
        return ran, changes

    def _next(self, asked: object) -> tuple[int, str]:
        self._count += 1
        return self._count, hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    async def _once(self, asked: object, changes: Sequence[_Change], result: Any) -> None:
        await self._change(*self._next(asked), changes, result)

    async def _change(self, number: int, asked: str, changes: Sequence[_Change], result: Any) -> None:
        verdict, conflicts = await self._send(number, asked, changes, result)
        if verdict == "conflict":
            told = ", ".join(conflicts[:MAX_SHOWN])
            raise ActionError("conflict", f"Another node has changed {told} meanwhile: look at it again.")

    async def _recorded(self, number: int, asked: str) -> Any:
        params = (self._swarm_id, UUID(bytes=self._run.node_key), self._activation, number, asked)
        rows = await self._side.rows(_RECORDED, params, until=self._run.deadline)
        return rows[0][0] if rows else None

    async def _send(self, number: int, asked: str, changes: Sequence[_Change], result: Any) -> tuple[str, Any]:
        contents: list[bytes] = []
        told = []
        for change in changes:
            row: dict[str, Any] = {"path": change.path, "kind": change.kind, **(change.more or {})}
            if change.file is not None:
                contents.append(change.file.content)
                row |= {"content": len(contents), "executable": change.file.executable}
            told.append(row)
        key = (self._swarm_id, UUID(bytes=self._run.node_key), self._run.lease_epoch, self._activation, number, asked)
        params = (*key, Jsonb(told), contents, Jsonb(result))
        try:
            rows = await self._side.rows(_CHANGE, params, point="change_files", until=self._run.deadline)
        except PgswarmError as error:
            raise ActionError("bad_change", f"The files cannot be changed: {error}") from None
        verdict, recorded, conflicts = rows[0]
        if verdict == "fenced":
            raise LostActivationError
        return verdict, recorded if verdict == "recorded" else conflicts


class _RefusedRunError(ActionError):
    """A run that could not be made; tried again later where that can help."""

    def __init__(self, error: SandboxError) -> None:
        super().__init__(error.code, str(error))
        self.transient = error.code in TRANSIENT


def _inside(path: str) -> str:
    try:
        return inside(path)
    except BadPathError as error:
        raise ActionError("bad_path", str(error)) from None


def _blob(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _was(path: str, blobs: Mapping[str, str | None]) -> str | None:
    """What stood there when the run began, as `change_files` names it."""
    return None if path not in blobs else blobs[path] or "folder"


def _as_run(ran: Ran) -> CodeRun:
    return CodeRun(
        exit_code=ran.exit_code,
        stdout=ran.stdout,
        stderr=ran.stderr,
        reason=str(ran.reason),
        changed=sorted(path for path, file in ran.files.items() if file is not None),
        removed=list(ran.removed),
        left_out=[f"{left.path}: {left.why}" for left in ran.left_out],
        truncated=ran.truncated,
        wall_ms=ran.wall_ms,
    )


def _shown(found: Sequence[FileInfo]) -> str:
    """Say what there is, for an error message."""
    names = [info.path for info in found]
    if not names:
        return "The workspace is empty."
    more = f" and {len(names) - MAX_SHOWN} more" if len(names) > MAX_SHOWN else ""
    return f"It has {', '.join(names[:MAX_SHOWN])}{more}."
