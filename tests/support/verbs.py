"""The verbs as a processor and an operator call them: short forms for tests, nothing added and nothing left out.

Every call is one transaction on a connection of the caller's, as in production.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.types.json import Jsonb

from pgswarm.schema.states import Verb

Conn = psycopg.Connection[DictRow]

WORK = "test/work"
OTHER = "other/work"
BENCH = "bench/noop"
MAX_ATTEMPTS = 3
TIMEOUT_S = 600
SPECS = [
    {"action_id": name, "max_attempts": MAX_ATTEMPTS, "timeout_s": TIMEOUT_S, "source": "test"}
    for name in (WORK, OTHER, BENCH)
]
NOBODY = uuid.UUID(int=0)
MINA = uuid.UUID("0198f3a5-0000-7000-8000-0000000000aa")

_ADVANCE: LiteralString = """
select * from pgswarm.advance(
  worker_id => %(worker_id)s, swarm_ids => %(swarm_ids)s::uuid[], node_ids => %(node_ids)s::uuid[],
  epochs => %(epochs)s::integer[], verbs => %(verbs)s::text[], reports => %(reports)s::text[],
  errors => %(errors)s::jsonb[], handlers => %(handlers)s::text[], states => %(states)s::jsonb[],
  delays_s => %(delays_s)s::double precision[], child_of => %(child_of)s::integer[],
  child_ids => %(child_ids)s::uuid[], child_actions => %(child_actions)s::text[],
  child_directives => %(child_directives)s::text[], child_args => %(child_args)s::jsonb[],
  child_priorities => %(child_priorities)s::smallint[], question_of => %(question_of)s::integer[],
  question_ids => %(question_ids)s::uuid[], questions => %(questions)s::jsonb[],
  done_claims => %(done_claims)s::bigint[], claim_limit => %(claim_limit)s::integer,
  lane_limit => %(lane_limit)s::integer, fresh_limit => %(fresh_limit)s::integer,
  action_patterns => %(action_patterns)s::text[])
