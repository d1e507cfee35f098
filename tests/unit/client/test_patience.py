"""When a call is repeated, and when it is given up."""

import inspect
import time
from collections.abc import Callable

import httpx2 as httpx
import pytest

from pgswarm.client import ApiError, AsyncClient, Client, Patience, UnreachableError
from pgswarm.client.patience import Attempts
from pgswarm.client.wire import Call, Lost, Reply

ME = {"account_id": "0198f3a5-9999-7000-8000-000000000000", "username": "mina", "role": "user"}
SOON = Patience(in_all_s=5, first_pause_s=0.001, longest_pause_s=0.002)
GET: Call[None] = Call("GET", "/v1/x", lambda _: None)
LOGIN: Call[None] = Call("POST", "/v1/auth/login", lambda _: None, idempotent=False)


def answering(*answers: httpx.Response | type[httpx.RequestError]) -> tuple[Client, list[httpx.Request]]:
    """Return a client whose server gives these answers, and the requests that come."""
    seen: list[httpx.Request] = []
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        answer = left.pop(0)
        if isinstance(answer, httpx.Response):
            return answer
        raise answer("it broke")

    return Client("http://api.test", "sEcReT", patience=SOON, transport=httpx.MockTransport(handle)), seen


def busy(status: int, retry_after: str = "0") -> httpx.Response:
    return httpx.Response(status, headers={"Retry-After": retry_after}, json={"status": status, "detail": "busy"})


def good() -> httpx.Response:
    return httpx.Response(200, json=ME)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_passes_is_waited_for(status: int) -> None:
    client, seen = answering(busy(status), httpx.ReadError, busy(status), good())
    with client:
        assert client.me().username == "mina"
    assert len(seen) == 4
    assert {request.headers["authorization"] for request in seen} == {"Bearer sEcReT"}


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500])
def test_what_does_not_pass_is_raised_at_once(status: int) -> None:
    client, seen = answering(busy(status))
    with client, pytest.raises(ApiError) as refused:
        client.me()
    assert refused.value.status == status
    assert len(seen) == 1


def test_what_only_an_operator_can_mend_is_raised_at_once() -> None:
    document = {"type": "urn:pgswarm:problem:misconfigured", "status": 503, "detail": "rights are lacking"}
    client, seen = answering(httpx.Response(503, json=document))
    with client, pytest.raises(ApiError, match="rights are lacking"):
        client.me()
    assert len(seen) == 1


def test_repeats_of_a_start_carry_one_key_and_one_body() -> None:
    client, seen = answering(httpx.ReadError, busy(503), busy(404))
    with client, pytest.raises(ApiError):
        client.start("a goal")
    assert len({(request.headers["idempotency-key"], request.content) for request in seen}) == 1
    assert len(seen) == 3


def test_starts_have_keys_of_their_own() -> None:
    client, seen = answering(busy(404), busy(404))
    with client:
        for _ in range(2):
            with pytest.raises(ApiError):
                client.start("a goal")
    assert seen[0].headers["idempotency-key"] != seen[1].headers["idempotency-key"]


@pytest.mark.parametrize(("error", "sent"), [(httpx.ConnectError, 2), (httpx.ReadError, 1), (httpx.ReadTimeout, 1)])
def test_login_is_only_repeated_where_it_cannot_have_arrived(error: type[httpx.RequestError], sent: int) -> None:
    client, seen = answering(error, busy(401))
    with client, pytest.raises((ApiError, UnreachableError)):
        client.login("mina", "a long sentence")
    assert len(seen) == sent


def test_longer_wait_than_the_patience_is_not_begun() -> None:
    client, seen = answering(busy(429, "600"))
    since = time.monotonic()
    with client, pytest.raises(ApiError) as refused:
        client.me()
    assert refused.value.retry_after_s == 600
    assert len(seen) == 1
    assert time.monotonic() - since < 3


def test_page_of_a_proxy_is_an_error_all_the_same() -> None:
    client, _ = answering(httpx.Response(403, html="<h1>no</h1>"))
    with client, pytest.raises(ApiError) as refused:
        client.me()
    assert (refused.value.type, refused.value.detail) == ("about:blank", "<h1>no</h1>")


def pauses(came: Reply | Lost, dice: Callable[[], float], count: int = 5) -> list[float]:
    patience = Patience(first_pause_s=1, longest_pause_s=5, in_all_s=1000)
    attempts = Attempts(patience, lambda: 0.0, dice)
    return [attempts.pause(GET, came) for _ in range(count)]


def test_pauses_grow_up_to_a_bound_and_are_drawn() -> None:
    assert pauses(Lost("gone"), lambda: 1.0) == [1, 2, 4, 5, 5]
    assert pauses(Lost("gone"), lambda: 0.5) == [0.5, 1, 2, 2.5, 2.5]
    assert pauses(Reply(503, {"retry-after": "7"}, b""), lambda: 0.0, 2) == [7, 7]


def test_date_as_retry_after_is_read_against_the_servers_clock() -> None:
    date, later = "Sun, 01 Mar 2026 12:00:00 GMT", "Sun, 01 Mar 2026 12:00:09 GMT"
    assert Reply(503, {"retry-after": later, "date": date}, b"").retry_after_s == 9
    assert Reply(503, {"retry-after": "soon"}, b"").retry_after_s is None


def test_patience_ends() -> None:
    now = 0.0
    attempts = Attempts(Patience(in_all_s=10), lambda: now, lambda: 0.0)
    attempts.pause(GET, Lost("gone"))
    now = 10.0
    with pytest.raises(UnreachableError, match="gone, after 2 attempts"):
        attempts.pause(GET, Lost("gone"))
    with pytest.raises(UnreachableError, match="after 1 attempt"):
        Attempts(Patience()).pause(LOGIN, Lost("gone"))
    with pytest.raises(ValueError, match="silence_s"):
        Patience(silence_s=0)


def test_both_clients_have_the_same_methods() -> None:
    def methods(kind: type) -> dict[str, list[inspect.Parameter]]:
        public = {name: found for name, found in inspect.getmembers(kind, callable) if not name.startswith("_")}
        return {name: list(inspect.signature(found).parameters.values()) for name, found in public.items()}

    asks = {"run", "wait"}  # `ask` itself is waited for by one of them
    here, there = methods(Client), methods(AsyncClient)
    assert here.keys() == there.keys()
    assert [name for name in here.keys() - asks if here[name] != there[name]] == []
    assert all([one.name for one in here[name]] == [one.name for one in there[name]] for name in asks)
    assert {"start", "events", "run", "upload", "diff"} <= methods(Client).keys()
