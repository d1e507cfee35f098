"""The calls of the API, one function each, shared by both clients. Pure.

Rule: a call that makes something carries an idempotency key, made here once, so that every repeat is the same request.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypedDict, TypeVar
from uuid import UUID, uuid4

from pydantic import create_model

from pgswarm.client.models import (
    AccessToken,
    Account,
    Diff,
    Event,
    Message,
    Node,
    Question,
    Started,
    Steered,
    Swarm,
    Upload,
)
from pgswarm.client.wire import Call, Listing, Page, Params, encode, reader

T = TypeVar("T")

Id = UUID | str
File = Path | str | tuple[str, bytes]
"""A file to send: its path, or its name and content."""
PAGE: Final = "200"
MOST_EVENTS: Final = "1000"


class StartOptions(TypedDict, total=False):
    """What can be said of a swarm beside its goal; the API's documentation has what each is."""

    action: str
    args: Mapping[str, Any]
    budget: Mapping[str, float]
    priority: int
    share: float
    approve: str
    model: str
    blueprint: Id
    conversation_id: Id
    files: Sequence[Id]


def _id(name: str, value: Id) -> str:
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise ValueError(f"{name} is {value!r}: give the id, a UUID") from None


def _nothing(_: bytes) -> None:
    return None


def _swarm(swarm_id: Id, rest: str = "") -> str:
    return f"/v1/swarms/{_id('swarm_id', swarm_id)}{rest}"


def _node(swarm_id: Id, node_id: Id, rest: str = "") -> str:
    return _swarm(swarm_id, f"/nodes/{_id('node_id', node_id)}{rest}")


def _make(path: str, kind: type[T], body: Any, key: str | None) -> Call[T]:
    return Call("POST", path, reader(kind), body=encode(body), key=key or str(uuid4()))


def _said(**params: Any) -> Params:
    return {name: str(value) for name, value in params.items() if value is not None}


def _list(path: str, kind: type[T], params: Params) -> Listing[T]:
    page = create_model("Listed", items=(list[kind], ...), next_cursor=(str | None, None))  # type: ignore[valid-type]  # a type made at run time
    read_page = reader(page)

    def read(content: bytes) -> Page[T]:
        found: Any = read_page(content)
        return Page(found.items, found.next_cursor)

    def call(after: str | None) -> Call[Page[T]]:
        return Call("GET", path, read, {"limit": PAGE, **params, **({} if after is None else {"cursor": after})})

    return call


def signup(username: str, password: str) -> Call[Account]:
    """Make an account. Not repeated once it was sent: the second time the name would be taken."""
    body = encode({"username": username, "password": password})
    return Call("POST", "/v1/auth/signup", reader(Account), body=body, idempotent=False)


def login(username: str, password: str) -> Call[AccessToken]:
    """Get a token. Not repeated once it was sent: failures are counted."""
    body = encode({"username": username, "password": password})
    return Call("POST", "/v1/auth/login", reader(AccessToken), body=body, idempotent=False)


def logout() -> Call[None]:
    """End the token. Not repeated once it was sent: the token may have ended."""
    return Call("POST", "/v1/auth/logout", _nothing, idempotent=False)


def me() -> Call[Account]:
    """Ask who calls."""
    return Call("GET", "/v1/auth/me", reader(Account))


def start(goal: str, options: StartOptions, key: str | None) -> Call[Started]:
    """Start a swarm."""
    return _make("/v1/swarms", Started, {"goal": goal, **options}, key)


def swarm(swarm_id: Id) -> Call[Swarm]:
    """Open a swarm."""
    return Call("GET", _swarm(swarm_id), reader(Swarm))


def swarms(status: str | None, conversation_id: Id | None) -> Listing[Swarm]:
    """List swarms."""
    return _list("/v1/swarms", Swarm, _said(status=status, conversation_id=conversation_id))


def node(swarm_id: Id, node_id: Id) -> Call[Node]:
    """Open a node."""
    return Call("GET", _node(swarm_id, node_id), reader(Node))


def nodes(
    swarm_id: Id, status: str | None, action: str | None, under: Id | None, parent_id: Id | None
) -> Listing[Node]:
    """List nodes."""
    return _list(
        _swarm(swarm_id, "/nodes"), Node, _said(status=status, action=action, under=under, parent_id=parent_id)
    )


def state(swarm_id: Id, at_seq: int | None, at: datetime | None) -> Listing[Node]:
    """List nodes as they were."""
    when = None if at is None else at.isoformat()
    return _list(_swarm(swarm_id, "/state"), Node, _said(at_seq=at_seq, at=when))


