"""Takes a repository from a git address, its newest commit only, into a folder that the caller throws away.

Rule: git runs without the user's or the system's configuration, without hooks, prompts, links or redirects, over HTTP
alone, and within a time; nothing of the repository is run.
"""

import asyncio
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pgswarm.actions.intake.items import IntakeError
from pgswarm.actions.outside.texts import one_line

MARK: Final = "git+"
LINK: Final = b"120000 "
"""What git lists in front of a link."""
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
    if parts.username or parts.password:
        raise IntakeError("the address holds a name or a password: take a clone that you made yourself, as a folder")
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


async def clone(url: str, into: Path, within_s: float) -> None:
    """Put the files of the newest commit into a folder; raise `IntakeError` where that fails or takes too long.

    Links are not among them.
    """
    wanted = ("clone", "--depth", "1", "--single-branch", "--no-tags", "--quiet", "--template=", "--", url, str(into))
    try:
        async with asyncio.timeout(within_s):
            await _git(into.parent, url, *wanted)
            listed = await _git(into, url, "ls-files", "--stage", "-z")
    except TimeoutError:
        raise IntakeError(f"{url} took longer than {within_s:g} s to come") from None
    for line in listed.split(b"\0"):
        about, _, path = line.partition(b"\t")
        if about.startswith(LINK):  # without links of the system, git writes where they lead into a file
            into.joinpath(os.fsdecode(path)).unlink(missing_ok=True)


async def _git(where: Path, url: str, *arguments: str) -> bytes:
    """Run git, and return what it prints; killed with the task that waits for it."""
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
        env={
            "PATH": os.environ.get("PATH", os.defpath), "HOME": str(where), "LANG": "C",
            "GIT_TERMINAL_PROMPT": "0", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ASKPASS": "true", "GIT_LFS_SKIP_SMUDGE": "1", "GIT_ATTR_NOSYSTEM": "1",
        },
    )  # fmt: skip
    try:
        out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        raise IntakeError(f"{url} cannot be taken: {one_line(err.decode('utf-8', 'replace'), 300)}")
    return out


def _begins(url: str, allowed: str) -> bool:
    return url.startswith(allowed if allowed.endswith("/") else allowed + "/")
