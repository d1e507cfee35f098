"""Files over HTTP: sent, kept by their content, attached to goals."""

import asyncio
import uuid

import httpx2 as httpx
import pytest

from pgswarm.schema.text import clean
from support.api import Api, problem
from support.database import Database
from support.verbs import WORK


async def test_file_is_kept_once_and_comes_back_as_it_was(api: Api) -> None:
    client = api.client(api.anna)
    content = bytes(range(256)) * 10
    sent = [await client.post("/v1/uploads", files={"file": ("Bild ä.bin", content)}) for _ in range(2)]
    assert [response.status_code for response in sent] == [201, 201]
    (upload,) = sent[0].json()["items"]
    assert sent[1].json()["items"] == [upload]
    assert (upload["name"], upload["kind"], upload["size"]) == ("Bild ä.bin", "binary", 2560)
    back = await client.get(f"/v1/uploads/{upload['upload_id']}/content")
    assert back.content == content
    assert back.headers["content-disposition"] == "attachment; filename*=UTF-8''Bild%20%C3%A4.bin"
    assert back.headers["content-type"] == "application/octet-stream"
    assert back.headers["x-content-type-options"] == "nosniff"
    listed = (await client.get("/v1/uploads")).json()["items"]
    assert listed == [upload]


@pytest.mark.parametrize(
    ("name", "content", "kind", "kept"),
    [
        ("a.md", "\ufeff# Ü".encode(), "markdown", "# Ü".encode()),
        ("a.txt", "Übung".encode("utf-16"), "text", "Übung".encode()),
        ("../../etc/passwd", b"x", "text", b"x"),
        ("a.csv", b"x\xfcy", "csv", "xüy".encode()),
        ("a.csv", b"x\0\1\2", "binary", b"x\0\1\2"),
        ("a.txt", b"%PDF-1.7", "binary", b"%PDF-1.7"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0", "image", b"\x89PNG\r\n\x1a\n\0"),
    ],
)
async def test_text_is_kept_as_utf_8_and_the_rest_as_it_came(
    api: Api, name: str, content: bytes, kind: str, kept: bytes
) -> None:
    client = api.client(api.anna)
    (upload,) = (await client.post("/v1/uploads", files={"file": (name, content)})).json()["items"]
    assert upload["kind"] == kind
    assert "/" not in upload["name"]
    assert (await client.get(f"/v1/uploads/{upload['upload_id']}/content")).content == kept


@pytest.mark.parametrize("name", ["", "..", "a\x07.txt", "x" * 300])
async def test_name_that_no_file_can_have_is_refused(api: Api, name: str) -> None:
    assert clean("name", name) == name
    response = await api.client(api.anna).post("/v1/uploads", files={"file": (name, b"x")})
    if name == "a\x07.txt" and response.status_code == 201:  # the client escaped it
        assert response.json()["items"][0]["name"] == "a%07.txt"
    else:
        assert response.status_code == 422
    empty = await api.client(api.anna).post("/v1/uploads", files={"file": ("a.txt", b"")})
    problem(empty, 422, field="file")


async def test_body_that_is_no_form_of_files_is_refused(api: Api) -> None:
    client = api.client(api.anna)
    problem(await client.post("/v1/uploads", json={"file": "x"}), 422)
    problem(await client.post("/v1/uploads", data={"file": "x"}), 422)
    broken = await client.post(
        "/v1/uploads", content=b"--x\r\nnothing", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert 400 <= broken.status_code < 500


async def test_file_above_the_limit_is_refused(api: Api) -> None:
    limit = api.settings.max_upload_bytes
    response = await api.client(api.anna).post("/v1/uploads", files={"file": ("a.bin", b"\1" * (limit + 1))})
    problem(response, 413)
    assert api.db.value("select count(*) from pgswarm.upload") == 0


async def test_another_s_file_is_not_there_and_cannot_be_attached(api: Api) -> None:
    sent = await api.client(api.anna).post("/v1/uploads", files={"file": ("a.txt", b"secret")})
    upload_id = sent.json()["items"][0]["upload_id"]
    client = api.client(api.ben)
    for wrong in (upload_id, uuid.uuid4()):
        problem(await client.get(f"/v1/uploads/{wrong}"), 404)
        problem(await client.get(f"/v1/uploads/{wrong}/content"), 404)
        body = {"goal": "read it", "action": WORK, "files": [str(wrong)]}
        problem(await client.post("/v1/swarms", json=body), 404, field="files")
    assert api.db.value("select count(*) from pgswarm.swarm") == 0


async def test_goal_comes_with_its_files(api: Api) -> None:
    client = api.client(api.anna)
    files = [("file", ("a.txt", b"alpha")), ("file", ("b.txt", b"beta"))]
    ids = [item["upload_id"] for item in (await client.post("/v1/uploads", files=files)).json()["items"]]
    started = await client.post("/v1/swarms", json={"goal": "read", "action": WORK, "files": ids})
    assert started.status_code == 201
    found = api.db.rows(
        "select name from pgswarm.space_entry where swarm_id = %(s)s order by name", s=started.json()["swarm_id"]
    )
    assert [row["name"] for row in found] == ["a.txt", "b.txt"]
    kinds = api.db.rows(
        "select kind, at from pgswarm.event where swarm_id = %(s)s order by seq", s=started.json()["swarm_id"]
    )
    assert [row["kind"] for row in kinds] == ["swarm.created", "node.created", "memory.saved", "memory.saved"]
    assert len({row["at"] for row in kinds}) == 1


async def test_two_files_of_one_name_cannot_be_told_apart(api: Api) -> None:
    client = api.client(api.anna)
    files = [("file", ("a.txt", b"alpha")), ("file", ("a.txt", b"beta"))]
    ids = [item["upload_id"] for item in (await client.post("/v1/uploads", files=files)).json()["items"]]
    body = {"goal": "read", "action": WORK, "files": ids}
    problem(await client.post("/v1/swarms", json=body), 422, field="files")


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("Ü".encode(), "utf-8"),
        ("Ü".encode("utf-16"), "utf-16"),
        ("Zürich".encode("cp1252"), "cp1252"),
        (b"\0\1\2", None),
    ],
)
async def test_what_a_text_was_written_in_is_told(api: Api, content: bytes, encoding: str | None) -> None:
    client = api.client(api.anna)
    (upload,) = (await client.post("/v1/uploads", files={"file": ("a.txt", content)})).json()["items"]
    assert upload["encoding"] == encoding
    assert (await client.get(f"/v1/uploads/{upload['upload_id']}")).json() == upload


