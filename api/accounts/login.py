"""Checking a password: throttled by username and address, in the database, for all API processes together.

Rule: nothing that is answered, and no time that it takes, tells whether a username is known.
"""

import ipaddress
import math
import unicodedata
from typing import Final

from psycopg.rows import DictRow
from starlette.requests import HTTPConnection

from pgswarm.api.accounts import queries
from pgswarm.api.accounts.passwords import Passwords
from pgswarm.api.database import Database
from pgswarm.api.problems import Problem

IPV6_NETWORK: Final = 64
"""One subscriber's prefix: who has it has all of its addresses."""


async def check_password(
    database: Database, passwords: Passwords, *, username: str, password: str, address: str
) -> DictRow:
    """Return the account whose password this is; raise 401 where it is none's, 429 after too many tries."""
    username = normal_username(username)
    async with passwords.turn():  # one after the other: of many tries at once, those behind see that they are refused
        async with database.as_system() as conn:
            wait_s = await queries.wait_s(conn, username, address)
            found = await queries.credentials(conn, username)
        if wait_s > 0:
            raise too_many(wait_s)
        usable = found if found is not None and not found["disabled"] else None
        fits = await passwords.fits(usable["password_hash"] if usable else None, password)
        async with database.as_system() as conn:
            await (queries.succeeded if fits else queries.failed)(conn, username, address)
    if usable is None or not fits:
        raise Problem(401, "wrong-credentials", "The login failed", "the username or the password is wrong")
    return usable


def normal_username(username: str) -> str:
    """Return the same characters however the keyboard composed them."""
    return unicodedata.normalize("NFC", username)


def address_of(connection: HTTPConnection) -> str:
    """Return from where a request comes, as far as failures are counted: an IPv6 address by its network."""
    host = connection.client.host if connection.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, IPV6_NETWORK), strict=False))
        address = address.ipv4_mapped
    return str(address)


def too_many(wait_s: float) -> Problem:
    """Return the answer to a login that is refused for now."""
    seconds = max(1, math.ceil(wait_s))
    return Problem(
        429,
        "too-many-logins",
        detail=f"too many failed logins: the next is taken in {seconds} s",
        remedy="wait, and see that the password is right",
        headers={"Retry-After": str(seconds)},
    )
