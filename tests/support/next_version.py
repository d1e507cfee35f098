"""The version of pgswarm after this one, as far as a rolling upgrade notices: what its migration changes under load.

Its code is this version's; its schema has a further revision with a column in a busy table, a verb with one more
parameter, and a type that is made anew, which takes every function of that type with it.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).parents[2] / "src" / "pgswarm"
CHANGED: Final = ("schema", "migrations")
REVISION: Final = """
from alembic import op
import sqlalchemy as sa

revision = "9999"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("worker", sa.Column("next_version", sa.Text()), schema="pgswarm")
    op.add_column("lane", sa.Column("next_version", sa.Integer(), server_default="7", nullable=False), schema="pgswarm")
    op.add_column("node", sa.Column("next_version", sa.Text()), schema="pgswarm")
    op.execute("drop type pgswarm.advanced cascade")
"""
LAST_PARAMETER: Final = "action_patterns text[]"
UPGRADE: Final = "import sys; from pgswarm.migrations.upgrade import upgrade; upgrade(sys.argv[1])"
WITHIN_S: Final = 60


def make_next_version(folder: Path) -> Path:
    """Make it below `folder`; return what goes to the front of PYTHONPATH."""
    package = folder / "pgswarm"
    package.mkdir(parents=True)
    for entry in SOURCE.iterdir():
        if entry.name in CHANGED:
            shutil.copytree(entry.resolve(), package / entry.name, ignore=shutil.ignore_patterns("__pycache__"))
        elif entry.is_dir():
            (package / entry.name).symlink_to(entry.resolve())
        elif entry.suffix != ".pyc":
            shutil.copy(entry, package)
    versions = package / "migrations" / "versions"
    head = max(file.name[:4] for file in versions.glob("[0-9]*.py"))
    (versions / "9999_next.py").write_text(REVISION.format(head=head))
    verb = package / "schema" / "sql" / "verbs" / "advance.sql"
    text = verb.read_text()
    assert text.count(LAST_PARAMETER) == 1, "the verb has another last parameter by now"
    end = text.index("\n)", text.index(LAST_PARAMETER))
    verb.write_text(f"{text[:end]}, next_version text default null{text[end:]}")
    return folder


def migrate_to(version: Path, url: str) -> None:
    """Let that version migrate the database, as its `pgswarm migrate` does."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(version), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [sys.executable, "-c", UPGRADE, url], env=environment, capture_output=True, text=True, timeout=WITHIN_S,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
