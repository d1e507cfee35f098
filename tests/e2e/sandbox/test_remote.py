"""The remote runner: the same interface over HTTP, for whoever has the token."""

import secrets
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest

from pgswarm.actions.sandbox.choose import choose
from pgswarm.actions.sandbox.remote import RemoteSandbox
from pgswarm.actions.sandbox.types import File, Limits, SandboxError
from support.running import COMMAND, environment, pgswarm

TOKEN = secrets.token_hex(16)


@pytest.fixture(scope="module")
def runner() -> Iterator[str]:
    """The address of a runner."""
    with subprocess.Popen(
        [*COMMAND, "sandbox", "serve", "--port", "0"],
        env=environment(PGSWARM_SANDBOX_TOKEN=TOKEN),
        stdout=subprocess.PIPE,
        stderr=sys.stderr,
        text=True,
    ) as process:
        assert process.stdout is not None
        address, level = process.stdout.readline().split()
        assert level in {"(bwrap)", "(landlock)"}
        yield address
        process.terminate()
        process.wait(10)


async def test_run_goes_out_and_comes_back_as_at_home(runner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSWARM_SANDBOX_TOKEN", TOKEN)
    sandbox = (await choose(runner)).sandbox
    assert sandbox.described == f"remote runner at {runner.removeprefix('http://')}"
    files = {"a.txt": File(b"\x00\xff"), "folder": None}
    script = "cat; cp a.txt b.bin; chmod +x b.bin; rm a.txt; ln -s /etc l; echo no >&2; exit 3"
    ran = await sandbox.run(["sh", "-c", script], files=files, stdin=b"in", limits=Limits(wall_s=10))
    assert (ran.exit_code, ran.stdout, ran.stderr, list(ran.removed)) == (3, "in", "no\n", ["a.txt"])
    assert (ran.files["b.bin"] or File(b"")).content == b"\x00\xff"
    assert [left.path for left in ran.left_out] == ["l"]
    await sandbox.aclose()


async def test_bounds_hold_there_too(runner: str) -> None:
    sandbox = RemoteSandbox(runner, TOKEN)
    ran = await sandbox.run(["sleep", "20"], files={}, limits=Limits(wall_s=0.3))
    assert ran.reason == "timeout"
    with pytest.raises(SandboxError, match="is no package: give a name"):
        await sandbox.run(["true"], files={}, packages=["--index-url=http://evil"])
    await sandbox.aclose()


async def test_whoever_lacks_the_token_gets_nothing(runner: str) -> None:
    sandbox = RemoteSandbox(runner, "wrong")
    with pytest.raises(SandboxError, match="The token is missing or wrong") as caught:
        await sandbox.run(["true"], files={})
    assert caught.value.code == "unauthorized"
    await sandbox.aclose()
    with pytest.raises(SandboxError, match="set PGSWARM_SANDBOX_TOKEN"):
        RemoteSandbox(runner, "")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"command": []}', b"\xff", b'{"command":["x"],"files":{"../x":null},"stdin":"","limits":{}}']
)
def test_what_is_no_run_is_refused_by_field(runner: str, body: bytes) -> None:
    answer = httpx2.post(f"{runner}/v1/runs", content=body, headers={"authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_request")


async def test_runner_that_is_not_there_is_named() -> None:
    sandbox = RemoteSandbox("http://127.0.0.1:9", TOKEN)
    with pytest.raises(SandboxError, match="cannot be reached") as caught:
        await sandbox.run(["true"], files={})
    assert caught.value.code == "runner_unreachable"
    await sandbox.aclose()


def test_command_wants_a_token_and_says_how_to_make_one() -> None:
    ended = pgswarm("sandbox", "serve", code=2, PGSWARM_SANDBOX_TOKEN=TOKEN[:5])
    assert "PGSWARM_SANDBOX_TOKEN must hold a secret of at least 16 characters" in ended.err
