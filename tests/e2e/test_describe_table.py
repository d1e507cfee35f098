"""`data/describe_table` in a real processor, on a file in the swarm's memory."""

import json
import os
import subprocess
import sys
from uuid import UUID

from support.database import Database

SALES = "region,amount,sold_on\nNorth,1.10,2020-01-05\nSouth,2.20,2020-02-05\nNorth,3.30,2021-01-05\n"


def work(db: Database) -> None:
    """Let a processor register its actions and do all there is to do."""
    command = [sys.executable, "-P", "-m", "pgswarm.processor", "--once"]
    subprocess.run(command, env={**os.environ, "PGSWARM_DATABASE_URL": db.url}, check=True, timeout=60)


def report(db: Database, content: bytes, args: dict[str, str]) -> tuple[str, str]:
    work(db)
    swarm_id: UUID = db.value(
        "select pgswarm.start_swarm(goal => 'figures', action => 'data/describe_table', args => %(args)s::jsonb)",
        args=json.dumps(args),
    )
    db.value(
        "select pgswarm.save_entry(swarm_id => %(swarm_id)s, node_id => null, name => 'sales.csv', kind => 'csv', "
        "description => '', folder => '', content => %(content)s)",
        swarm_id=swarm_id,
        content=content,
    )
    work(db)
    row = db.row(
        "select outcome, coalesce(report, error ->> 'message') as said from pgswarm.node where swarm_id = %(swarm_id)s",
        swarm_id=swarm_id,
    )
    return row["outcome"], row["said"]


def test_question_is_answered_from_the_file(db: Database) -> None:
    outcome, text = report(db, SALES.encode(), {"question": "total amount by region"})
    assert outcome == "succeeded"
    assert text.startswith("Total amount by region: North 4.40; South 2.20.")


def test_binary_file_ends_in_a_clear_failure(db: Database) -> None:
    outcome, text = report(db, bytes(range(256)), {"file": "sales.csv"})
    assert outcome == "failed"
    assert "sales.csv" in text
