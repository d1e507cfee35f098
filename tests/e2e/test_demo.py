"""`./demo`, the README's first command, as a stranger types it."""

import csv
import os
import subprocess
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


def totals() -> dict[str, Decimal]:
    """Add up the example's table with nothing of ours."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    with (EXAMPLES / "seattle-weather.csv").open() as table:
        for row in csv.DictReader(table):
            found[row["weather"]] += Decimal(row["precipitation"])
    return found


@pytest.mark.timeout(600)  # makes .venv where it is not there yet
def test_demo_takes_the_example_to_its_report_without_a_terminal_a_key_or_a_database(folder: Path) -> None:
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("PGSWARM_", "OPENAI_", "PYTHON"))}
    done = subprocess.run(
        [ROOT / "demo"],
        cwd="/",
        env={**keep, "PGSWARM_HOME": str(folder / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=580,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Report for {(EXAMPLES / 'answer.txt').read_text().strip()}" in done.stdout
    for weather, total in totals().items():
        assert f"| {weather} | {total} |" in done.stdout
    assert "without regard to any census or enumeration" in " ".join(done.stdout.split())


def test_the_goal_that_the_examples_page_shows_is_the_one_that_demo_runs() -> None:
    shown = (EXAMPLES / "README.md").read_text().replace("\n> ", " ")
    assert (EXAMPLES / "goal.txt").read_text().strip() in shown
