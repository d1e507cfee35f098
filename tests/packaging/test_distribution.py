"""The wheel holds everything, and works where no checkout is."""

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = ("actions", "api", "applications", "cli", "client", "migrations", "processor", "schema")
LEFT_OUT = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__", "results")
pytestmark = pytest.mark.xdist_group("distribution")  # one worker builds it, once

IMPORT_ALL = """
import importlib, pkgutil, sys, pgswarm
assert pgswarm.__file__.startswith(sys.prefix), pgswarm.__file__
frozen = ("pgswarm.migrations.env", "pgswarm.migrations.versions")  # run by alembic, not imported
names = [m.name for m in pkgutil.walk_packages(pgswarm.__path__, "pgswarm.") if not m.name.endswith("__main__")]
for name in names:
    if not name.startswith(frozen):
        importlib.import_module(name)
print(len(names))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel out of the source distribution, from a clean copy of the checkout."""
    folder = tmp_path_factory.mktemp("distribution")
    shutil.copytree(ROOT, folder / "checkout", symlinks=True, ignore=LEFT_OUT)
    run([sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist"], folder / "checkout")
    (found,) = (folder / "dist").glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel in it, which borrows the packages that pgswarm needs."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    run([folder / "bin" / "pip", "install", "--no-deps", "--no-index", wheel], folder)
    (site,) = folder.glob("lib/python3*/site-packages")
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def run(command: list[str | Path], folder: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False, timeout=150)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_wheel_holds_every_file_of_every_layer(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    wanted = {
        f"pgswarm/{path.relative_to(ROOT)}"
        for layer in LAYERS
        for path in (ROOT / layer).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted - packed == set()
    assert {name for name in packed if name.startswith("pgswarm/")} - wanted == {
        "pgswarm/__init__.py",
        "pgswarm/py.typed",
    }


def test_every_module_of_the_wheel_imports(wheel: Path, installed: Path) -> None:
    count = int(run([installed / "bin" / "python", "-W", "error", "-c", IMPORT_ALL], installed))
    with zipfile.ZipFile(wheel) as archive:
        modules = [name for name in archive.namelist() if name.endswith(".py") and "__main__" not in name]
    assert count >= len(modules) - 1 - sum("versions/" in name for name in modules)  # less pgswarm/__init__.py


def test_command_of_the_wheel_says_its_version(installed: Path) -> None:
    version = run([installed / "bin" / "python", "-c", "import pgswarm; print(pgswarm.__version__)"], installed)
    assert run([installed / "bin" / "pgswarm", "--version"], installed).split()[-1] == version.strip()
