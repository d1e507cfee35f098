"""Every way out, at every level, as the tests' user and as an ordinary one; and that the attempts are real ones."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from pgswarm.actions.sandbox.inside.probe import ALONE, ATTEMPTS
from support.command import ME, Person, ordinary_user

SCRIPT = Path(__file__).with_name("attempts.py").read_text()


@pytest.fixture(params=["as this user", "as an ordinary user"])
def person(request: pytest.FixtureRequest, open_folder: Path) -> Person:
    """Where the tests run as an ordinary user, the two are one."""
    return ME if request.param == "as this user" else ordinary_user(open_folder)


@pytest.fixture
def folder(open_folder: Path) -> Path:
    """A folder that every user can use."""
    open_folder.chmod(0o777)
    return open_folder


def attempts(person: Person, level: str, folder: Path) -> Any:
    variables = {} if person is ME else {"HOME": str(folder), "TMPDIR": str(folder)}
    with person.run_python("-c", SCRIPT, level, **variables) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return json.loads(out)


@pytest.mark.parametrize("level", ["bwrap", "landlock"])
def test_no_way_leads_out(person: Person, level: str, folder: Path) -> None:
    tried = attempts(person, level, folder)
    assert tried == {"why_not": "", "probes": dict.fromkeys([*ATTEMPTS, *ALONE], "")}


def test_attempts_get_out_where_nothing_keeps_them_in(person: Person, folder: Path) -> None:
    """Else they would prove nothing. Root's runs are another user's; every run is bounded and ended, here too."""
    probes = attempts(person, "unsafe", folder)["probes"]
    bounded = {"fork bomb", "memory", "disk", "survivors", "setuid", "environment", "files beside"}
    others = {"signals", "limits of others", "links"} if os.geteuid() == 0 and person is ME else set()
    kernel = {"other families"}  # not every kernel has them
    assert {name for name, detail in probes.items() if not detail} - kernel <= bounded | others
