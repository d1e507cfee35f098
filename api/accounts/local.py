"""The local account: who uses `pgswarm up` on their own machine need not sign up.

Rule: only for an API that listens on loopback. The account is an admin's, so that it sees what was started in SQL or by
`pgswarm run`, which nobody owns. It has no password: its tokens are all that opens it.
"""

import hashlib
import ipaddress
import secrets
from typing import Final

import psycopg

USERNAME: Final = "local"
LABEL: Final = "pgswarm up"
LIFETIME_S: Final = 30 * 86_400.0
_FIND: Final = "select account_id, role, disabled from pgswarm.account where username_key = lower(%s)"
_CREATE: Final = "select pgswarm.create_account(username => %s, role => 'admin')"
_END_OLDER: Final = """
select pgswarm.revoke_token(token_id => t.token_id) from pgswarm.api_token t
 where t.account_id = %s and t.label = %s and t.revoked_at is null
"""
_ISSUE: Final = """
select pgswarm.issue_token(account_id => %s, token_hash => %s, lifetime_s => %s, label => %s)
"""


def is_loopback(host: str) -> bool:
    """Say whether nobody but this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def ensure_local_account(database_url: str) -> str | None:
    """Return a new token of the local account, which is made where it is missing; the one before holds no more.

    None where somebody else has taken its name, or an operator disabled it: nobody is let in by the back door. The URL
    is an operator's, not that of the API's role.
    """
    with psycopg.connect(database_url, autocommit=True, connect_timeout=10) as connection:
        connection.execute("select pg_advisory_lock(hashtext('pgswarm local account'))")  # two `up`s at once
        row = connection.execute(_FIND, [USERNAME]).fetchone()
        if row is None:
            connection.execute(_CREATE, [USERNAME])
            row = connection.execute(_FIND, [USERNAME]).fetchone()
        if row is None or row[1] != "admin" or row[2]:
            return None
        token = secrets.token_urlsafe(32)
        with connection.transaction():
            connection.execute(_END_OLDER, [row[0], LABEL])
            connection.execute(_ISSUE, [row[0], hashlib.sha256(token.encode()).digest(), LIFETIME_S, LABEL])
        return token
