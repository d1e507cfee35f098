"""`pgswarm outside`: a sign-in in a real process with a real browser's way, what is kept of it, and what is refused."""

import json
import threading
from pathlib import Path

import httpx2 as httpx
import pytest

from pgswarm.actions.outside.oauth.sealing import KEY, new_key
from support.command import DEADLINE_S, ME
from support.connections.guarded import Guard
from support.connections.serving import listening
from support.database import Database
from support.typed import Said, pgswarm


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "connections.toml"


def test_a_person_signs_in_sees_it_and_has_it_forgotten(db: Database, file: Path) -> None:
    guard, environment = Guard(), {"PGSWARM_DATABASE_URL": db.url, "PGSWARM_CONNECTIONS": str(file), KEY: new_key()}
    with listening(guard.app) as address:
        file.write_text(f'[mcp.vault]\nurl = "{address}/mcp"\noauth = {{ grant = "authorization_code" }}\n')

        def say(*words: str) -> Said:
            return pgswarm("outside", *words, **environment)

        assert [row["signed_in"] for row in say("list", "--json").lines[0]] == [False]
        with ME.start("outside", "login", "vault", "--json", **environment) as process:
            killer = threading.Timer(DEADLINE_S, process.kill)
            killer.start()
            assert process.stderr is not None
            shown = next(line.strip() for line in process.stderr if "/authorize?" in line)
            back = httpx.URL(shown).params["redirect_uri"]
            others = (back.replace("/callback", "/other"), f"{back}?code=x&state=y", f"{back}?error=access_denied")
            assert [httpx.get(other).status_code for other in others] == [404, 400, 400]
            page = httpx.get(shown, follow_redirects=True)
            out, _ = process.communicate(timeout=DEADLINE_S)
            killer.cancel()
        assert "close this window" in page.text
        told = json.loads(out)
        assert (told["connection"], told["renewable"], told["tools"]) == ("mcp.vault", True, 1)
        assert [row["signed_in"] for row in say("list", "--json").lines[0]] == [True]
        assert "Forgotten." in say("forget", "vault").out
        assert "Nothing was kept." in say("forget", "vault").out


def test_what_cannot_be_signed_in_is_named(db: Database, file: Path) -> None:
    file.write_text('[mcp.plain]\nurl = "https://x.example"\n[mcp.vault]\nurl = "http://127.0.0.1:1/mcp"\n'
                    'oauth = { grant = "authorization_code" }\n')  # fmt: skip
    environment = {"PGSWARM_DATABASE_URL": db.url, "PGSWARM_CONNECTIONS": str(file), KEY: ""}
    for words, told, code in (
        (("login", "other"), "there is no [mcp.other]", 2),
        (("login", "plain"), "mcp.plain has no sign-in", 2),
        (("login", "vault"), f"{KEY} is not set", 2),
    ):
        error = pgswarm("outside", *words, **environment).error
        assert error is not None
        assert told in error.message
        assert error.code == code
    error = pgswarm("outside", "login", "vault", **environment | {KEY: new_key()}).error
    assert error is not None
    assert (error.code, "mcp.vault cannot be reached" in error.message) == (4, True)
    assert len(pgswarm("outside", "key").out.strip()) >= 32
