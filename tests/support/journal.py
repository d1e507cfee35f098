"""The journal of model calls, as a processor keeps it."""

from decimal import Decimal
from typing import Any

from support.verbs import Conn, Run, swarm


def begin(conn: Conn, run: Run, no: int = 1, *, tokens: int = 10, usd: float = 0, what: str = "h") -> dict[str, Any]:
    (row,) = conn.execute(
        "select * from pgswarm.begin_call(swarm_id => %s, node_id => %s, epoch => %s, activation => %s, call_no => %s,"
        " request_hash => %s, model => 'm', request => '{}', reserve_tokens => %s, reserve_usd => %s)",
        [run.swarm_id, run.node_id, run.epoch, run.row["activation"], no, what, tokens, Decimal(str(usd))],
    ).fetchall()
    return row


def end(conn: Conn, run: Run, tokens_in: int, tokens_out: int, usd: float, *, no: int = 1) -> None:
    conn.execute(
        "select pgswarm.end_call(swarm_id => %s, node_id => %s, activation => %s, call_no => %s, request_hash => 'h',"
        " response => '{\"said\": 1}', input_tokens => %s, output_tokens => %s, cost_usd => %s)",
        [run.swarm_id, run.node_id, run.row["activation"], no, tokens_in, tokens_out, Decimal(str(usd))],
    )


def drop(conn: Conn, run: Run, spent: int, no: int = 1) -> None:
    conn.execute(
        "select pgswarm.drop_call(swarm_id => %s, node_id => %s, activation => %s, call_no => %s, request_hash => 'h',"
        " spent_tokens => %s)",
        [run.swarm_id, run.node_id, run.row["activation"], no, spent],
    )


def books(conn: Conn, run: Run) -> tuple[int, int, int, float, int, float]:
    """Return calls, input and output tokens, money, reserved tokens and reserved money."""
    row = swarm(conn, run.swarm_id)
    return (
        row["spent_llm_calls"], row["spent_input_tokens"], row["spent_output_tokens"], float(row["spent_cost_usd"]),
        row["reserved_tokens"], float(row["reserved_cost_usd"]),
    )  # fmt: skip
