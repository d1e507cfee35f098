"""A server that a test may kill, fill and restart."""

from collections.abc import Iterator

import pytest

from pgswarm.cli.embedded import Home, ensure_running, stop_server


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The home of an embedded server of the test's own, which runs."""
    folder = tmp_path_factory.mktemp("server")
    for part in (folder, *list(folder.parents)[:2]):
        part.chmod(0o711)  # the server's account must pass
    home = Home(folder / "home")
    ensure_running(home)
    yield home
    stop_server(home)
