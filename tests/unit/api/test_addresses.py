"""From where a login comes, as far as failures are counted."""

import pytest
from starlette.requests import HTTPConnection

from pgswarm.api.accounts.login import address_of


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
        (None, ""),
    ],
)
def test_address_is_counted_by_who_has_it(host: str | None, counted: str) -> None:
    client = None if host is None else (host, 4711)
    assert address_of(HTTPConnection({"type": "http", "client": client, "headers": []})) == counted