def history(swarm_id: Id, after_seq: int) -> Listing[Event]:
    """List events, up to the newest that there is when the first page is read."""
    path = _swarm(swarm_id, "/history")
    page = create_model("History", items=(list[Event], ...), last_seq=(int, ...))
    read_page = reader(page)
    newest: int | None = None

    def read(content: bytes) -> Page[Event]:
        nonlocal newest
        found: Any = read_page(content)
        newest = found.last_seq if newest is None else newest
        items = [event for event in found.items if event.seq <= newest]
        return Page(items, str(items[-1].seq) if items and items[-1].seq < newest else None)

    def call(after: str | None) -> Call[Page[Event]]:
        return Call("GET", path, read, {"limit": MOST_EVENTS, "after_seq": after or str(after_seq)})

    return call


def steer(swarm_id: Id, verb: str) -> Call[Steered]:
    """Pause a swarm, go on with it, or end it."""
    return Call("POST", _swarm(swarm_id, f"/{verb}"), reader(Steered))


def raise_budget(swarm_id: Id, budget: Mapping[str, float]) -> Call[None]:
    """Set limits anew and go on."""
    return Call("POST", _swarm(swarm_id, "/budget"), _nothing, body=encode({"budget": budget, "resume": True}))


def cancel_node(swarm_id: Id, node_id: Id) -> Call[None]:
    """End a node and all below it."""
    return Call("POST", _node(swarm_id, node_id, "/cancel"), _nothing)


def fork(swarm_id: Id, at_seq: int, key: str | None) -> Call[Started]:
    """Fork a swarm."""
    return _make(_swarm(swarm_id, "/fork"), Started, {"at_seq": at_seq}, key)


def copy(swarm_id: Id, key: str | None) -> Call[Started]:
    """Copy a swarm."""
    return Call("POST", _swarm(swarm_id, "/copy"), reader(Started), key=key or str(uuid4()))


def diff(swarm_id: Id, other_id: Id, limit: int) -> Call[Diff]:
    """Compare two swarms."""
    return Call(
        "GET", _swarm(swarm_id, "/diff"), reader(Diff), {"with": _id("other_id", other_id), "limit": str(limit)}
    )


def question(question_id: Id) -> Call[Question]:
    """Open a question."""
    return Call("GET", f"/v1/questions/{_id('question_id', question_id)}", reader(Question))


def questions(swarm_id: Id | None, conversation_id: Id | None, *, only_open: bool) -> Listing[Question]:
    """List questions."""
    wanted = _said(swarm_id=swarm_id, conversation_id=conversation_id, open="true" if only_open else None)
    return _list("/v1/questions", Question, wanted)


def answer(question_id: Id, value: Any, files: Sequence[Id]) -> Call[Question]:
    """Answer a question. The API takes the same answer of the same account again for the first."""
    read_answered = reader(create_model("Answered", question=(Question, ...)))

    def read(content: bytes) -> Question:
        found: Any = read_answered(content)
        given: Question = found.question
        return given

    path = f"/v1/questions/{_id('question_id', question_id)}/answer"
    return Call("POST", path, read, body=encode({"answer": value, "files": list(files)}))


def messages(swarm_id: Id, node_id: Id | None) -> Listing[Message]:
    """List messages."""
    path = _swarm(swarm_id, "/messages") if node_id is None else _node(swarm_id, node_id, "/messages")
    return _list(path, Message, {})


def write(swarm_id: Id, content: str, node_id: Id | None, files: Sequence[Id], key: str | None) -> Call[Message]:
    """Write to a swarm or a node."""
    path = _swarm(swarm_id, "/messages") if node_id is None else _node(swarm_id, node_id, "/messages")
    return _make(path, Message, {"content": content, "files": list(files)}, key)


def upload(files: Sequence[File], key: str | None) -> Call[list[Upload]]:
    """Send files, which are read here."""
    if not files:
        raise ValueError("files is empty: name at least one")
    read_uploaded = reader(create_model("Uploaded", items=(list[Upload], ...)))

    def read(content: bytes) -> list[Upload]:
        found: Any = read_uploaded(content)
        sent: list[Upload] = found.items
        return sent

    contents = [file if isinstance(file, tuple) else (Path(file).name, Path(file).read_bytes()) for file in files]
    return Call("POST", "/v1/uploads", read, files=contents, key=key or str(uuid4()))
