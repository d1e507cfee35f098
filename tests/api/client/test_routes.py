"""The client has every route of the API, with all that it takes: found by walking the OpenAPI, not a list."""

import inspect
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, get_args
from urllib.parse import parse_qs

import httpx2 as httpx

from pgswarm.client import ApiError, Client
from support.walk import DOCUMENT, METHODS, resolved

LEFT_OUT: Final = {
    "GET /healthz": "for who runs the process, not for a program that uses it",
    "GET /readyz": "the same",
    "GET /metrics": "for Prometheus",
}
PARAMETERS_LEFT_OUT: Final = {
    "GET /v1/swarms/{swarm_id}/events": {
        "node_id": "a subtree has no last event, by which the iteration would end",
    },
    "GET /v1/swarms/{swarm_id}/history": {"limit": "the client takes the largest pages"},
    "POST /v1/answers/{token}": {"whole_body": "for senders whose form cannot be chosen; the client's can"},
}
PAGING: Final = {"cursor", "limit"}
ID = "0198f3a5-1111-7000-8000-000000000000"
SAMPLES: dict[str, Any] = {
    "action": "bench/noop",
    "action_id": "created/x",
    "why": "it counts hyphens",
    "everybody": True,
    "after": "a-cursor",
    "after_seq": 0,
    "answer": "blue",
    "approve": "plan",
    "args": {"width": 3},
    "at": datetime(2026, 3, 1, tzinfo=UTC),
    "at_seq": 3,
    "budget": {"nodes": 5},
    "content": "text",
    "current": "a long sentence",
    "directive": "Write it in French",
    "expires_in_s": 60,
    "goal": "a goal",
    "idempotency_key": "order-1",
    "kinds": ["node.*"],
    "label": "nightly",
    "lifetime_s": 60,
    "limit": 7,
    "link": f"http://127.0.0.1:8000/v1/answers/{'t' * 43}",
    "model": "m",
    "memo": True,
    "stream": True,
    "new": "another sentence",
    "password": "a long sentence",
    "priority": 1,
    "query": "a few words",
    "role": "user",
    "share": 1,
    "snapshot": False,
    "space": "memory",
    "status": "active",
    "title": "a title",
    "username": "mina",
    "value": "blue",
    "within_s": 60,
    "expertise": "contracts",
    "involvement": "important",
    "notes": "in the morning",
    "if_version": 2,
    "name": "renamed.md",
    "path": "references",
    "version": 1,
    "blueprint": ID,
    "contribution": {"swarm_id": ID, "entry_ids": [ID]},
    "actions": [{"swarm_id": ID, "action_id": "created/x", "version": 1, "hash": "0" * 64}],
    "description": "what it is for",
    "entries": [{"name": "style.md", "kind": "markdown"}],
    "keys": ["SEARCH_API_KEY"],
    "leave_out": [ID],
    "settings": {"approve": "plan"},
    "shared": True,
    "files": [ID],
    "folder": "reports",
    "kind": "markdown",
    "fields": {"source": "a handbook"},
    "search": "text",
    "derived_from": [ID],
    "disabled": True,
    "only_open": True,
    "also_ended": True,
    "other_id": ID,
    "parent_id": ID,
    "under": ID,
    "ask": None,
}
FILES = {"upload": [("note.txt", b"be brief")]}


class Recorder:
    """A server that takes note of every request and refuses it."""

    def __init__(self) -> None:
        self.query: dict[str, set[str]] = defaultdict(set)
        self.fields: dict[str, set[str]] = defaultdict(set)
        self.keys: set[str] = set()
        self.unknown: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        route = route_of(request.method, request.url.path)
        if route is None:
            self.unknown.append(f"{request.method} {request.url.path}")
        else:
            self.query[route] |= set(parse_qs(request.url.query.decode()))
            self.fields[route] |= set(body_of(request))
            if "idempotency-key" in request.headers:
                self.keys.add(route)
        return httpx.Response(418, json={"detail": "noted"})


def body_of(request: httpx.Request) -> dict[str, Any]:
    if request.headers.get("content-type") != "application/json":
        return {}
    body: dict[str, Any] = json.loads(request.read())
    return body


def operations() -> dict[str, dict[str, Any]]:
    return {
        f"{method.upper()} {path}": said[method]
        for path, said in DOCUMENT["paths"].items()
        for method in METHODS
        if method in said
    }


def route_of(method: str, path: str) -> str | None:
    """Return the route that an address is of; where several could be meant, the one with the fewest variables."""
    fitting = [route for route in operations() if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", route), f"{method} {path}")]
    return min(fitting, key=lambda route: route.count("{"), default=None)


def named(operation: dict[str, Any], where: str) -> set[str]:
    return {said["name"] for said in operation.get("parameters", ()) if said["in"] == where}


def fields_of(operation: dict[str, Any]) -> set[str]:
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return set(resolved(schema).get("properties", ()))


def arguments(name: str, method: Any) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Yield what to call a method with: everything that it takes; also no node, and for streams a snapshot."""
    found = inspect.signature(method).parameters
    given = {
        parameter: SAMPLES.get(parameter, ID)
        for parameter, said in found.items()
        if said.kind in {said.POSITIONAL_OR_KEYWORD, said.KEYWORD_ONLY}
    }
    if "options" in found:
        (options,) = get_args(found["options"].annotation)
        given |= {option: SAMPLES.get(option, ID) for option in options.__annotations__}
        given.pop("ask", None)
        given.pop("within_s", None)
    if "budget" in found:
        given |= {"nodes": 5}
    yield FILES.get(name, []), given
    if "node_id" in found and found["node_id"].default is None:
        yield [], given | {"node_id": None}
    if "snapshot" in found:
        yield [], given | {"snapshot": True}
    if name == "save_entry":  # a route for each space; only memory takes uploads
        shared = {option: value for option, value in given.items() if option != "upload_id"}
        yield from (([], shared | {"space": space}) for space in ("action", "util"))


def recorded() -> Recorder:
    recorder = Recorder()
    with Client(token="t", transport=httpx.MockTransport(recorder)) as client:  # noqa: S106 - nobody's
        for name, method in inspect.getmembers(client, inspect.ismethod):
            if not name.startswith("_") and name != "close":
                for args, given in arguments(name, method):
                    with suppress(ApiError):
                        made = method(*args, **given)
                        next(made, None)
    return recorder


def test_client_has_every_route_and_all_that_it_takes() -> None:
    seen, all_routes = recorded(), operations()
    assert seen.unknown == []
    reached = set(seen.query)
    assert sorted(all_routes.keys() - reached - LEFT_OUT.keys()) == [], "the client lacks these routes"
    assert sorted(LEFT_OUT.keys() & reached) == sorted(LEFT_OUT.keys() - all_routes.keys()) == []
    for route in sorted(reached):
        operation = all_routes[route]
        lacking = named(operation, "query") - PAGING - PARAMETERS_LEFT_OUT.get(route, {}).keys()
        assert lacking - seen.query[route] == set(), route
        assert seen.query[route] - named(operation, "query") == set(), route
        assert seen.fields[route] == fields_of(operation) or route == "POST /v1/answers/{token}", route
        assert ("Idempotency-Key" in named(operation, "header")) == (route in seen.keys), route
