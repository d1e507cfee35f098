"""What calls are made of: addresses, bodies, pages."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID, uuid4

from pydantic import create_model

from pgswarm.client.wire import Call, Listing, Page, Params, encode, reader

T = TypeVar("T")

Id = UUID | str
File = Path | str | tuple[str, bytes]
"""A file to send: its path, or its name and content."""
PAGE: Final = "200"


def ident(name: str, value: Id) -> str:
    """Return an id as it stands in an address; raise `ValueError` where it is none."""
    try:
        return str(UUID(str(value)))
    except ValueError:
        raise ValueError(f"{name} is {value!r}: give the id, a UUID") from None


def of_swarm(swarm_id: Id, rest: str = "") -> str:
    """Return the path of a swarm, or one below it."""
    return f"/v1/swarms/{ident('swarm_id', swarm_id)}{rest}"


def of_node(swarm_id: Id, node_id: Id, rest: str = "") -> str:
    """Return the path of a node, or one below it."""
    return of_swarm(swarm_id, f"/nodes/{ident('node_id', node_id)}{rest}")


def make(path: str, kind: type[T], body: Any, key: str | None) -> Call[T]:
    """Return a call that makes something: sent twice it makes it once."""
    return Call("POST", path, reader(kind), body=encode(body), key=key or str(uuid4()))


def said(**params: Any) -> Params:
    """Return those parameters that were given."""
    return {name: str(value) for name, value in params.items() if value is not None}


def nothing(_: bytes) -> None:
    """Read an answer that says nothing."""
    return


def whole(content: bytes) -> bytes:
    """Read an answer that is a file."""
    return content


def inner(name: str, kind: Any) -> Callable[[bytes], Any]:
    """Return what reads an answer of which only one field is wanted."""
    read_all = reader(create_model("Outer", **{name: (kind, ...)}))  # type: ignore[call-overload]  # a field named at run time

    def read(content: bytes) -> Any:
        return getattr(read_all(content), name)

    return read


def listing(path: str, kind: type[T], params: Params) -> Listing[T]:
    """Return the calls for the pages of a list."""
    page = create_model("Listed", items=(list[kind], ...), next_cursor=(str | None, None))  # type: ignore[valid-type]  # a type made at run time
    read_page = reader(page)

    def read(content: bytes) -> Page[T]:
        found: Any = read_page(content)
        return Page(found.items, found.next_cursor)

    def call(after: str | None) -> Call[Page[T]]:
        return Call("GET", path, read, {"limit": PAGE, **params, **({} if after is None else {"cursor": after})})

    return call