async def test_text_of_windows_is_found_in_the_memory_that_it_is_attached_to(api: Api) -> None:
    client = api.client(api.anna)
    file = {"file": ("a.txt", "Besuch in Zürich".encode("cp1252"))}
    (upload,) = (await client.post("/v1/uploads", files=file)).json()["items"]
    body = {"goal": "read", "action": WORK, "files": [upload["upload_id"]]}
    swarm_id = (await client.post("/v1/swarms", json=body)).json()["swarm_id"]
    found = await client.get("/v1/memory/search", params={"swarm_id": swarm_id, "query": "Zürich"})
    assert [item["content"] for item in found.json()["items"]] == ["Besuch in Zürich"]


async def test_deleted_file_is_gone_but_for_what_it_was_attached_to(api: Api) -> None:
    client = api.client(api.anna)
    (upload,) = (await client.post("/v1/uploads", files={"file": ("a.txt", b"alpha")})).json()["items"]
    path = f"/v1/uploads/{upload['upload_id']}"
    body = {"goal": "read", "action": WORK, "files": [upload["upload_id"]]}
    swarm_id = (await client.post("/v1/swarms", json=body)).json()["swarm_id"]
    problem(await api.client(api.ben).delete(path), 404, field="upload_id")
    assert (await client.delete(path)).status_code == 204
    for response in (await client.get(path), await client.get(f"{path}/content"), await client.delete(path)):
        problem(response, 404, field="upload_id")
    problem(await client.post("/v1/swarms", json=body), 404, field="files")
    (entry,) = (await client.get("/v1/spaces/memory", params={"swarm_id": swarm_id})).json()["items"]
    assert (await client.get(f"/v1/spaces/memory/{entry['entry_id']}/content")).content == b"alpha"


async def test_an_account_sends_no_more_than_its_quota(db: Database) -> None:
    async with Api(db, max_account_upload_bytes=1_000).running() as api:
        client = api.client(api.anna)

        async def send(size: int, name: str = "a.txt") -> httpx.Response:
            return await client.post("/v1/uploads", files={"file": (name, b"x" * size)})

        kept = (await send(900)).json()["items"][0]
        assert (await send(900)).status_code == 201  # the same again
        refused = problem(await send(101, "b.txt"), 409, "conflict", "file")
        assert "1000" in refused["detail"]
        assert "delete" in refused["remedy"]
        assert api.db.value("select count(*) from pgswarm.upload") == 1
        assert (await api.client(api.ben).post("/v1/uploads", files={"file": ("c", b"x" * 900)})).status_code == 201
        at_once = await asyncio.gather(*(send(60, f"{number}.txt") for number in range(6)))
        assert sorted(response.status_code for response in at_once) == [201] + [409] * 5
        await client.delete(f"/v1/uploads/{kept['upload_id']}")
        assert (await send(900)).status_code == 201


async def test_files_of_one_request_are_kept_all_or_none(db: Database) -> None:
    async with Api(db, max_account_upload_bytes=1_000).running() as api:
        files = [("file", ("a.txt", b"x" * 600)), ("file", ("b.txt", b"y" * 600))]
        problem(await api.client(api.anna).post("/v1/uploads", files=files), 409, "conflict", "file")
        assert api.db.value("select count(*) from pgswarm.upload") == 0
