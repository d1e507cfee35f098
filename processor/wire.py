"""PostgreSQL's binary format for the parameters and rows of the hot path.

One rule: on the way between the database and the act nothing is decoded that nobody looks at. Ids stay 16 bytes, jsonb
stays its text, and arrays are built in one pass, where psycopg would make an object for each element.
Format: PostgreSQL documentation, "COPY, Binary Format", and array_send() in src/backend/utils/adt/arrayfuncs.c.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import ClassVar, Final

from psycopg import AsyncConnection
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader
from psycopg.pq import Format

_HEADER: Final = struct.Struct("!iiIii")  # dimensions, has nulls, element type, size, lower bound
_EMPTY: Final = struct.Struct("!iiI")
_LENGTH: Final = struct.Struct("!i").pack
_NULL: Final = _LENGTH(-1)

_UUID, _UUIDS = 2950, 2951
_TEXT, _TEXTS = 25, 1009
_JSONB, _JSONBS = 3802, 3807
_INT2, _INT2S = 21, 1005
_INT4, _INT4S = 23, 1007
_INT8, _INT8S = 20, 1016
_FLOAT8, _FLOAT8S = 701, 1022


class Array(bytes):
    """A whole array in binary; the class says of which type."""

    element: ClassVar[int]
    array: ClassVar[int]


class Uuids(Array):
    """uuid[] of 16-byte ids."""

    element, array = _UUID, _UUIDS


class Texts(Array):
    """text[] of UTF-8 bytes."""

    element, array = _TEXT, _TEXTS


class Jsons(Array):
    """jsonb[] of JSON text in UTF-8 bytes."""

    element, array = _JSONB, _JSONBS


class Shorts(Array):
    """smallint[]."""

    element, array = _INT2, _INT2S


class Ints(Array):
    """integer[]."""

    element, array = _INT4, _INT4S


class Longs(Array):
    """bigint[]."""

    element, array = _INT8, _INT8S


class Floats(Array):
    """double precision[]."""

    element, array = _FLOAT8, _FLOAT8S


def uuids(items: Sequence[bytes | None]) -> Uuids:
    """Encode 16-byte ids."""
    return Uuids(_array(_UUID, items, b"\0\0\0\x10", len(items)))


def texts(items: Sequence[bytes | None]) -> Texts:
    """Encode UTF-8 texts."""
    return Texts(_variable(_TEXT, items, b"", 0))


def jsons(items: Sequence[bytes | None]) -> Jsons:
    """Encode JSON texts; the leading byte is jsonb's version, 1."""
    return Jsons(_variable(_JSONB, items, b"\x01", 1))


def shorts(items: Sequence[int | None]) -> Shorts:
    """Encode 2-byte integers."""
    pack = struct.Struct("!h").pack
    return Shorts(_array(_INT2, [None if item is None else pack(item) for item in items], b"\0\0\0\x02", len(items)))


def ints(items: Sequence[int]) -> Ints:
    """Encode 4-byte integers."""
    return Ints(_fixed(_INT4, items, "4i", 4))


def longs(items: Sequence[int]) -> Longs:
    """Encode 8-byte integers."""
    return Longs(_fixed(_INT8, items, "8q", 8))


def floats(items: Sequence[float | None]) -> Floats:
    """Encode double-precision numbers."""
    pack = struct.Struct("!d").pack
    return Floats(_array(_FLOAT8, [None if item is None else pack(item) for item in items], b"\0\0\0\x08", len(items)))


def _array(element: int, items: Iterable[bytes | None], length: bytes, count: int) -> bytes:
    if count == 0:
        return _EMPTY.pack(0, 0, element)
    parts = [_NULL if item is None else length + item for item in items]
    return _HEADER.pack(1, 1, element, count, 1) + b"".join(parts)


def _variable(element: int, items: Sequence[bytes | None], prefix: bytes, extra: int) -> bytes:
    if not items:
        return _EMPTY.pack(0, 0, element)
    parts = [_NULL if item is None else _LENGTH(len(item) + extra) + prefix + item for item in items]
    return _HEADER.pack(1, 1, element, len(items), 1) + b"".join(parts)


def _fixed(element: int, items: Sequence[int], code: str, width: int) -> bytes:
    if not items:
        return _EMPTY.pack(0, 0, element)
    flat = [value for item in items for value in (width, item)]
    body = struct.pack("!" + f"i{code[-1]}" * len(items), *flat)
    return _HEADER.pack(1, 0, element, len(items), 1) + body


class ArrayDumper(Dumper):
    """Sends an array as it is."""

    format = Format.BINARY

    def dump(self, obj: Array) -> Buffer:
        """Return the bytes themselves."""
        return obj


class _RawUuid(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data)


class _RawJson(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> bytes:
        return bytes(data[1:])


def teach(connection: AsyncConnection[tuple[object, ...]]) -> None:
    """Teach a connection the raw forms; only the hot path's connection wants them."""
    for kind in Array.__subclasses__():
        dumper = type(f"_{kind.__name__}Dumper", (ArrayDumper,), {"oid": kind.array})
        connection.adapters.register_dumper(kind, dumper)
    connection.adapters.register_loader("uuid", _RawUuid)
    connection.adapters.register_loader("jsonb", _RawJson)
