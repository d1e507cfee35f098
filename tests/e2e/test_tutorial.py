"""docs/tutorial.md as it stands there: a package of somebody else's, built, installed and run."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from support.database import Database
from support.running import DEADLINE_S, ROOT, environment, pgswarm

PAGE = (ROOT / "docs/tutorial.md").read_text()
FILES = re.findall(r"^`(wordy/\S+)`:\n\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^\$ pgswarm (.*)$", PAGE, re.MULTILINE)
(INSTALL,) = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
TESTING = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[-1]


def run(*command: str, folder: Path, **variables: str) -> str:
    ended = subprocess.run(
        command,
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_package_of_the_tutorial_is_installed_found_run_and_tested(db: Database, tmp_path: Path) -> None:
    assert len(FILES) == 3
    for name, text in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    site = tmp_path / "site"
    # What the command installs, but beside this environment instead of in it, and without a network.
    beside = ("--no-deps", "--no-build-isolation", "--offline", "--target", str(site), "--python", sys.executable)
    run(
        "uv",
        *shlex.split(INSTALL),
        *beside,
        folder=tmp_path,
        PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    )
    paths = os.pathsep.join([str(site), *filter(None, [os.environ.get("PYTHONPATH")])])
    run(sys.executable, "-c", TESTING, folder=tmp_path, PYTHONPATH=paths)
    said = [pgswarm(*shlex.split(command), PYTHONPATH=paths, PGSWARM_DATABASE_URL=db.url).out for command in COMMANDS]
    assert "5 words; most are in: three four five" in said[0]
    assert "Texts, each counted by a node of its own." in said[1]
    actions = "select description from pgswarm.space_entry where path = 'wordy'"
    assert db.value(actions) == "Actions about words."
    assert db.value("select count(*) from pgswarm.node") == 3
