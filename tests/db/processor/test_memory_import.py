"""`memory/import` on a real processor: pages, PDFs, repositories; vectors; another memory of the same owner."""

import asyncio
import gzip
import io
import shutil
import subprocess
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from support.connections.serving import listening
from support.connections.site import ARTICLE
from support.database import Database
from support.model_server import ModelServer
from support.pdf import a_pdf
from support.processors import Processors, register_actions, start_swarm, swarm_ended

GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "PATH": "/usr/bin:/bin"}


async def git_backend(request: Request, root: Path) -> Response:
    """Answer as git's own server does."""
    environment = {
        **GIT, "GIT_PROJECT_ROOT": str(root), "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": request.url.path.removeprefix("/git"),
        "QUERY_STRING": request.url.query, "REQUEST_METHOD": request.method,
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
    }  # fmt: skip
    body = await request.body()
    if request.headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    done = await asyncio.to_thread(
        subprocess.run, ["git", "http-backend"], input=body, env=environment, capture_output=True, check=True
    )
    head, _, content = done.stdout.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    return Response(content, status_code=int(headers.pop("Status", "200").split()[0]), headers=headers)


def repository(folder: Path) -> None:
    """Make a repository that is served as plain files."""
    work = folder / "work"
    work.mkdir(parents=True)
    (work / "hive.py").write_text("def weigh(hive):\n    return hive.weight\n")
    (work / "readme.md").write_text("# Hive\n\nA scale for hives.\n")
    (work / "logo.bin").write_bytes(b"\0\1\2")
    (work / "link.md").symlink_to("/etc/hostname")
    for command in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "first"],
        ["clone", "-q", "--bare", ".", str(folder / "site" / "hive.git")],
    ):
        subprocess.run(["git", *command], cwd=work, env=GIT, check=True)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A site with an article, a table, a PDF and a repository."""
    assert shutil.which("git") is not None, "these tests need git"
    repository(tmp_path)
    pages: dict[str, Response] = {
        "/bees": Response(ARTICLE, media_type="text/html"),
        "/lease.pdf": Response(a_pdf("The rent is 900 euros."), media_type="application/pdf"),
        "/busy": PlainTextResponse("The office opens at nine."),
        "/honey.csv": Response("hive,kg\nA,15\nB,12\n", media_type="text/csv"),
    }
    nothing = PlainTextResponse("nothing here", status_code=404)
    busy = [PlainTextResponse("later", status_code=503, headers={"retry-after": "1"})]

    async def page(request: Request) -> Response:
        if request.url.path == "/busy" and busy:
            return busy.pop()
        if request.url.path.startswith("/git/"):
            return await git_backend(request, tmp_path / "site")
        return pages.get(request.url.path, nothing)

    with listening(lambda _: Starlette(routes=[Route("/{rest:path}", page, methods=["GET", "POST"])])) as address:
        yield address


@pytest.fixture
def connections(site: str, tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "connections.toml"
    port = site.rpartition(":")[2]
    file.write_text(f'[web]\nallow = ["127.0.0.0/8"]\nports = [{port}]\n[imports]\ngit = ["{site}/git/"]\n')
    return {"PGSWARM_CONNECTIONS": str(file)}


def upload(db: Database, name: str, content: bytes) -> str:
    kept = db.value("select pgswarm.create_upload(%(name)s, 'binary', %(content)s)", name=name, content=content)
    return str(kept)


def zipped(files: dict[str, str]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return made.getvalue()


ARCHIVE = zipped({"papers/a.md": "# A", "papers/in/b.md": "B", "papers/.gitignore": "*.log", "papers/c.log": "C"})


def paths(db: Database, swarm_id: str) -> dict[str, str]:
    rows = db.rows(
        """select path, kind from pgswarm.space_entry where swarm_id = %(id)s and space = 'memory'
              and kind <> 'folder' order by path""",
        id=swarm_id,
    )
    return {row["path"]: row["kind"] for row in rows}


def test_pages_files_and_a_repository_come_into_memory_with_vectors_and_once(
    db: Database, processors: Processors, site: str, connections: dict[str, str]
) -> None:
    register_actions(db)
    model = ModelServer()
    model.script = lambda server, body: server.vectors(body)
    sources = [
        f"{site}/bees",
        f"{site}/lease.pdf",
        f"{site}/honey.csv",
        f"git+{site}/git/hive.git",
        f"{site}/none",
        f"{site}/busy",
    ]
    environment = {**connections, "OPENAI_BASE_URL": model.url, "PGSWARM_EMBEDDING_MODEL": "e"}
    processors.start(env=environment)
    try:
        first = start_swarm(db, "memory/import", {"sources": sources, "into": "references"})
        ended = swarm_ended(db, first)
        assert ended["outcome"] == "succeeded"
        assert f"- {site}/none: 127.0.0.1 answers with status 404" in ended["report"]
        assert "- references/hive/logo.bin: " in ended["report"]
        assert f"Came only when tried again: {site}/busy (try 2)." in ended["report"]
        assert sorted(paths(db, first).values()) == [
            "csv", "markdown", "markdown", "markdown", "markdown", "pdf", "python", "repository",
        ]  # fmt: skip
        title = db.value("select title from pgswarm.entry_chunk where content = 'The rent is 900 euros.'")
        assert title == "Page 1"
        fields = db.value("select fields from pgswarm.space_entry where kind = 'repository'")
        assert fields["url"] == f"{site}/git/hive.git"
        assert len(fields["commit"]) == 40
        row = db.row("""select count(distinct c.hash) as passages, count(distinct v.hash) as vectors
          from pgswarm.entry_chunk c left join pgswarm.passage_vector v on v.hash = c.hash and v.model = 'e'
          where c.swarm_id is not null""")
        assert row["passages"] == row["vectors"] > 5
        embedded = len(model.requests)
        other = start_swarm(db, "bench/ask", {"questions": 1})
        for _ in range(2):
            into = {"sources": sources[:2], "into": "references", "swarm_id": other}
            assert swarm_ended(db, start_swarm(db, "memory/import", into))["outcome"] == "succeeded"
        assert sorted(paths(db, other).values()) == ["markdown", "markdown", "pdf"]
        saved = "select count(*) from pgswarm.event where swarm_id = %(id)s and kind = 'memory.saved'"
        assert db.value(saved, id=other) == 3
        assert len(model.requests) == embedded
        sent = {"papers.zip": ARCHIVE, "lease.txt": b"900 euros."}
        files = [upload(db, name, content) for name, content in sent.items()]
        into = {"uploads": [*files, str(uuid.uuid4())], "into": "references/sent", "swarm_id": other}
        importing = start_swarm(db, "memory/import", into)
        ended = swarm_ended(db, importing)
        assert "Imported 3 entries" in ended["report"]
        assert "not known (any more)" in ended["report"]
        assert set(paths(db, other)) - set(paths(db, first)) == {
            "references/sent/lease.txt", "references/sent/papers/in/b.md", "references/sent/papers/a.md",
        }  # fmt: skip
        assert paths(db, importing) == {}
        missing = "select count(*) from pgswarm.missing_vectors(%(id)s, 'e', 10)"
        assert db.value(missing, id=other) == 0
        assert len(model.requests) > embedded
    finally:
        model.close()


def test_what_the_operator_did_not_allow_is_not_taken(
    db: Database, processors: Processors, site: str, connections: dict[str, str]
) -> None:
    register_actions(db)
    Path(connections["PGSWARM_CONNECTIONS"]).write_text("")
    processors.start(env=connections)
    ended = swarm_ended(
        db, start_swarm(db, "memory/import", {"sources": [f"git+{site}/git/hive.git", f"{site}/bees", "/etc/passwd"]})
    )
    assert ended["outcome"] == "failed"
    error = db.row("select report, error from pgswarm.node")["error"]
    assert error["code"] == "nothing_imported"
    for told in ("repositories of 127.0.0.1 are not allowed here", "memory holds no '/etc/passwd'"):
        assert told in error["message"]
