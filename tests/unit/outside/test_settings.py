"""The connections file: what is wrong with it is named, and no secret stands in it."""

from pathlib import Path

import pytest

from pgswarm.actions.outside.settings import ConnectionsError, load, resolved

OAUTH = '[mcp.d]\nurl = "https://d"\noauth = { grant = "client_credentials", '


def read(tmp_path: Path, text: str) -> object:
    file = tmp_path / "connections.toml"
    file.write_text(text)
    return load({"PGSWARM_CONNECTIONS": str(file)})


def test_without_a_file_nothing_is_connected_and_pages_may_be_read() -> None:
    found = load({})
    assert (found.count, found.web.browse, found.web.search) == (0, True, None)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[mcp.desk", "is not TOML"),
        ("[mcp.desk]", "mcp.desk: Value error, needs either command"),
        ('[mcp.desk]\nurl = "ftp://x"', "mcp.desk.url"),
        ('[mcp.desk]\nurl = "https://me:pw@x"', "holds a name or a password"),
        ('[mcp.desk]\nurl = "https://x"\nspeed = 1', "mcp.desk.speed"),
        ('[mcp.Desk]\nurl = "https://x"', "Desk"),
        ('[a2a.travel]\nurl = "https://x"\ntimeout_s = 0', "a2a.travel.timeout_s"),
        ('[a2a.t]\nurl = "https://x"\nheaders = { Authorization = "Bearer abc" }', "a2a.t.headers.Authorization"),
        ('[mcp.d]\ncommand = ["x"]\nenv = { API_KEY = "abc" }', "mcp.d.env.API_KEY holds a secret"),
        ('[web.search]\nurl = "https://x"', "must hold {query}"),
        (OAUTH + 'client_id = "a", client_secret = "abc", issuer = "https://l" }', "oauth.client_secret"),
        (OAUTH + 'client_id = "a", client_secret = "${S}" }', "needs issuer, or token_url"),
        (OAUTH + 'issuer = "https://l" }', "needs client_id and client_secret"),
        (OAUTH + 'client_id = "a", client_secret = "${S}", token_url = "http://l" }', "must begin with https://"),
        ('[mcp.d]\nurl = "http://d.example"\noauth = { grant = "authorization_code" }', "must begin with https://"),
        ('[mcp.d]\ncommand = ["x"]\noauth = { grant = "authorization_code" }', "belongs to a url"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConnectionsError) as error:
        read(tmp_path, text)
    assert told in str(error.value)
    assert "abc" not in str(error.value)


def test_a_reference_is_replaced_and_a_missing_variable_named() -> None:
    values = {"Authorization": "Bearer ${CRM_TOKEN}", "X-Team": "a"}
    made, secrets = resolved(values, "mcp.crm.headers", {"CRM_TOKEN": "s3cret"})
    assert made == {"Authorization": "Bearer s3cret", "X-Team": "a"}
    assert secrets == {"s3cret"}
    with pytest.raises(ConnectionsError, match=r"crm\.headers\.Authorization names .* CRM_TOKEN, which is not set"):
        resolved(values, "mcp.crm.headers", {})
