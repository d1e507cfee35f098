"""Which addresses may be read, and what of a page is text."""

import asyncio
import socket
import time
from typing import Any

import pytest

from pgswarm.actions.base import ActionError
from pgswarm.actions.models.offline.rules.route import route
from pgswarm.actions.outside.settings import WebSettings
from pgswarm.actions.outside.web.addresses import RefusedError, allowed, checked
from pgswarm.actions.outside.web.extract import extract
from pgswarm.actions.outside.web.fetch import Reader
from pgswarm.actions.outside.web.providers.json_http import at
from pgswarm.actions.web import browse

NOT_PUBLIC = """
127.0.0.1 10.1.2.3 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1 255.255.255.255 ::1 ::
fe80::1%eth0 fc00::1 ff02::1 ::ffff:127.0.0.1 2002:7f00:1:: 64:ff9b::a00:1 2001:db8::1 localhost
"""
NONE_TO_READ = """
file:///etc/passwd https:// https://me@x.example https://x.example:22/ http://[::1]/ http://127.0.0.1/
https://x.example\\@y.example/ gopher://x
"""


@pytest.mark.parametrize("address", ["", *NOT_PUBLIC.split()])
def test_what_is_not_public_is_not_read(address: str) -> None:
    assert not allowed(address, [])


def test_public_addresses_and_allowed_networks_are_read() -> None:
    assert allowed("93.184.216.34", [])
    assert allowed("2606:4700:4700::1111", [])
    assert allowed("10.1.2.3", ["10.1.0.0/16"])
    assert not allowed("10.2.2.3", ["10.1.0.0/16"])


@pytest.mark.parametrize("url", ["http://127.1/x\ny", "https://x.example/" + "a" * 2_000, *NONE_TO_READ.split()])
def test_addresses_that_are_none_to_read_are_refused(url: str) -> None:
    with pytest.raises(RefusedError):
        checked(url, [80, 443], [])


def test_a_fragment_is_left_out() -> None:
    assert checked("https://x.example/a?b=1#c", [443], []) == "https://x.example/a?b=1"


def test_a_marked_article_is_the_main_part() -> None:
    html = f"<main><article><h2>On bees</h2><p>{'Bees are busy. ' * 30}</p></article></main><p>{'Ad. ' * 300}</p>"
    text = extract(html).text
    assert text.startswith("## On bees\n\nBees are busy.")
    assert "Ad." not in text


def test_a_hostile_page_costs_little_time() -> None:
    begin = time.perf_counter()
    for hostile in ("<div>" * 60_000, "<b><p>" * 60_000):
        with pytest.raises(ActionError, match="nests more than"):
            extract(hostile)
    extract("<p>" * 5_000 + "</p>" * 5_000)
    assert time.perf_counter() - begin < 5


def test_a_router_of_rules_browses_where_an_address_is_given_and_only_there() -> None:
    spec = browse.Browse.spec
    offered = {
        "action": spec.action_id,
        "description": spec.description,
        "input_schema": spec.args_model.model_json_schema(),
    }
    for directive, url in (
        ("Browse the web page https://x.example/a?b=1.", "https://x.example/a?b=1"),
        ("Browse http://10.1.2.3/", "http://10.1.2.3/"),
    ):
        chosen = route({"directive": directive, "actions": [offered]})
        assert (chosen["action"], chosen["arguments"]) == ("web/browse", [{"name": "url", "value": url}])
    with pytest.raises(ActionError, match="needs a model"):
        route({"directive": "Summarise the report", "actions": [offered]})


@pytest.mark.parametrize(
    ("number", "code"), [(socket.EAI_NONAME, "unknown_host"), (socket.EAI_AGAIN, "outside_unreachable")]
)
async def test_a_host_that_is_not_there_is_no_trouble_of_the_network(
    monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    async def none(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(number, "nothing found")

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", none)
    with pytest.raises(ActionError) as told:
        await Reader(WebSettings()).read("https://nowhere.invalid/")
    assert told.value.code == code


def test_results_are_found_by_their_path() -> None:
    assert at({"web": {"results": [{"t": 1}]}}, "web.results.0.t") == 1
    assert at({"web": []}, "web.results") is None
