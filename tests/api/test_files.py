"""The files of a swarm's workspace over HTTP: listed, read in pieces, nobody else's, and no way out of it."""

import json
from typing import Any
from uuid import UUID

import pytest

from pgswarm.api.files import routes
from support.api import Api, problem
from support.verbs import Run

FILES = {"out/a.bin": bytes(range(256)) * 40, "out/ü b.txt": b"text", "empty": b"", "top.md": b"# top"}


def write(api: Api, run: Run, files: dict[str, bytes], no: int = 1) -> None:
    changes = [{"path": path, "kind": "file", "content": place} for place, path in enumerate(files, 1)]
    api.db.run(
        "select pgswarm.change_files(%(s)s, %(n)s, %(epoch)s, 1, %(no)s, 'h', %(changes)s,"
        " %(contents)s::bytea[], null)",
        s=run.swarm_id, n=run.node_id, epoch=run.epoch, no=no, changes=json.dumps(changes),
        contents=list(files.values()),
    )  # fmt: skip


@pytest.fixture
def worked(api: Api) -> tuple[UUID, Run]:
    swarm_id = api.swarm(api.anna)
    run = api.claim(swarm_id)
    write(api, run, FILES)
    return swarm_id, run


async def test_workspace_is_listed_by_path_and_by_folder(api: Api, worked: tuple[UUID, Run]) -> None:
    url, client = f"/v1/swarms/{worked[0]}/files", api.client(api.anna)
    first = (await client.get(url, params={"limit": 2})).json()
    rest = (await client.get(url, params={"limit": 9, "cursor": first["next_cursor"]})).json()
    found: list[dict[str, Any]] = first["items"] + rest["items"]
    assert [(f["path"], f["kind"], f["size"]) for f in found] == [
        ("empty", "file", 0), ("out", "folder", 0), ("out/a.bin", "file", 10_240), ("out/ü b.txt", "file", 4),
        ("top.md", "file", 5),
    ]  # fmt: skip
    assert found[0]["node_id"] == str(worked[1].node_id)
    below = (await client.get(url, params={"folder": "/out/"})).json()["items"]
    assert [f["path"] for f in below] == ["out/a.bin", "out/ü b.txt"]
    assert (await client.get(url, params={"folder": "ou"})).json()["items"] == []


async def test_file_comes_in_pieces_to_the_byte_and_as_it_was_when_it_began(
    api: Api, worked: tuple[UUID, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "PIECE_BYTES", 1_000)
    url, client = f"/v1/swarms/{worked[0]}/files/content", api.client(api.anna)
    for path, content in FILES.items():
        got = await client.get(url, params={"path": path})
        assert (got.status_code, got.content, got.headers["content-length"]) == (200, content, str(len(content)))
        assert got.headers["content-type"] == "application/octet-stream"
        assert got.headers["content-disposition"].startswith("attachment;")
    again = await client.get(url, params={"path": path}, headers={"If-None-Match": got.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    async with client.stream("GET", url, params={"path": "out/a.bin"}) as answer:
        write(api, worked[1], {"out/a.bin": b"x" * 10_240}, no=2)
        assert await answer.aread() == FILES["out/a.bin"]
    assert (await client.get(url, params={"path": "out/a.bin"})).content == b"x" * 10_240


async def test_no_path_leads_out_of_the_workspace_or_into_anothers(api: Api, worked: tuple[UUID, Run]) -> None:
    swarm_id, _ = worked
    other = api.swarm(api.anna)
    client = api.client(api.anna)
    for path in ("../top.md", "/etc/passwd", "out/../top.md", "out", "out/", "top.md/", "no", "TOP.md", "%"):
        url = f"/v1/swarms/{swarm_id}/files/content"
        problem(await client.get(url, params={"path": path}), 404, field="path")
    problem(await client.get(f"/v1/swarms/{other}/files/content", params={"path": "top.md"}), 404, field="path")
    for route in ("files", "files/content?path=top.md"):
        problem(await api.client(api.ben).get(f"/v1/swarms/{swarm_id}/{route}"), 404, field="swarm_id")
