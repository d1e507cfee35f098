"""Packages of Python that a run declares: installed once in a sandbox of their own, then read-only in the run.

Rule: only there is a network, and nothing of a package runs there: wheels only, fetched by pip with the operator's own
settings. The run that uses them has no network. Kept by a hash of the list.
"""

import ast
import asyncio
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from pgswarm.actions.sandbox import homes
from pgswarm.actions.sandbox.types import MB, File, Limits, SandboxError

if TYPE_CHECKING:
    from pgswarm.actions.sandbox.local import LocalSandbox

MAX_PACKAGES: Final = 40
MAX_KEPT: Final = 30
"""Lists of packages that are kept; beyond that those go that were not used for `UNUSED_S`."""
UNUSED_S: Final = 86_400.0
LIMITS: Final = Limits(
    wall_s=300, memory_bytes=2048 * MB, disk_bytes=2048 * MB, files=200_000, processes=128, output_bytes=20_000
)
_REQUIREMENT: Final = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?"
    r"(?:\[[A-Za-z0-9._, -]{1,100}\])?"
    r"(?:(?:===|==|~=|!=|<=|>=|<|>)[A-Za-z0-9.*+!_-]{1,50}(?:,(?=[=~!<>])|$))*"
)
_SETTINGS: Final = frozenset(
    {"index-url", "extra-index-url", "find-links", "no-index", "trusted-host", "cert", "client-cert", "proxy"}
    | {"timeout", "default-timeout", "retries"}
)
_NETWORK: Final = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE")
_locks: dict[Path, asyncio.Lock] = {}


def requirements(packages: Sequence[str]) -> list[str]:
    """Return the list as it is kept, sorted; raise `SandboxError` for what is no plain name with a version."""
    if len(packages) > MAX_PACKAGES:
        raise SandboxError("packages_failed", f"{len(packages)} packages are declared: {MAX_PACKAGES} at most.")
    found = set()
    for package in packages:
        plain = re.sub(r" *(===|[=~!<>]=|[<>,\[\]]) *", r"\1", package.strip())
        if not _REQUIREMENT.fullmatch(plain):
            told = f"{package[:100]!r} is no package: give a name with a version, such as numpy>=2 (no URL, no path)."
            raise SandboxError("packages_failed", told)
        found.add(plain)
    return sorted(found, key=str.lower)


async def installed(sandbox: "LocalSandbox", packages: Sequence[str]) -> Path | None:
    """Return the folder that holds these packages, installing them if need be; None where the list is empty."""
    wanted = requirements(packages)
    if not wanted:
        return None
    stamp = "\0".join((sys.version, sandbox.level, *wanted))
    place = homes.cache() / f"packages-{hashlib.sha256(stamp.encode()).hexdigest()[:24]}"
    async with _locks.setdefault(place, asyncio.Lock()):
        if not await asyncio.to_thread(_found, place):
            await asyncio.to_thread(_forget_unused, place.parent)
            await _install(sandbox, wanted, place)
    return place


def _found(place: Path) -> bool:
    """Say whether the packages are there, and remember that they are used."""
    if not place.exists():
        return False
    os.utime(place)
    return True


async def _install(sandbox: "LocalSandbox", wanted: Sequence[str], place: Path) -> None:
    pip = await asyncio.to_thread(_pip)
    settings = await asyncio.to_thread(pip_settings)
    making = Path(tempfile.mkdtemp(prefix="making-", dir=place.parent))
    try:
        ran = await sandbox.run_in(
            [
                *("python", "-m", "pip", "install", "--only-binary", ":all:", "--no-cache-dir", "--no-compile"),
                *("--no-input", "--disable-pip-version-check", "--root-user-action", "ignore"),
                *("--target", "out", "-r", "wanted.txt"),
            ],
            files={"wanted.txt": File("\n".join(wanted).encode())},
            limits=LIMITS,
            readable=[pip, *local_paths(settings)],
            network=True,
            variables={**settings, "PYTHONPATH": str(pip), "PIP_CONFIG_FILE": os.devnull},
            take=lambda work: _take(work / "out", making / "packages"),
        )
        if not ran.ok:
            lines = [line for line in ran.stderr.splitlines() if line.strip()]
            why = " ".join(lines[-4:])[-800:] if ran.exit_code else f"it was ended ({ran.reason})"
            raise SandboxError("packages_failed", f"{', '.join(wanted)} cannot be installed (wheels only): {why}")
        await asyncio.to_thread(_put, making / "packages", place)
    finally:
        await asyncio.to_thread(shutil.rmtree, making, ignore_errors=True)


