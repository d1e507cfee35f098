"""`pgswarm api` and the API of `pgswarm up`, as processes."""

import json
import os
import signal
import socket
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psutil

from support.command import ME
from support.database import Database
from support.running import started
from support.serving import serving
from support.wait import wait_until

WITHIN_S = 60.0


def _serving_children(pid: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(pid).children() if "pgswarm.cli.workers.serve" in child.cmdline()]


def test_the_api_serves_until_it_is_told_to_end_and_ends_in_order(db: Database) -> None:
    with serving(db.url) as found:
        assert httpx.get(f"{found.url}/healthz").json()["status"] == "ok"
        found.process.send_signal(signal.SIGINT)
        found.process.communicate(timeout=WITHIN_S)
        assert found.process.returncode == 0


def test_it_can_be_ended_in_order_as_soon_as_it_has_said_its_address(db: Database) -> None:
    with ME.start("api", "--port", "0", PGSWARM_DATABASE_URL=db.url) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://")
        process.terminate()
        _, err = process.communicate(timeout=WITHIN_S)
        assert (process.returncode, err) == (0, "")


def test_settings_come_from_the_environment_and_the_command_line(db: Database) -> None:
    with serving(db.url, "--closed-signup", PGSWARM_MAX_BODY_BYTES="1000") as found:
        someone = {"username": "anna", "password": "correct horse battery"}
        assert httpx.post(f"{found.url}/v1/auth/signup", json=someone).status_code == 403
        assert httpx.post(f"{found.url}/v1/auth/login", json={"username": "x" * 2000}).status_code == 413


def test_a_wrong_setting_and_a_taken_port_are_told_in_a_sentence(db: Database) -> None:
    said = ME.pgswarm("api", code=2, PGSWARM_DATABASE_URL=db.url, PGSWARM_POOL_SIZE="many")
    assert "PGSWARM_POOL_SIZE" in said
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for command in ("api", "up"):
            said = ME.pgswarm(command, "--port", port, code=2, PGSWARM_DATABASE_URL=db.url)
            assert f"cannot listen on 127.0.0.1:{port}: address already in use" in said


def test_up_serves_to_who_runs_it_and_replaces_an_api_that_dies_at_the_same_address(
    db: Database, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    ownerless = "select pgswarm.start_swarm(goal => 'try it', action => 'bench/noop')"
    with started("up", "--json", "--port", "0", PGSWARM_DATABASE_URL=db.url, PGSWARM_HOME=str(home)) as up:
        assert up.stdout is not None
        told: dict[str, Any] = json.loads(up.stdout.readline())
        swarm_id = str(db.value(ownerless))
        token_file = Path(told["api_token_file"])
        assert token_file.parent == home
        assert token_file.stat().st_mode & 0o777 == 0o600
        headers = {"Authorization": f"Bearer {token_file.read_text()}"}
        with httpx.Client(base_url=told["api"], headers=headers, timeout=WITHIN_S) as client:
            assert client.get("/v1/auth/me").json()["username"] == "local"
            wait_until(lambda: client.get(f"/v1/swarms/{swarm_id}").json()["outcome"] == "succeeded", "it ends")
            (child,) = _serving_children(up.pid)
            child.kill()
            wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the API is dead")
        again = httpx.get(f"{told['api']}/v1/swarms/{swarm_id}", headers=headers, timeout=WITHIN_S)
        assert again.status_code == 200
        (other,) = wait_until(lambda: _serving_children(up.pid), "another API")
        assert other.pid != child.pid
        up.terminate()
        _, err = up.communicate(timeout=WITHIN_S)
    assert up.returncode == 0, err
    assert "API" in err
    assert not other.is_running()


def test_an_api_whose_command_is_killed_ends_too(db: Database, tmp_path: Path) -> None:
    with started("up", "--json", "--port", "0", PGSWARM_DATABASE_URL=db.url, PGSWARM_HOME=str(tmp_path)) as up:
        assert up.stdout is not None
        json.loads(up.stdout.readline())
        (child,) = wait_until(lambda: _serving_children(up.pid), "the API")
        os.kill(up.pid, signal.SIGKILL)
        up.wait()
    wait_until(lambda: not child.is_running(), "the API has ended")
