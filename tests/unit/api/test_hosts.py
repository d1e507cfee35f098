"""Whom a request may be addressed to."""

import pytest

from pgswarm.api.hosts import check_host
from pgswarm.api.problems import Problem
from pgswarm.api.settings import ApiSettings

HERE = ("localhost", "localhost:8000", "127.0.0.1:8000", "127.3.2.1", "[::1]:8000", "LOCALHOST", "me.localhost")
ELSEWHERE = ("evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "")


@pytest.mark.parametrize("host", HERE)
def test_on_loopback_every_name_of_this_machine_is_taken(host: str) -> None:
    check_host(host, "127.0.0.1", set())
    check_host(host, "localhost", {"swarm.example"})


@pytest.mark.parametrize("host", ELSEWHERE)
@pytest.mark.parametrize("bound_to", ["127.0.0.1", "::1", "localhost"])
def test_on_loopback_no_other_name_is(host: str, bound_to: str) -> None:
    with pytest.raises(Problem) as refused:
        check_host(host, bound_to, set())
    assert (refused.value.document.status, refused.value.document.field) == (400, "Host")


@pytest.mark.parametrize("host", [*HERE, *ELSEWHERE])
def test_who_listens_to_the_network_is_called_by_any_name(host: str) -> None:
    check_host(host, "192.0.2.1", set())
    check_host(host, "127.0.0.1", {"*"})


def test_names_that_are_allowed_are_the_only_ones_besides_this_machine() -> None:
    allowed = ApiSettings(database_url="", allowed_hosts="Swarm.example, other.example").hosts
    check_host("swarm.example:443", "192.0.2.1", allowed)
    with pytest.raises(Problem):
        check_host("evil.example", "192.0.2.1", allowed)
