"""Fixtures of every tier. What a test may use is said by its folder:

`unit` no database and no process; `db` a real database for each test; `api` HTTP on a real database; `e2e` real
processes; `chaos` processes that are killed; `packaging` what a stranger gets.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from support.database import Database
from support.processors import Processors, register_actions
from support.server import Server, find_server, make_run_folder, stop_run
from support.template import make_template

TIERS = ("unit", "db", "api", "e2e", "chaos", "packaging")
HERE = Path(__file__).parent
RUN_FOLDER = pytest.StashKey[Path]()

settings.register_profile("pgswarm", deadline=None, print_blob=True)  # a database's answer has no even pace
settings.load_profile("pgswarm")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what runs only when asked for."""
    parser.addoption("--containers", action="store_true", help="also run the tests that need a container engine")


def pytest_configure(config: pytest.Config) -> None:
    """Give the run a folder: the controller makes it, its workers are told of it."""
    shared = getattr(config, "workerinput", {}).get("run_folder")
    config.stash[RUN_FOLDER] = Path(shared or make_run_folder())


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist which folder the run has."""
    node.workerinput["run_folder"] = str(node.config.stash[RUN_FOLDER])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep a file that has `pytestmark = pytest.mark.xdist_group(...)` with one worker, which makes its stage once.

    xdist 3.8 writes the group into the ids of the tests, which pytest 9.2 makes anew: there it has no effect.
    """
    if config.getvalue("dist") != "loadgroup":
        return None

    def piece(_: Any, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return file if _in_one_piece(config.rootpath / file) else nodeid

    by_group = import_module("xdist.scheduler").LoadGroupScheduling  # it has no types, and is not always installed
    return type("ByFile", (by_group,), {"_split_scope": piece})(config, log)


@cache
def _in_one_piece(file: Path) -> bool:
    return re.search(r"^pytestmark = .*\bxdist_group\b", file.read_text(), re.MULTILINE) is not None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the run's server once all workers have ended."""
    if not hasattr(config, "workerinput") and RUN_FOLDER in config.stash:
        stop_run(config.stash[RUN_FOLDER])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark each test with its tier, so that `-m "not chaos"` works; leave out what was not asked for."""
    if not config.getoption("--containers"):
        left_out = [item for item in items if item.get_closest_marker("containers")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    twice = [name for name, times in Counter(item.nodeid for item in items).items() if times > 1]
    if twice:
        raise pytest.UsageError(f"tests of one name, of which only one would be run by several processes: {twice}")
    for item in items:
        if item.path.is_relative_to(HERE) and (tier := item.path.relative_to(HERE).parts[0]) in TIERS:
            item.add_marker(tier)


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Server:
    """The run's PostgreSQL server, started when the first test asks for it."""
    return find_server(pytestconfig.stash[RUN_FOLDER])


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """The name of the database that the migrations made."""
    return make_template(server.url)


@pytest.fixture
def db(server: Server, template: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A migrated database of the test's own; at the end all invariants must hold (unless `breaks_invariants`)."""
    yield from _lend(server, template, request)


@pytest.fixture(scope="module")
def module_db(server: Server, template: str, request: pytest.FixtureRequest) -> Iterator[Database]:
    """One migrated database for a whole module: for tables of many small cases, each in a swarm of its own."""
    yield from _lend(server, template, request)


@pytest.fixture
def empty_db(server: Server, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database without anything in it, for what makes or migrates one."""
    yield from _lend(server, None, request)


@pytest.fixture
def processors(db: Database, tmp_path: Path) -> Iterator[Processors]:
    """Real processors on the test's database, with the actions of an outside package; all are gone at the end."""
    register_actions(db)
    lent = Processors(db, tmp_path)
    try:
        yield lent
    finally:
        lent.end()


def _lend(server: Server, template: str | None, request: pytest.FixtureRequest) -> Iterator[Database]:
    if request.node.get_closest_marker("unit"):
        pytest.fail("a test in tests/unit uses no database: move it to tests/db")
    database = Database(server.url, template)
    try:
        yield database
        if request.node.get_closest_marker("breaks_invariants") is None:
            assert database.broken_invariants() == []
    finally:
        database.drop()
