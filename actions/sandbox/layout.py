"""Lays the files of a run out on the disk, and takes back what it left there.

Rule: what comes back is hostile. Only plain files and folders that the run itself owns are taken, by paths that are
inside, up to the bounds; everything else is named with the reason. No link is followed.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pgswarm.actions.sandbox.inside.keep import MAX_DEPTH
from pgswarm.actions.sandbox.paths import BadPathError, inside, parents
from pgswarm.actions.sandbox.types import File, LeftOut, Limits, SandboxError, Tree

MAX_LEFT_OUT = 100


def lay_out(work: Path, files: Tree, limits: Limits, user: int | None) -> None:
    """Write the files below `work`, which is there; raise `SandboxError` where they do not fit."""
    if sum(len(file.content) for file in files.values() if file) > limits.disk_bytes or len(files) > limits.files:
        told = f"The workspace is larger than a run may have ({limits.disk_bytes:,} bytes, {limits.files:,} files)."
        raise SandboxError("too_large", f"{told} Delete what is not needed.")
    for path, file in sorted(files.items()):
        try:
            _write(work / inside(path), file)
        except BadPathError as error:
            raise SandboxError("bad_path", str(error)) from None
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise SandboxError("bad_path", f"{path!r} is a file and a folder at once: rename one of them.") from None
    if user is not None:
        for folder_name, _, names in os.walk(work):
            for name in (".", *names):
                os.chown(Path(folder_name, name), user, user, follow_symlinks=False)


def only_read(folder: Path) -> None:
    """Let everybody read what was laid out below a folder, and nobody change it."""
    for here, _, names in os.walk(folder, topdown=False):
        for name in names:
            Path(here, name).chmod(0o444)
        Path(here).chmod(0o555)


def _write(place: Path, file: File | None) -> None:
    folder = place if file is None else place.parent
    folder.mkdir(parents=True, exist_ok=True)
    if file is not None:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as written:
            written.write(file.content)
        place.chmod(0o700 if file.executable else 0o600)


@dataclass(slots=True)
class Collected:
    """What a run left: new or changed, taken away, and what is not taken."""

    files: dict[str, File | None] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def collect(work: Path, before: Tree, limits: Limits, user: int | None) -> Collected:
    """Compare what lies below `work` with what was laid out there; call when no process of the run is left."""
    found = Collected()
    known = {*before, *(folder for path in before for folder in parents(path))}
    seen: set[str] = set()
    room = limits.disk_bytes
    owner = os.geteuid() if user is None else user
    for path, place, status in _walk(work, found, owner):
        seen.add(path)
        if stat.S_ISDIR(status.st_mode):
            if path not in known:
                found.files[path] = None
            continue
        if status.st_size > room or len(seen) > limits.files:
            _leave(found, path, "there is no room for it")
            continue
        try:
            file = File(_read(place, room), bool(status.st_mode & stat.S_IXUSR))
        except OSError as error:
            _leave(found, path, (error.strerror or "it cannot be read").lower())
            continue
        room -= len(file.content)
        if before.get(path) != file:
            found.files[path] = file
    found.removed = sorted(known - seen - {left.path for left in found.left_out})
    return found


def _walk(work: Path, found: Collected, owner: int) -> Iterator[tuple[str, Path, os.stat_result]]:
    """Yield what may be taken: the path as it is kept, where it lies, and its status."""
    waiting: list[tuple[str, int]] = [("", 0)]
    while waiting:
        folder, depth = waiting.pop()
        try:
            with os.scandir(work / folder) as scanned:
                entries = sorted(scanned, key=lambda entry: entry.name)
        except OSError as error:
            _leave(found, folder, (error.strerror or "it cannot be read").lower())
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            try:
                status = entry.stat(follow_symlinks=False)
                inside(path)
            except (OSError, BadPathError) as error:
                _leave(found, path, str(error))
                continue
            why = _why_not(status, owner, depth)
            if why:
                _leave(found, path, why)
                continue
            if stat.S_ISDIR(status.st_mode):
                waiting.append((path, depth + 1))
            yield path, Path(entry.path), status


def _why_not(status: os.stat_result, owner: int, depth: int) -> str:
    if stat.S_ISLNK(status.st_mode):
        return "it is a link, which is not followed"
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return "it is no plain file"
    if status.st_uid != owner:
        return "it belongs to somebody else"
    return "it lies too deep" if depth > MAX_DEPTH else ""


def _read(place: Path, at_most: int) -> bytes:
    handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        content = file.read(at_most + 1)
    if len(content) > at_most:
        raise OSError(0, "it grew while it was read")
    return content


def _leave(found: Collected, path: str, why: str) -> None:
    if len(found.left_out) < MAX_LEFT_OUT:
        found.left_out.append(LeftOut(path.encode(errors="replace").decode(errors="replace"), why))
