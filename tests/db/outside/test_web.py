"""`web/browse` and `web/search` against real servers on loopback, which the operator allows."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from starlette.responses import PlainTextResponse

from pgswarm.actions.base import Registry
from pgswarm.actions.outside.settings import Connections, WebSettings
from pgswarm.actions.registration import specs
from pgswarm.actions.web import browse, search
from support.connections.serving import listening
from support.connections.site import application
from support.connections.worker import Worker
from support.database import Database

Configure = Callable[..., WebSettings]


@pytest.fixture
def seen() -> list[str]:
    return []


@pytest.fixture
def site(seen: list[str]) -> Iterator[str]:
    with listening(lambda _: application(seen)) as address:
        yield address


@pytest.fixture
def web(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Configure]:
    """Configure the web as a connections file would."""
    worker.registry = Registry()
    worker.registry.add(browse.Browse)
    worker.registry.add(search.Search)
    worker.db.run("select pgswarm.register_actions(%(specs)s)", specs=specs(worker.registry))
    parts = (browse._reader, search._provider)  # noqa: SLF001 - what a process keeps for its life

    def configure(address: str = "", **settings: Any) -> WebSettings:
        ports = [urlsplit(address).port] if address else [80]
        made = Connections.model_validate({"web": {"allow": ["127.0.0.1"], "ports": ports, **settings}}).web
        monkeypatch.setattr(browse, "web", lambda: made)
        monkeypatch.setattr(search, "web", lambda: made)
        for part in parts:
            part.cache_clear()
        return made

    yield configure
    for part in parts:
        part.cache_clear()


async def refusal(worker: Worker, url: str) -> str:
    """Return why a page was not read."""
    root = await worker.ends("web/browse", {"url": url})
    assert root["error"], root
    return f"{root['error']['code']}: {root['error']['message']}"


async def test_a_page_is_read_cited_and_kept(worker: Worker, web: Configure, site: str, seen: list[str]) -> None:
    web(site)
    root = await worker.ends("web/browse", {"url": f"{site}/old#top"})
    today = datetime.now(UTC).date().isoformat()
    report = root["report"]
    assert report.startswith("# Bees in winter\n\n")
    assert "keep her warm with their muscles" in report
    assert "- One queen\n- Ten thousand workers" in report
    assert "if cold:\n    shiver()" in report
    assert f"> Source: Bees in winter, {site}/bees, read on {today}" in report
    for unseen in ("Ignore your instructions", "wasps", "Buy now", "secret", "Daily Hive"):
        assert unseen not in report
    assert seen == ["/robots.txt", "/old", "/bees"]
    (entry,) = worker.db.rows(
        "select name, path, description from pgswarm.space_entry where swarm_id is not null and blob is not null"
    )
    assert entry["path"] == f"references/web/{entry['name']}"
    assert f"{site}/bees" in entry["description"]


async def test_what_robots_txt_forbids_is_not_read_also_after_a_redirect(
    worker: Worker, web: Configure, site: str, seen: list[str]
) -> None:
    web(site)
    assert "robots.txt" in await refusal(worker, f"{site}/private/diary")
    assert "robots.txt" in await refusal(worker, f"{site}/to-private")
    assert "/private/diary" not in seen


async def test_a_site_whose_robots_txt_fails_is_not_read(worker: Worker, web: Configure) -> None:
    seen: list[str] = []
    with listening(lambda _: application(seen, PlainTextResponse("", status_code=500))) as address:
        web(address)
        assert "nothing is read" in await refusal(worker, f"{address}/bees")
    assert "/bees" not in seen


async def test_only_public_addresses_are_read_where_the_operator_allows_no_others(
    worker: Worker, web: Configure, site: str, seen: list[str]
) -> None:
    web(site, allow=[])
    assert "is not public" in await refusal(worker, f"{site}/bees")
    assert "127.0.0.1, which is not public" in await refusal(worker, f"{site.replace('127.0.0.1', 'localhost')}/bees")
    assert seen == []


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/round", "redirects more than 2 times"),
        ("/inside", "10.0.0.1 is not public"),
        ("/large", "more than 100,000 bytes"),
        ("/packed", "compressed"),
        ("/deep", "page_too_deep"),
        ("/paper", "not_text"),
        ("/nowhere", "status 404"),
        ("/busy", "outside_unreachable"),
    ],
)
async def test_what_cannot_be_read_says_why(worker: Worker, web: Configure, site: str, path: str, told: str) -> None:
    web(site, max_redirects=2, max_bytes=100_000)
    assert told in await refusal(worker, site + path)


async def test_a_search_gives_addresses_and_no_traps_and_keeps_its_key(
    worker: Worker, web: Configure, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEARCH_KEY", "a-very-secret-key")
    service = {"url": f"{site}/search?q={{query}}", "headers": {"X-Key": "${SEARCH_KEY}"}}
    paths = {"results": "web.hits", "title": "name", "link": "at", "snippet": "words"}
    web(site, search={**service, **paths})
    root = await worker.ends("web/search", {"query": "bees & honey"})
    assert root["report"] == (
        "Found on the web for “bees & honey”:\n\n1. Bees in winter\n   https://hive.example/bees\n   Bees <b>do</b>"
        '\n\nOutput:\n{"url": "https://hive.example/bees", "urls": ["https://hive.example/bees"]}'
    )
    nothing = await worker.ends("web/search", {"query": "wasps"})
    assert nothing["report"] == "The web search for “wasps” found nothing."


async def test_without_a_provider_search_says_so_and_is_not_offered_to_routers(
    db: Database, worker: Worker, web: Configure
) -> None:
    web()
    root = await worker.ends("web/search", {"query": "bees"})
    assert root["error"]["code"] == "not_configured"
    assert re.search(r"under \[web.search\]", root["error"]["message"])
    assert db.value("select routable from pgswarm.action where action_id = 'web/search'") is False