def _put(made: Path, place: Path) -> None:
    """Put a whole folder in its place, unless another process has been quicker."""
    try:
        made.rename(place)
    except OSError:
        if not place.exists():
            raise


def _take(source: Path, target: Path) -> None:
    """Copy plain files and folders, and nothing else."""
    target.mkdir()
    if not source.is_dir() or source.is_symlink():
        return
    for folder, folders, files in os.walk(source):
        here = target / Path(folder).relative_to(source)
        here.chmod(0o755)
        for name in list(folders):
            if Path(folder, name).is_symlink():
                folders.remove(name)
            else:
                (here / name).mkdir()
        for name in files:
            handle = os.open(Path(folder, name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as given, (here / name).open("xb") as taken:
                shutil.copyfileobj(given, taken)
            (here / name).chmod(0o755 if Path(folder, name).stat().st_mode & 0o100 else 0o644)


def _pip() -> Path:
    """Return a folder with pip alone in it, where runs can reach it."""
    found = importlib.util.find_spec("pip")
    if found is not None and found.origin:
        source = Path(found.origin).parent
        name = f"pip-{version('pip')}"
    else:
        wheels = sorted(Path(path) for path in _bundled())
        if not wheels:
            raise SandboxError("packages_failed", "There is no pip: install it beside pgswarm (pip install pip).")
        source = wheels[-1]
        name = source.stem
    place = homes.cache() / name
    if place.exists():
        return place
    making = Path(tempfile.mkdtemp(prefix="making-", dir=place.parent))
    try:
        if source.is_dir():
            shutil.copytree(source, making / "all" / "pip")
        else:
            with zipfile.ZipFile(source) as wheel:
                wheel.extractall(making / "all")
        for folder, _, files in os.walk(making):
            for entry in (".", *files):
                path = Path(folder, entry)
                path.chmod(0o755 if path.is_dir() else 0o644)
        _put(making / "all", place)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return place


def _bundled() -> list[str]:
    found = importlib.util.find_spec("ensurepip")
    folders = [Path("/usr/share/python-wheels")]
    if found is not None and found.origin:
        folders.append(Path(found.origin).parent / "_bundled")
    return [str(wheel) for folder in folders for wheel in folder.glob("pip-*.whl")]


def pip_settings() -> dict[str, str]:
    """Return where the operator's own pip gets packages from, as variables for the one in the sandbox."""
    found = {name: os.environ[name] for name in _NETWORK if name in os.environ}
    if importlib.util.find_spec("pip") is None:
        lines = [
            f"env.{key[4:].lower().replace('_', '-')}={value!r}"
            for key, value in os.environ.items()
            if key.startswith("PIP_")
        ]
    else:
        said = subprocess.run(
            [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False, timeout=60
        )
        lines = said.stdout.splitlines()
    for line in lines:
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2]
        if name in _SETTINGS:
            found[f"PIP_{name.upper().replace('-', '_')}"] = " ".join(str(ast.literal_eval(value)).split())
    return found


def local_paths(settings: Mapping[str, str]) -> list[Path]:
    """Return the files and folders that settings name, which the installer must be able to read."""
    found = []
    for word in " ".join(settings.values()).split():
        path = Path(unquote(urlsplit(word).path) if word.startswith("file://") else word)
        if path.is_absolute() and path.exists():
            found.append(path)
            if path.is_symlink():
                found.append(path.resolve())
    return found


def _forget_unused(cache: Path) -> None:
    kept = sorted(cache.glob("packages-*"), key=lambda folder: folder.stat().st_mtime)
    for folder in kept[: max(0, len(kept) - MAX_KEPT)]:
        if time.time() - folder.stat().st_mtime > UNUSED_S:
            shutil.rmtree(folder, ignore_errors=True)
