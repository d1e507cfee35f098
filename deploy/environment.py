"""The checkout's own Python environment, `.venv`: made from the lock file where it is absent or stale.

Rule: nothing but a Python with venv is needed to run this, and it writes nothing outside of `.venv`. Its standard
output is the path of the environment's Python; everything else goes to standard error. `runtime` has what pgswarm
needs, `dev` also what its tests need.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "made-from"
LOCKS = {"runtime": ROOT / "requirements.lock", "dev": ROOT / "requirements-dev.lock"}
OLDEST = (3, 11)
TAIL = 30  # lines of pip's output that say why it failed


def main() -> int:
    """Make the environment that the first argument names, and print its Python."""
    kind = sys.argv[1] if len(sys.argv) > 1 else "runtime"
    if kind not in LOCKS:
        return complain(f"{kind!r} is no environment: say {' or '.join(LOCKS)}")
    if sys.version_info < OLDEST:
        return complain(
            f"Python {'.'.join(map(str, OLDEST))} or newer is needed, and this is {sys.version.split()[0]}: "
            "install one, and name it, for example PYTHON=python3.13 ./demo"
        )
    try:
        with (ROOT / ".venv.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # a second command waits for the first one to have made it
            bring_up_to_date(kind)
    except PermissionError as error:
        return complain(f"cannot write the environment: {error}. Use a checkout of your own.")
    except subprocess.CalledProcessError as error:
        tail = "\n".join((error.stdout or "").splitlines()[-TAIL:])
        return complain(f"{tail}\nThis failed: {' '.join(map(str, error.cmd))}")
    sys.stdout.write(f"{PYTHON}\n")
    return 0


def bring_up_to_date(kind: str) -> None:
    """Make what is absent or stale: the packages, or only the link to pgswarm itself."""
    begin = time.monotonic()
    stamp = STAMP.read_text().split() if PYTHON.exists() and STAMP.exists() else ["", ""]
    packages, project = packages_mark(kind), project_mark()
    if stamp[0] not in {packages, packages_mark("dev")}:  # dev has everything that runtime has
        say(f"Making {VENV} from {LOCKS[kind].name}; this takes a minute, once.")
        shutil.rmtree(VENV, ignore_errors=True)
        run(sys.executable, "-m", "venv", str(VENV))
        say("  packages …")
        run(str(PYTHON), "-m", "pip", "install", "--require-hashes", "--requirement", str(LOCKS[kind]))
    elif stamp[1] == project:
        return
    else:
        packages = stamp[0]
    say("  pgswarm …")
    run(str(PYTHON), "-m", "pip", "install", "--no-deps", "--editable", str(ROOT))
    STAMP.write_text(f"{packages} {project}")
    say(f"  done in {time.monotonic() - begin:.0f} s")


def packages_mark(kind: str) -> str:
    """Return what changes when the packages must be installed anew."""
    return digest(kind.encode(), LOCKS[kind].read_bytes(), str(ROOT).encode(), sys.version.encode())


def project_mark() -> str:
    """Return what changes when pgswarm's own metadata do: its version, its commands, where its packages lie."""
    import tomllib  # not in the older Pythons, which `main` turns away

    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return digest(json.dumps([settings["project"], settings["tool"]["setuptools"]]).encode())


def digest(*parts: bytes) -> str:
    """Return one hash of all parts."""
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def run(*command: str) -> None:
    """Run a command quietly; its output comes with the error if it fails."""
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_PROGRESS_BAR": "off", "PIP_NO_INPUT": "1"}
    subprocess.run(
        command,
        check=True,
        env=quiet,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def say(words: str) -> None:
    """Tell the person what is going on."""
    sys.stderr.write(f"{words}\n")
    sys.stderr.flush()


def complain(words: str) -> int:
    """Say what is wrong, and return the exit code for it."""
    say(words)
    return 1


if __name__ == "__main__":
    sys.exit(main())
