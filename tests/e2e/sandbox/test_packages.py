"""Packages that a run declares: from an index over HTTP, wheels only, network only there, kept by their list."""

import asyncio
import base64
import functools
import hashlib
import http.server
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from pgswarm.actions.sandbox import packages
from pgswarm.actions.sandbox.local import LocalSandbox
from pgswarm.actions.sandbox.types import Level, SandboxError

CODE = """import greet, pathlib
print(greet.hello())
try:
    pathlib.Path(greet.__file__).with_name("x").write_text("x")
except OSError:
    print("read-only")
"""


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def wheels(open_folder: Path) -> Iterator[Path]:
    """A package index on loopback, and a cache, both of these tests' own; the folder of the index."""
    folder = open_folder
    root = folder / "index"
    for name in ("greet", "other", "plain"):
        (root / name).mkdir(parents=True)
        wheel(root / name / f"{name}-1.0-py3-none-any.whl", name, "def hello(): return 'hello from a wheel'\n")
    (root / "plain" / "plain-1.0-py3-none-any.whl").rename(root / "plain" / "plain-1.0.tar.gz")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=root))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        address = f"http://127.0.0.1:{server.server_port}/"
        patch.setattr(packages, "pip_settings", lambda: {"PIP_INDEX_URL": address})
        patch.setenv("PGSWARM_SANDBOX_CACHE", str(folder / "cache"))
        yield root
    server.shutdown()
    server.server_close()


def wheel(path: Path, name: str, code: str) -> None:
    about = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {
        f"{name}.py": code,
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{name}-1.0.dist-info/WHEEL": about,
    }
    with zipfile.ZipFile(path, "w") as archive:
        record = ""
        for inside, text in files.items():
            archive.writestr(inside, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            record += f"{inside},sha256={digest},{len(text)}\n"
        archive.writestr(f"{name}-1.0.dist-info/RECORD", record + f"{name}-1.0.dist-info/RECORD,,\n")


async def test_package_is_installed_and_is_read_only_in_the_run(sandbox: LocalSandbox, wheels: Path) -> None:
    del wheels
    ran = await sandbox.run(["python", "-c", CODE], files={}, packages=["greet == 1.0"])
    assert ran.stdout == "hello from a wheel\nread-only\n", ran.stderr


async def test_list_that_was_installed_is_not_fetched_again(wheels: Path) -> None:
    sandbox = LocalSandbox(Level.LANDLOCK)
    assert (await sandbox.run(["python", "-c", "import other"], files={}, packages=["other==1.0"])).ok
    await asyncio.to_thread((wheels / "other" / "other-1.0-py3-none-any.whl").unlink)
    assert (await sandbox.run(["python", "-c", "import other"], files={}, packages=["other == 1.0"])).ok


async def test_package_that_is_no_wheel_is_refused_with_the_reason(wheels: Path) -> None:
    del wheels
    with pytest.raises(SandboxError, match="plain cannot be installed") as caught:
        await LocalSandbox(Level.BWRAP).run(["true"], files={}, packages=["plain"])
    assert caught.value.code == "packages_failed"
