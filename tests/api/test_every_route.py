"""What must hold for every operation in the OpenAPI document, whoever wrote it: each is called in every wrong way."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from support.api import Api, problem
from support.database import Database
from support.walk import DOCUMENT, METHODS, OPERATIONS, Operation, ids_of

PUBLIC = {
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "POST /v1/auth/signup",
    "POST /v1/auth/login",
    "GET /v1/answers/{token}",
    "POST /v1/answers/{token}",
}
"""What anybody may call. Everything else needs a token."""

COUNT = "select count(*) from pgswarm.{}"

every = pytest.mark.parametrize("operation", OPERATIONS, ids=str)
secured = pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.secured], ids=str)


@pytest.fixture
async def api(module_db: Database) -> AsyncIterator[Api]:
    """The application on the module's database, with accounts of the test's own."""
    found = Api(module_db)
    for name in ("anna", "ben"):
        found.__dict__[name] = found.account(f"{name}-{secrets.token_hex(6)}")
    async with found.running() as running:
        yield running


def test_only_what_is_meant_for_everybody_needs_no_token() -> None:
    assert {str(operation) for operation in OPERATIONS if not operation.secured} == PUBLIC


@secured
async def test_without_a_valid_token_nothing_is_given(api: Api, operation: Operation) -> None:
    ids = ids_of(api, api.anna)
    expired = replace(api.anna, token=api.token(api.anna.account_id, expires_in_s=-1))
    revoked = replace(api.anna, token=api.token(api.anna.account_id, revoked=True))
    unknown = replace(api.anna, token="x" * 40)
    for account in (None, expired, revoked, unknown):
        refused = await operation.call(api.client(account), ids)
        problem(refused, 401, "unauthenticated", "Authorization")
        assert refused.headers["www-authenticate"].startswith("Bearer")
    basic = await operation.call(api.client(headers={"Authorization": "Basic YW5uYTp4"}), ids)
    problem(basic, 401)
    api.db.run("update pgswarm.account set disabled = true where account_id = %(a)s", a=api.anna.account_id)
    problem(await operation.call(api.client(api.anna), ids), 401)


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.secured and o.ids()], ids=str)
async def test_what_is_anothers_is_answered_like_what_is_unknown(api: Api, operation: Operation) -> None:
    ids, ben = ids_of(api, api.anna), api.client(api.ben)
    before = _rows(api)
    answer = await operation.call(ben, ids)
    assert answer.status_code in {404, 403}  # 403: for administrators only, whatever the id
    others = problem(answer, answer.status_code)
    assert _rows(api) == before
    for name in operation.ids():
        unknown = {**ids, name: "0198f3a5-0000-7000-8000-000000000000"}
        other = problem(await operation.call(ben, unknown), answer.status_code)
        assert (other["type"], other["title"]) == (others["type"], others["title"])
    if not operation.streams:
        mine = await operation.call(api.client(api.anna), ids)
        assert mine.status_code != 404, mine.text


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if {"swarm_id"} < set(o.ids())], ids=str)
async def test_a_part_of_one_swarm_is_not_found_in_another(api: Api, operation: Operation) -> None:
    ids, other = ids_of(api, api.anna), ids_of(api, api.anna)
    mixed = {**ids, "swarm_id": other["swarm_id"]}
    problem(await operation.call(api.client(api.anna), mixed), 404)


@every
async def test_other_methods_are_refused_and_the_right_ones_named(api: Api, operation: Operation) -> None:
    ids = ids_of(api, api.anna)
    taken = {method.upper() for method in DOCUMENT["paths"][operation.path] if method in METHODS}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - taken:
        refused = await operation.call(api.client(api.anna), ids, method=method)
        problem(refused, 405, "method-not-allowed")
        assert set(refused.headers["allow"].split(", ")) == taken


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.takes_json], ids=str)
async def test_a_body_that_cannot_be_read_is_refused(api: Api, operation: Operation) -> None:
    ids = ids_of(api, api.anna)
    client = api.client(api.anna)
    bodies: dict[bytes, tuple[int, ...]] = {
        b'{"goal": ': (400,),
        b"\xff\xfe{}": (400,),
        b'{"a": NaN}': (422,),
        b"[1, 2]": (422,),
        b'"text"': (422,),
        b"": (422, 200, 201),  # a body that may be left out
        b'{"there_is_no_such_field": 1}': (422,),
        b'{"goal": "a\\u0000b", "answer": "a\\u0000b", "content": "a\\u0000b"}': (422,),
        b"[" * 10_000 + b"]" * 10_000: (422,),
    }
    for body, statuses in bodies.items():
        refused = await operation.call(client, ids, body=body)
        assert refused.status_code in statuses, (body[:40], refused.text)
        if refused.status_code >= 400:
            assert problem(refused, refused.status_code)["field"]
        assert refused.status_code in operation.statuses


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.takes_json], ids=str)
async def test_text_that_cannot_be_kept_is_refused_by_its_field(api: Api, operation: Operation) -> None:
    ids = ids_of(api, api.anna)
    client = api.client(api.anna)
    before = _rows(api)
    for name in operation.fields():
        for value in (r'"a\u0000b"', r'"a\ud800b"', r'{"a": ["\u0000"]}', r'{"\udfff": 1}', "1e999", "Infinity"):
            refused = await operation.call(client, ids, body=f'{{"{name}": {value}}}'.encode())
            named = problem(refused, 422)["field"]
            assert named == "body" if value[0] in "1I" else named.startswith(name), (value, named)
        deep = b'{"%s": %s}' % (name.encode(), b"[" * 5_000 + b"]" * 5_000)
        problem(await operation.call(client, ids, body=deep), 422, "too-deep", "body")
    assert _rows(api) == before


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.takes_files], ids=str)
async def test_a_form_that_cannot_be_read_is_refused(api: Api, operation: Operation) -> None:
    ids = ids_of(api, api.anna)
    form = "multipart/form-data; boundary=x"
    part = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\nsome text\r\n--x--\r\n'
    cases: list[tuple[str, bytes]] = [
        (form, b""),
        (form, b"no form at all"),
        (form, b"--x\r\nnothing"),
        (form, part % (b"other", b"a.txt")),
        (form, part % (b"file", b"a\0b.txt")),
        (form, part % (b"file", b"..")),
        (form, part % (b"file", b"")),
        (form, part.replace(b"some text", b"") % (b"file", b"a.txt")),
        ("multipart/form-data", part % (b"file", b"a.txt")),
        ("application/json", b'{"file": "x"}'),
        ("application/x-www-form-urlencoded", b"file=x"),
        ("text/plain", b"x"),
    ]
    before = _rows(api)
    for kind, body in cases:
        client = api.client(api.anna, {"Content-Type": kind})
        path = operation.path.format(**ids)
        refused = await client.request(operation.method, path, content=body)
        assert refused.status_code in operation.statuses & {400, 415, 422}, (kind, body, refused.text)
        assert problem(refused, refused.status_code)["field"], (kind, body)
    assert _rows(api) == before


@every
async def test_a_body_that_is_too_large_is_refused_everywhere(module_db: Database, operation: Operation) -> None:
    api = Api(module_db, max_body_bytes=1_000, max_upload_bytes=2_000)
    ids: dict[str, Any] = dict.fromkeys(operation.parameters("path"), "0198f3a5-0000-7000-8000-000000000000")
    client = api.client()
    for kind, size in (("application/json", 1_001), ("multipart/form-data; boundary=x", 2_001), ("", 1_001)):
        for content in (b"x" * size, _pieces(size)):
            path = operation.path.format(**{**ids, "space": "memory"})
            refused = await client.request(operation.method, path, content=content, headers={"Content-Type": kind})
            if kind.startswith("multipart") and not isinstance(content, bytes) and refused.status_code != 413:
                assert refused.status_code in operation.statuses  # nobody has read so far
            else:
                problem(refused, 413, "too-large", "body")
                assert 413 in operation.statuses


async def _pieces(size: int) -> AsyncIterator[bytes]:
    for _ in range(size):
        yield b"x"


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.ids()], ids=str)
async def test_an_id_of_the_wrong_form_is_refused_by_its_name(api: Api, operation: Operation) -> None:
    ids = ids_of(api, api.anna)
    for name in operation.ids():
        refused = await operation.call(api.client(api.anna), {**ids, name: "me"})
        problem(refused, 422, "invalid-input", name)


@every
def test_every_operation_says_what_it_does_and_what_can_go_wrong(operation: Operation) -> None:
    assert operation.said["summary"]
    assert operation.said["description"]
    assert 503 in operation.statuses or operation.path == "/healthz"
    assert not operation.secured or 401 in operation.statuses
    assert not operation.ids() or {404, 422} <= operation.statuses
    for status, said in operation.said["responses"].items():
        if int(status) >= 400:
            assert list(said["content"]) == ["application/problem+json"], f"{operation} {status}"


def _rows(api: Api) -> dict[str, Any]:
    """Return how many rows the tables of people's things have."""
    tables = (
        "swarm",
        "node",
        "event",
        "question",
        "message",
        "space_entry",
        "conversation",
        "upload",
        "api_token",
        "blueprint",
    )
    return {table: api.db.row(COUNT.format(table)) for table in tables}