"""


@dataclass(frozen=True)
class Kid:
    """A child to spawn."""

    action: str = WORK
    directive: str = "a part"
    args: Mapping[str, Any] | None = None
    priority: int | None = None
    node_id: UUID | None = None


@dataclass(frozen=True)
class Run:
    """A claimed node: what a worker writes it by."""

    swarm_id: UUID
    node_id: UUID
    epoch: int
    claim_id: int = 0
    row: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Act:
    """What became of a run."""

    run: Run
    verb: str
    report: str | None = None
    error: Mapping[str, Any] | None = None
    handler: str | None = None
    state: Any = None
    delay_s: float | None = None
    kids: Sequence[Kid] = ()
    questions: Sequence[Mapping[str, Any]] = ()


def finish(run: Run, report: str | None = "done") -> Act:
    return Act(run, Verb.FINISH, report=report)


def fail(run: Run, code: str = "broken", message: str = "it broke") -> Act:
    return Act(run, Verb.FAIL, error={"code": code, "message": message})


def spawn(run: Run, *kids: Kid, then: str = "conclude") -> Act:
    return Act(run, Verb.SPAWN, kids=kids, handler=then)


def ask(run: Run, *questions: str | Mapping[str, Any], then: str = "conclude") -> Act:
    asked = [{"prompt": q} if isinstance(q, str) else q for q in questions]
    return Act(run, Verb.ASK, questions=asked, handler=then)


def go_on(run: Run, *, then: str = "again", delay_s: float | None = None, state: Any = None) -> Act:
    return Act(run, Verb.CONTINUE, handler=then, delay_s=delay_s, state=state)


def retry(run: Run, *, delay_s: float | None = None) -> Act:
    return Act(run, Verb.RETRY, error={"code": "boom", "message": "try again"}, delay_s=delay_s)


def release(run: Run) -> Act:
    return Act(run, Verb.RELEASE)


class Advanced:
    """What one `advance`, or one of its like, handed back."""

    def __init__(self, rows: Sequence[DictRow]) -> None:
        self.rows = rows
        self.runs = [
            Run(r["swarm_id"], r["node_id"], r["lease_epoch"], r["claim_id"], r) for r in rows if r["what"] == "claimed"
        ]
        self.fenced = [(r["swarm_id"], r["node_id"]) for r in rows if r["what"] == "fenced"]
        self.ranges = [(r["swarm_id"], r["from_seq"], r["to_seq"]) for r in rows if r["what"] == "events"]
        self.more = any(r["what"] == "more" for r in rows)
        self.idle = [r["next_in_s"] for r in rows if r["what"] == "idle"]


class Worker:
    """One registered worker on one connection."""

    def __init__(self, conn: Conn, *, lease_s: float = 15) -> None:
        self.conn = conn
        self.lease_s = lease_s
        self.worker_id: UUID = call(
            conn, "select pgswarm.register_worker(host => 'here', pid => 1, version => '0', lease_s => %s)", lease_s
        )

    def advance(
        self,
        *acts: Act,
        claims: int = 0,
        lanes: int = 100,
        fresh: int = 0,
        done_claims: Sequence[int] = (),
        patterns: Sequence[str] | None = None,
    ) -> Advanced:
        """Commit acts, then claim; one transaction."""
        params = {
            **parameters(acts),
            "worker_id": self.worker_id,
            "done_claims": list(done_claims),
            "claim_limit": claims,
            "lane_limit": lanes,
            "fresh_limit": fresh,
            "action_patterns": None if patterns is None else list(patterns),
        }
        return Advanced(self.conn.execute(_ADVANCE, params, prepare=True).fetchall())

    def claim(self, limit: int = 1, **more: Any) -> list[Run]:
        """Claim up to `limit` nodes."""
        return self.advance(claims=limit, **more).runs

    def claim_one(self) -> Run:
        """Claim the one node that there is."""
        (run,) = self.claim(1)
        return run

    def does(self, act: Act) -> Advanced:
        """Commit one act, which must not be fenced."""
        done = self.advance(act)
        assert not done.fenced, f"{act.verb} was fenced"
        return done

    def fences(self, act: Act) -> bool:
        """Commit one act and say whether it was refused."""
        return self.advance(act).fenced == [(act.run.swarm_id, act.run.node_id)]

    def heartbeat(self) -> bool:
        return bool(
            call(self.conn, "select pgswarm.heartbeat(worker_id => %s, lease_s => %s)", self.worker_id, self.lease_s)
        )

    def stop(self) -> None:
        call_rows(self.conn, "select * from pgswarm.stop_worker(worker_id => %s)", self.worker_id)


def parameters(acts: Sequence[Act]) -> dict[str, Any]:
    """Return the arrays of `advance` for some acts."""
    kids = [(number, kid) for number, act in enumerate(acts, 1) for kid in act.kids]
    questions = [(number, question) for number, act in enumerate(acts, 1) for question in act.questions]
    return {
        "swarm_ids": [a.run.swarm_id for a in acts],
        "node_ids": [a.run.node_id for a in acts],
        "epochs": [a.run.epoch for a in acts],
        "verbs": [str(a.verb) for a in acts],
        "reports": [a.report for a in acts],
        "errors": [None if a.error is None else Jsonb(a.error) for a in acts],
        "handlers": [a.handler for a in acts],
        "states": [None if a.state is None else Jsonb(a.state) for a in acts],
        "delays_s": [a.delay_s for a in acts],
        "child_of": [number for number, _ in kids],
        "child_ids": [kid.node_id for _, kid in kids],
        "child_actions": [kid.action for _, kid in kids],
        "child_directives": [kid.directive for _, kid in kids],
        "child_args": [None if kid.args is None else Jsonb(kid.args) for _, kid in kids],
        "child_priorities": [kid.priority for _, kid in kids],
        "question_of": [number for number, _ in questions],
        "question_ids": [None for _ in questions],
        "questions": [Jsonb(question) for _, question in questions],
    }


def call(conn: Conn, query: LiteralString, *params: Any) -> Any:
    """Return the one value that a verb gives."""
    row = conn.execute(query, params).fetchone()
    assert row is not None
    (value,) = row.values()
    return value


def call_rows(conn: Conn, query: LiteralString, *params: Any) -> Advanced:
    """Return the rows of a verb that is like `advance`."""
    return Advanced(conn.execute(query, params).fetchall())


def as_account(conn: Conn, account: UUID | None) -> None:
    """Hold everything that follows to an account, as the API does; None: to nobody any more."""
    conn.execute("select set_config('pgswarm.account', %s, false)", [str(account or "")])


def connect(url: str) -> Conn:
    """Open an autocommit connection that gives rows as dicts."""
    return psycopg.connect(url, autocommit=True, row_factory=dict_row, connect_timeout=10)


def register(conn: Conn) -> None:
    """Register the actions that the tests use."""
    conn.execute("select pgswarm.register_actions(specs => %s)", [Jsonb(SPECS)])


def start(
    conn: Conn,
    goal: str = "a goal",
    *,
    action: str = WORK,
    key: str | None = None,
    owner: UUID | None = None,
    args: Mapping[str, Any] | None = None,
    **options: Any,
) -> UUID:
    """Start a swarm; `options` are those of the contract: budget, priority, share …"""
    found: UUID = call(
        conn,
        "select pgswarm.start_swarm(goal => %s, action => %s, args => %s, owner => %s, idempotency_key => %s,"
        " options => %s)",
        goal, action, Jsonb(args or {}), owner, key, Jsonb(options),
    )  # fmt: skip
    return found


def pause(conn: Conn, swarm_id: UUID) -> bool:
    return bool(call(conn, "select pgswarm.pause_swarm(swarm_id => %s)", swarm_id))


def resume(conn: Conn, swarm_id: UUID) -> bool:
    return bool(call(conn, "select pgswarm.resume_swarm(swarm_id => %s)", swarm_id))


def cancel(conn: Conn, swarm_id: UUID, node_id: UUID | None = None) -> bool:
    """Cancel a swarm, or a node and all below it."""
    if node_id is None:
        return bool(call(conn, "select pgswarm.cancel_swarm(swarm_id => %s)", swarm_id))
    return bool(call(conn, "select pgswarm.cancel_node(swarm_id => %s, node_id => %s)", swarm_id, node_id))


def retry_node(conn: Conn, swarm_id: UUID, node_id: UUID) -> UUID:
    found: UUID = call(conn, "select pgswarm.retry_node(swarm_id => %s, node_id => %s)", swarm_id, node_id)
    return found


def answer(conn: Conn, question_id: UUID, value: Any) -> str:
    return str(call(conn, "select pgswarm.answer_question(question_id => %s, answer => %s)", question_id, Jsonb(value)))


def raise_budget(conn: Conn, swarm_id: UUID, **limits: Any) -> None:
    call(conn, "select pgswarm.raise_budget(swarm_id => %s, options => %s)", swarm_id, Jsonb(limits))


def add_message(conn: Conn, swarm_id: UUID, node_id: UUID | None, content: str) -> UUID:
    found: UUID = call(
        conn, "select pgswarm.add_message(swarm_id => %s, node_id => %s, content => %s)", swarm_id, node_id, content
    )
    return found


def reap(conn: Conn, grace_s: float = 2) -> Advanced:
    return call_rows(conn, "select * from pgswarm.reap(lease_grace_s => %s)", grace_s)


def tick(conn: Conn) -> Advanced:
    return call_rows(conn, "select * from pgswarm.tick()")


def events(conn: Conn, swarm_id: UUID) -> list[DictRow]:
    return conn.execute("select * from pgswarm.event where swarm_id = %s order by seq", [swarm_id]).fetchall()


def nodes(conn: Conn, swarm_id: UUID) -> dict[UUID, DictRow]:
    """Return a swarm's nodes by id, in the order of their making."""
    rows = conn.execute(
        "select * from pgswarm.node where swarm_id = %s order by depth, created_at, position", [swarm_id]
    )
    return {row["node_id"]: row for row in rows.fetchall()}


def node(conn: Conn, run: Run) -> DictRow:
    """Return the row of a run's node."""
    return nodes(conn, run.swarm_id)[run.node_id]


def swarm(conn: Conn, swarm_id: UUID) -> DictRow:
    row = conn.execute("select * from pgswarm.swarm where swarm_id = %s", [swarm_id]).fetchone()
    assert row is not None
    return row


def open_questions(conn: Conn, swarm_id: UUID) -> list[DictRow]:
    return conn.execute(
        "select * from pgswarm.question where swarm_id = %s and closed_at is null order by asked_at, position",
        [swarm_id],
    ).fetchall()
