"""Ten processors, one of them killed every two seconds, until all that was started has ended right.

    python tests/soak.py --server postgresql://postgres@127.0.0.1/postgres --seconds 60

A tree of 11,111 nodes, and beside it ever new swarms with questions, timers, failures, retries and effects. Rule: what
is wrong makes the exit code 1, and the seed that decides who is killed is said first. Questions about an effect of
which a crash left it unknown whether it happened are answered by looking, as a person would.
"""

import argparse
import json
import random
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from support.database import Database
from support.processors import ProcessorProcess, Processors, register_actions, start_swarm
from support.template import make_template

TAKEOVER_S: Final = 2.0
"""How long after the end of its lease what a worker held may still be its own."""
LOOK_S: Final = 0.1
SAY_S: Final = 10.0
NEW_S: Final = 2.0
TREE: Final = {"width": 10, "depth": 4}
TREE_NODES: Final = 11_111
LEFT_ALONE: Final = "Which drink?"
"""The question of `outside/remind` whose default is taken at its time."""
HELD: Final = """
select n.node_id from pgswarm.node n join pgswarm.worker w on w.worker_id = n.lease_owner
 where w.pid = %(pid)s and n.status = 'running'
"""
MOVES: Final = """
select e.node_id, e.verb, e.at from pgswarm.event e
 where e.verb in ('expire', 'claim')
   and e.node_id in (select x.node_id from pgswarm.event x where x.verb = 'expire' and x.kind = 'node.pending')
 order by e.swarm_id, e.seq
"""
NOT_RIGHT: Final = """
select s.swarm_id, n.action, n.directive, n.outcome, n.error ->> 'code' as code, n.attempt
  from pgswarm.node n join pgswarm.swarm s on s.swarm_id = n.swarm_id
 where n.outcome is distinct from 'succeeded' and not (n.action = 'outside/wrong' and n.error ->> 'code' = 'my_code')
 limit 5
"""
COUNTS: Final = """
select (select count(*) from pgswarm.swarm where status <> 'terminated') as swarms_left,
       (select count(*) from pgswarm.node where status <> 'terminated') as nodes_left,
       (select count(*) from pgswarm.node where status = 'terminated') as nodes_ended,
       (select count(*) from pgswarm.node where status = 'running') as running,
       (select count(*) from pgswarm.inbox) as questions
"""


