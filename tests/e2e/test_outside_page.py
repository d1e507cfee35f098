"""The example of docs/outside.md, as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

from pgswarm.actions.outside.settings import load
from support.database import Database
from support.running import COMMAND, DEADLINE_S, ROOT, environment

PAGE = (ROOT / "docs/outside.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_the_example_notes_what_it_is_told(db: Database, tmp_path: Path) -> None:
    (tmp_path / "notes_server.py").write_text(blocks("python")[0])
    (tmp_path / "connections.toml").write_text(blocks("toml")[0] + "connect_timeout_s = 60\n")
    typed = blocks("sh")[1].replace("pgswarm run", f"{' '.join(COMMAND)} run")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    ended = subprocess.run(
        ["sh", "-ec", typed],
        cwd=tmp_path,
        env=environment(PGSWARM_DATABASE_URL=db.url, PATH=path),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "Noted: water for the bees" in ended.stdout
    assert (tmp_path / "notebook.txt").read_text() == "water for the bees\n"


def test_the_file_of_the_page_is_one(tmp_path: Path) -> None:
    file = tmp_path / "connections.toml"
    file.write_text(blocks("toml")[1])
    found = load({"PGSWARM_CONNECTIONS": str(file)})
    assert (sorted(found.mcp), list(found.a2a), found.web.allow) == (["crm", "files"], ["travel"], ("10.1.0.0/16",))


def test_the_oauth_tables_of_the_page_are_some(tmp_path: Path) -> None:
    file = tmp_path / "connections.toml"
    file.write_text(blocks("toml")[2])
    found = load({"PGSWARM_CONNECTIONS": str(file)})
    assert [one.oauth and one.oauth.grant for one in found.mcp.values()] == [
        "client_credentials",
        "refresh_token",
        "authorization_code",
    ]


def test_without_connections_nothing_of_them_is_imported() -> None:
    script = (
        "import sys, pgswarm.processor.main; from pgswarm.actions.discovery import discover; assert discover() == []; "
        "print([name for name in sys.modules if name.split('.')[0] in ('mcp', 'a2a', 'selectolax', 'protego') or "
        "'actions.outside' in name])"
    )
    ended = subprocess.run(
        [sys.executable, "-P", "-c", script], env=environment(), capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stdout == "[]\n"
