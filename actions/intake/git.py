"""Takes a repository from a git address, its newest commit only, into a folder that the caller throws away.

Rule: git runs without the user's or the system's configuration, without hooks, prompts, links or redirects, over HTTP
alone, and within a time; nothing of the repository is run. Its files are written once it is known how many and how
large they are: a few kilobytes of git can stand for millions of files.
"""

import asyncio
import os
import re
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pgswarm.actions.intake.items import IntakeError, NotNowError
from pgswarm.actions.outside.texts import one_line

MARK: Final = "git+"
LINK: Final = b"120000 "
"""What git lists in front of a link."""
LONGEST_LISTED: Final = 1_000
"""Bytes that are expected of a line of git's list at most, on the average."""
LOOK_EVERY_S: Final = 0.2
_UP_AND_AWAY: Final = re.compile(r"(?:^|/)(?:\.|%2e){1,2}(?:/|$)|[\\\s\x00-\x1f]", re.IGNORECASE)
_PASSES: Final = re.compile(
    r"Could not resolve host|Failed to connect|Couldn't connect|Connection (?:refused|reset|timed out)|timed out|"
    r"returned error: (?:408|425|429|5\d\d)|RPC failed|early EOF|unexpected disconnect|Empty reply"
)
"""What git says, in English, of trouble that may be over soon."""
_SAFE: Final = (
    "core.hooksPath=/dev/null", "core.symlinks=false", "core.fsmonitor=false", "submodule.recurse=false",
    "protocol.allow=never", "protocol.https.allow=always", "protocol.http.allow=always", "http.followRedirects=false",
    "transfer.fsckObjects=true",
)  # fmt: skip


def is_git(source: str) -> bool:
    """Say whether an address is one of a repository: it begins with `git+http`, or ends with `.git`."""
    return source.startswith((MARK + "http://", MARK + "https://")) or (
        source.startswith(("http://", "https://")) and urlsplit(source).path.endswith(".git")
    )


def address_of(source: str, allowed: Sequence[str] | None) -> str:
    """Return the address; raise `IntakeError` where `allowed` (beginnings of addresses; None: all) does not have it."""
    url = source.removeprefix(MARK)
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise IntakeError("the address holds a name or a password: take a clone that you made yourself, as a folder")
    if _UP_AND_AWAY.search(parts.path) or parts.query or parts.fragment:
        raise IntakeError("the address of a repository is plain: without `..`, spaces, a question mark or a hash sign")
    if allowed is None or any(_begins(url, one) for one in allowed):
        return url
    raise IntakeError(
        f"repositories of {parts.hostname} are not allowed here: the operator lists them as "
        f'git = ["{parts.scheme}://{parts.netloc}/"] under [imports] in the file that PGSWARM_CONNECTIONS names'
    )


def name_of(url: str) -> str:
    """Return what a repository is called: the last part of its address."""
    name = urlsplit(url).path.rstrip("/").rpartition("/")[2].removesuffix(".git")
    return name if name.isprintable() and name not in {"", ".", ".."} else "repository"


async def clone(url: str, into: Path, *, within_s: float, most_files: int, max_bytes: int) -> None:
    """Put the files of the newest commit into a folder. Links are not among them.

    Raises `IntakeError` where that fails, takes too long or is too much; `NotNowError` where it may be otherwise soon.
    """
    wanted = ("clone", "--depth", "1", "--single-branch", "--no-tags", "--no-checkout", "--quiet", "--template=")
    try:
        async with asyncio.timeout(within_s):
            await _git(into.parent, url, *wanted, "--", url, str(into), most_on_disk=(into, max_bytes))
            listed = await _git(into, url, "ls-tree", "-r", "-l", "-z", "HEAD", most=most_files * LONGEST_LISTED)
            lines = [line for line in listed.split(b"\0") if line]
            _refuse_much(url, lines, most_files, max_bytes)
            await _git(into, url, "checkout", "--quiet", "--force", "HEAD", "--", ".")
    except TimeoutError:
        raise IntakeError(f"{url} took longer than {within_s:g} s to come") from None
    for line in lines:
        about, _, path = line.partition(b"\t")
        if about.startswith(LINK):  # without links of the system, git writes where they lead into a file
            into.joinpath(os.fsdecode(path)).unlink(missing_ok=True)


def _refuse_much(url: str, lines: Sequence[bytes], most_files: int, max_bytes: int) -> None:
    if not lines:
        raise IntakeError(f"{url} holds no file")
    if len(lines) > most_files:
        raise IntakeError(f"{url} holds more than {most_files:,} files (max_files under [imports])")
    sizes = (line.partition(b"\t")[0].rpartition(b" ")[2] for line in lines)
    size = sum(int(one) for one in sizes if one.isdigit())
    if size > max_bytes:
        raise IntakeError(f"{url} holds {size:,} bytes, the limit is {max_bytes:,} (max_bytes under [imports])")


async def _git(
    where: Path, url: str, *arguments: str, most: int = 1_000_000, most_on_disk: tuple[Path, int] | None = None
) -> bytes:
    """Run git, and return what it prints; it is killed with the task that waits, and where it writes too much."""
    git = shutil.which("git")
    if git is None:
        raise IntakeError("git is not installed here: install it, or give a folder")
    settings = [part for one in _SAFE for part in ("-c", one)]
    process = await asyncio.create_subprocess_exec(
        git, *settings, *arguments,
        cwd=where,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        env={
            "PATH": os.environ.get("PATH", os.defpath), "HOME": str(where), "LANG": "C", "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ASKPASS": "true", "GIT_LFS_SKIP_SMUDGE": "1", "GIT_ATTR_NOSYSTEM": "1",
        },
    )  # fmt: skip
    assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018 - both are pipes
    try:
        async with asyncio.TaskGroup() as group:
            out = group.create_task(_read(process.stdout, most, url))
            err = group.create_task(_read(process.stderr, most, url))
            watch = group.create_task(_watch(*most_on_disk, url)) if most_on_disk else None
            await process.wait()
            if watch is not None:
                watch.cancel()
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    finally:
        if process.returncode is None:
            _end(process.pid)
            await process.wait()
    if process.returncode != 0:
        told = one_line(err.result().decode("utf-8", "replace"), 300)
        kind = NotNowError if _PASSES.search(told) else IntakeError
        raise kind(f"{url} cannot be taken: {told}")
    return out.result()


async def _read(stream: asyncio.StreamReader, most: int, url: str) -> bytes:
    found = bytearray()
    while piece := await stream.read(1 << 16):
        found += piece
        if len(found) > most:
            raise IntakeError(f"{url} holds more than is taken (max_files under [imports])")
    return bytes(found)


async def _watch(folder: Path, most: int, url: str) -> None:
    """Look at what comes while it comes; it may be packed, so that what is unpacked is looked at later on."""
    while True:
        await asyncio.sleep(LOOK_EVERY_S)
        pack = folder / ".git" / "objects" / "pack"
        try:
            size = sum(one.stat().st_size for one in pack.iterdir())
        except OSError:
            continue  # it is not there yet, or a file of it was just renamed
        if size > most:
            raise IntakeError(f"{url} holds more than {most:,} bytes (max_bytes under [imports])")


def _end(group: int) -> None:
    """Kill git and what it started."""
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def _begins(url: str, allowed: str) -> bool:
    return url.startswith(allowed if allowed.endswith("/") else allowed + "/")
