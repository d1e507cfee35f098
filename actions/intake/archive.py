"""Unpacks a zip archive of others into an empty folder that the caller throws away.

Rule: nothing is written outside that folder, and not more than was allowed: paths that lead out, links, passwords,
other methods than the two that everybody uses, and archives that unpack to far more than they are, are refused or left
out, each with its reason. Blocks: for a thread.
"""

import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import IO, Final

from pgswarm.actions.intake.items import MAX_BYTES, MAX_NAME, MAX_PATH, IntakeError, LeftOut, too_large

SUFFIX: Final = ".zip"
MAGIC: Final = (b"PK\x03\x04", b"PK\x05\x06")
MOST_RATIO: Final = 100
RATIO_FROM: Final = 10_000_000
"""Bytes unpacked, from which on the ratio counts: a small table of one repeated line is no bomb."""
MOST_LISTED: Final = 200_000
_ENTRY: Final = b"PK\x01\x02"
_PIECE: Final = 1 << 20
_LOCKED: Final = 0x1 | 0x40 | 0x2000
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_OF_GIT: Final = re.compile(r"HEAD|packed-refs|info/exclude|refs/.+")
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def is_archive(name: str, head: bytes) -> bool:
    """Say whether a file is a zip archive: by its name and by how it begins (office documents are some inside)."""
    return name.lower().endswith(SUFFIX) and head.startswith(MAGIC)


def unpack(
    archive: IO[bytes], into: Path, *, most_files: int, max_bytes: int, stopped: Callable[[], bool] = bool
) -> list[LeftOut]:
    """Write the files of an archive below an empty folder, until `stopped` says so; return what was left out.

    Raises `IntakeError`, before anything is written, for one that is broken, locked, too large, or leads out of the
    folder. Hidden files are passed over, but for those that say what is ignored and which commit it is.
    """
    _refuse_long_list(archive)
    try:
        with zipfile.ZipFile(archive) as opened:
            wanted = [(info, parts) for info, parts in _paths(opened.infolist()) if _is_wanted(parts)]
            _refuse([info for info, _ in wanted], _length(archive), most_files, max_bytes)
            written = (_write(opened, info, parts, into) for info, parts in wanted)
            return [left for left in takewhile(lambda _: not stopped(), written) if left is not None]
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, EOFError) as error:
        raise IntakeError(f"it is no zip archive that can be read ({error}): pack it again") from None


def root_of(folder: Path, name: str) -> tuple[Path, str]:
    """Return where the files begin, and what to call that: the only folder of an archive, or the archive itself."""
    found = list(folder.iterdir())
    if len(found) == 1 and found[0].is_dir() and not found[0].name.startswith("."):
        return found[0], found[0].name
    return folder, PurePosixPath(name).name[: -len(SUFFIX)] or "archive"


def _refuse_long_list(archive: IO[bytes]) -> None:
    """Refuse an archive whose list of contents alone would fill the memory, before that list is read."""
    archive.seek(0)
    listed, end = 0, b""
    while piece := archive.read(_PIECE):
        listed += (end + piece).count(_ENTRY)
        end = piece[-3:]
    archive.seek(0)
    if listed > MOST_LISTED:
        raise IntakeError(f"it lists more than {MOST_LISTED:,} files: pack a part of it")


def _paths(infos: Sequence[zipfile.ZipInfo]) -> Iterator[tuple[zipfile.ZipInfo, tuple[str, ...]]]:
    for info in infos:
        name = info.filename.replace("\\", "/")
        parts = tuple(part for part in name.split("/") if part not in {"", "."})
        if name.startswith("/") or _DRIVE.match(name) or ".." in parts:
            raise IntakeError(f"it holds a path that leads out of it ({name[:100]!r}): nothing of it is taken")
        if parts and not info.is_dir() and not name.endswith("/"):
            yield info, parts


def _is_wanted(parts: Sequence[str]) -> bool:
    *folders, name = parts
    hidden = [number for number, folder in enumerate(folders) if folder.startswith(".")]
    if hidden:
        return folders[hidden[0]] == ".git" and _OF_GIT.fullmatch("/".join(parts[hidden[0] + 1 :])) is not None
    return name == ".gitignore" or not (name.startswith(".") or "__MACOSX" in folders)


def _refuse(wanted: Sequence[zipfile.ZipInfo], length: int, most_files: int, max_bytes: int) -> None:
    if any(info.flag_bits & _LOCKED for info in wanted):
        raise IntakeError("it is locked by a password: pack it without one")
    if any(info.compress_type not in _METHODS for info in wanted):
        raise IntakeError("it is packed by another method than deflate: pack it as an ordinary zip archive")
    if len(wanted) > most_files:
        raise IntakeError(f"it holds more than {most_files:,} files: pack a part of it")
    unpacked = sum(
        info.file_size for info in wanted
    )  # no file is unpacked further than to the size that it is said to have
    if unpacked > max_bytes:
        raise IntakeError(f"it unpacks to {unpacked:,} bytes, the limit is {max_bytes:,}: pack a part of it")
    if unpacked > RATIO_FROM and unpacked > MOST_RATIO * length:
        raise IntakeError(
            f"it unpacks to {unpacked // max(length, 1):,} times its size, the limit is {MOST_RATIO}: "
            "give the files as they are"
        )


def _write(opened: zipfile.ZipFile, info: zipfile.ZipInfo, parts: Sequence[str], into: Path) -> LeftOut | None:
    """Write one file; return why it was left out."""
    path = "/".join(parts)
    reason = _unfit(info, path)
    if reason:
        return LeftOut(path[:MAX_PATH], reason)
    place = into.joinpath(*parts)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(info) as source, place.open("xb") as target:
            while piece := source.read(_PIECE):
                target.write(piece)
    except FileExistsError:
        return LeftOut(path, "there are two of it")
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        place.unlink(missing_ok=True)
        return LeftOut(path, f"it is damaged: {error}")
    except OSError as error:  # it lies below what is a file, its name is too long for this system
        return LeftOut(path, f"it cannot be written: {error.strerror}")
    return None


def _unfit(info: zipfile.ZipInfo, path: str) -> str:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in {0, stat.S_IFREG}:
        return "it is a link" if kind == stat.S_IFLNK else "it is no file"
    if len(path) > MAX_PATH or any(not part.isprintable() or len(part) > MAX_NAME for part in path.split("/")):
        return "its name cannot be stored"
    return too_large(info.file_size) if info.file_size > MAX_BYTES else ""


def _length(archive: IO[bytes]) -> int:
    archive.seek(0, 2)
    return archive.tell()