@dataclass
class Soak:
    """One run: what is started, killed, answered and seen."""

    db: Database
    folder: Path
    options: argparse.Namespace
    dice: random.Random
    kills: list[tuple[datetime, set[UUID]]] = field(default_factory=list)
    swarms: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    tree: str = ""

    @property
    def note(self) -> Path:
        """The file in which every effect leaves a line: the world outside."""
        return self.folder / "effects"

    def run(self) -> list[str]:
        """Run it; return what is wrong."""
        self.note.touch()
        crew = Processors(self.db, self.folder)
        try:
            return self._work(crew) or self._judge()
        finally:
            crew.end()

    def _work(self, crew: Processors) -> list[str]:
        living = [self._processor(crew) for _ in range(self.options.processors)]
        self.tree = self._start("bench/fan_out", TREE | {"sleep_ms": self.options.sleep_ms})
        begin = time.monotonic()
        kill_at, new_at, say_at = begin + self.options.every, begin, begin
        while True:
            now = time.monotonic()
            self._answer()
            if now >= new_at and now < begin + self.options.seconds:
                new_at += NEW_S
                self._start_others()
            if now >= kill_at:
                kill_at += self.options.every
                place = self.dice.randrange(len(living))
                self._kill(living[place])
                living[place] = self._processor(crew)
            if now >= say_at:
                say_at += SAY_S
                counts = self.db.row(COUNTS)
                say(f"{now - begin:5.0f} s  {len(self.kills):3} killed  {json.dumps(counts)}")
                if not counts["swarms_left"] and now >= begin + self.options.seconds:
                    return self._stop(living)
            if now > begin + self.options.seconds + self.options.patience:
                return [f"not everything has ended {self.options.patience:g} s after the last start", *self._left()]
            time.sleep(LOOK_S)

    def _processor(self, crew: Processors) -> ProcessorProcess:
        return crew.start("--concurrency", str(self.options.concurrency), lease_s=self.options.lease)

    def _start(self, action: str, args: dict[str, Any]) -> str:
        self.swarms[action] += 1
        return start_swarm(self.db, action, args)

    def _start_others(self) -> None:
        self._start("outside/mix", {"branches": 3, "leaves": 6})
        self._start("outside/journey", {})
        self._start("outside/remind", {"seconds": 1})
        self._start("outside/send", {"seconds": 0.3, "note": str(self.note), "times": 5})

    def _answer(self) -> None:
        asked = "select question_id, node_id, prompt from pgswarm.inbox where prompt <> %(but)s limit 50"
        for question in self.db.rows(asked, but=LEFT_ALONE):
            answer: Any = "1"
            if question["prompt"].startswith("A crash left it unknown"):
                key = question["prompt"].split("'")[1]
                answer = f"{question['node_id']} {key}" in self.note.read_text().splitlines()
                self.answers["about effects"] += 1
            verdict = self.db.value(
                "select pgswarm.answer_question(%(id)s, %(answer)s)", id=question["question_id"], answer=Jsonb(answer)
            )
            self.answers[verdict] += 1

    def _kill(self, one: ProcessorProcess) -> None:
        at = self.db.value("select clock_timestamp()")
        one.kill()
        self.kills.append((at, {row["node_id"] for row in self.db.rows(HELD, pid=one.pid)}))

    def _stop(self, living: list[ProcessorProcess]) -> list[str]:
        for one in living:
            one.signal(signal.SIGTERM)
        codes = [one.ended() for one in living]
        wrong = set(codes) - {0, -signal.SIGTERM}  # that is one that had only just begun
        return [f"processors ended with {codes}"] if wrong else []

    def _left(self) -> list[str]:
        return [str(row) for row in self.db.rows("select * from pgswarm.node where status <> 'terminated' limit 5")]

    def _judge(self) -> list[str]:
        wrong = [f"did not succeed: {row}" for row in self.db.rows(NOT_RIGHT)]
        wrong += [f"broken invariant: {row}" for row in self.db.broken_invariants()[:5]]
        found = self.db.value("select count(*) from pgswarm.node where swarm_id = %(id)s", id=self.tree)
        if found != TREE_NODES:
            wrong.append(f"the tree has {found} nodes, not {TREE_NODES}")
        effects = Counter(self.note.read_text().splitlines())
        done = self.db.value("select count(*) from pgswarm.effect where state = 'done'")
        if twice := [line for line, times in effects.items() if times > 1]:
            wrong.append(f"{len(twice)} effects happened twice: {twice[:3]}")
        if len(effects) != done:
            wrong.append(f"{len(effects)} effects happened, {done} are known")
        back, again = self._takeovers()
        limit = self.options.lease + TAKEOVER_S
        if back and max(back) > limit:
            wrong.append(f"a takeover took {max(back):.2f} s, more than {limit:g} s")
        say(json.dumps({
            "kills": len(self.kills), "swarms": self.swarms, "answers": self.answers, "effects": len(effects),
            "events": self.db.value("select count(*) from pgswarm.event"), "taken over": len(back),
            "killed to pending, s": spread(back), "killed to running again, s": spread(again),
        }))  # fmt: skip
        return wrong

    def _takeovers(self) -> tuple[list[float], list[float]]:
        """Return how long after its worker's death each node was pending again, and running again."""
        moves = defaultdict(list)
        for row in self.db.rows(MOVES):
            moves[row["node_id"]].append((row["at"], row["verb"]))
        back, again = [], []
        for killed_at, held in self.kills:
            for node_id in held:
                later = [(at, verb) for at, verb in moves[node_id] if at > killed_at]
                if later and later[0][1] == "expire":
                    back.append((later[0][0] - killed_at).total_seconds())
                    again += [(later[1][0] - killed_at).total_seconds()] if len(later) > 1 else []
        return back, again


def spread(taken: list[float]) -> dict[str, float]:
    """Return the middle and the longest."""
    ordered = sorted(taken)
    return {"p50": round(ordered[len(ordered) // 2], 2), "max": round(ordered[-1], 2)} if ordered else {}


def say(line: str) -> None:
    """Print at once."""
    print(line, flush=True)


def main() -> None:
    """Read the arguments, run, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="superuser's URL of a server on which databases may be made")
    parser.add_argument("--seconds", type=float, default=60, help="how long new swarms are started")
    parser.add_argument("--patience", type=float, default=300, help="how long what was started may take after that")
    parser.add_argument("--processors", type=int, default=10)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--every", type=float, default=2, help="seconds between two kills")
    parser.add_argument("--lease", type=float, default=5)
    parser.add_argument("--sleep-ms", type=int, default=1000, help="how long each leaf of the tree takes")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    options = parser.parse_args()
    say(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="pgswarm-soak-") as folder:
        db = Database(options.server, make_template(options.server))
        try:
            register_actions(db)
            wrong = Soak(db, Path(folder), options, random.Random(options.seed)).run()  # noqa: S311 - no secret
        finally:
            db.drop()
    for line in wrong:
        say(f"WRONG: {line}")
    say("NOT right" if wrong else "right: nothing lost, nothing twice, every invariant holds")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
