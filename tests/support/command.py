"""The `pgswarm` command as a real process, of this user or of another."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

DEADLINE_S = 60.0
PACKAGES = tuple(path for path in sys.path if path.endswith("site-packages"))
SOURCE = Path(__file__).parents[2] / "src"
PLAIN_UID = 65534  # an ordinary user that every system has: nobody


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who runs the command: which user, and with which Python."""

    uid: int
    python: str = sys.executable
    path: tuple[str, ...] = (str(SOURCE), *PACKAGES)
    environment: dict[str, str] = field(default_factory=dict)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start `pgswarm ARGUMENTS` in a session of its own."""
        return self.run_python("-m", "pgswarm.cli.main", *arguments, **environment)

    def run_python(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start Python with these arguments, able to import pgswarm."""
        keep = {name: value for name, value in os.environ.items() if not name.startswith(("PGSWARM_", "OPENAI_", "PG"))}
        other: dict[str, Any] = {}
        if self.uid != os.geteuid():
            other = {"user": self.uid, "group": self.uid, "extra_groups": []}
        return subprocess.Popen(
            [self.python, "-P", *arguments],
            env=keep | {"PYTHONPATH": os.pathsep.join(self.path)} | self.environment | environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
            **other,
        )

    def pgswarm(self, *arguments: str, code: int = 0, **environment: str) -> str:
        """Run `pgswarm ARGUMENTS` to its end, which must have this exit code; return what it wrote to both outputs."""
        with self.start(*arguments, **environment) as process:
            out, err = process.communicate(timeout=DEADLINE_S)
        assert process.returncode == code, f"exit code {process.returncode}\n{out}\n{err}"
        return out + err

    def json(self, *arguments: str, **environment: str) -> Any:
        """Run `pgswarm ARGUMENTS --json` and return what it said."""
        return json.loads(self.pgswarm(*arguments, "--json", **environment))


ME = Person(os.geteuid())


@cache
def ordinary_user(folder: Path) -> Person:
    """Return somebody who is not root; where the tests run as root, with a Python and packages that others can read.

    Those of root's may lie below /root, which is closed: then they are linked into `folder`.
    """
    if os.geteuid() != 0:
        return ME
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    site = Path(PACKAGES[0])
    for python in (sys.executable, shutil.which(version, path="/usr/bin:/usr/local/bin") or sys.executable):
        for copied in (False, True):
            path = (_reachable(SOURCE, folder, copied=copied), _reachable(site, folder, copied=copied))
            person = Person(PLAIN_UID, python, path)
            try:
                with person.run_python("-c", "import pgswarm.cli.main, psycopg") as process:
                    process.communicate(timeout=DEADLINE_S)
            except PermissionError:
                break
            if process.returncode == 0:
                return person
    raise AssertionError(f"no {version} that another user than root can run: install Debian's python3")


def _reachable(source: Path, folder: Path, *, copied: bool) -> str:
    if not copied:
        return str(source)
    target = folder / source.name
    if not target.exists():
        shutil.copytree(source, target, copy_function=_link, ignore=shutil.ignore_patterns("pginstall", "__pycache__"))
    return str(target)


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
