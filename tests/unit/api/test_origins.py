"""Which requests a page of ours made, by what browsers say of them."""

import pytest

from pgswarm.api.accounts.origins import comes_from_us, may_use_cookie

HOST = {"host": "swarm.test:8000"}


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({}, None),
        ({"origin": "http://swarm.test:8000"}, True),
        ({"origin": "https://swarm.test:8000"}, True),  # a proxy speaks TLS for us: the scheme is not known here
        ({"origin": "http://SWARM.test:8000"}, True),
        ({"origin": "http://swarm.test"}, False),
        ({"origin": "http://swarm.test:8001"}, False),
        ({"origin": "http://swarm.test:8000.evil.test"}, False),
        ({"origin": "http://evil.test"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://swarm.test:8000"}, False),
    ],
)
def test_request_is_ours_only_where_the_browser_says_so(headers: dict[str, str], *, ours: bool | None) -> None:
    assert comes_from_us(HOST | headers) is ours


def test_usual_port_is_the_same_as_none() -> None:
    for scheme, port in (("http", 80), ("https", 443)):
        assert comes_from_us({"host": "swarm.test", "origin": f"{scheme}://swarm.test:{port}"})
        assert comes_from_us({"host": "swarm.test", "origin": f"{scheme}://swarm.test"})
    assert not comes_from_us({"host": "swarm.test", "origin": "http://swarm.test:443"})


def test_cookie_counts_for_what_changes_nothing_wherever_it_comes_from() -> None:
    cross = HOST | {"sec-fetch-site": "cross-site"}
    assert may_use_cookie("GET", cross)
    assert may_use_cookie("HEAD", cross)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert not may_use_cookie(method, cross)
        assert not may_use_cookie(method, HOST)
        assert may_use_cookie(method, HOST | {"x-requested-with": "console"})


def test_cookie_opens_a_websocket_only_for_a_page_of_ours() -> None:
    assert may_use_cookie("GET", HOST | {"origin": "http://swarm.test:8000"}, websocket=True)
    for headers in ({}, {"origin": "http://evil.test"}, {"x-requested-with": "console"}):
        assert not may_use_cookie("GET", HOST | headers, websocket=True)
