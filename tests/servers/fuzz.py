"""Runs every action against a real model server whose model is random and valid: nothing may crash, hang, break a rule.

`python tests/servers/fuzz.py` (in the development environment) makes an environment with llama.cpp's server and a tiny
model of random weights, starts it, and processors on a database of its own; outside CI. `--url` takes a server that
runs already, with the model that `--model` names. The seed is printed; with it arguments and goals are the same.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from pgswarm.migrations.upgrade import upgrade  # noqa: E402
from support.database import Database  # noqa: E402
from support.processors import ProcessorProcess, register_actions  # noqa: E402

GOALS = (
    "Say in one sentence what the constitution is about, then compute the mean of temp_max by year.",
    "Write a short memo for the board about the weather, and ask me what you must know.",
    "Break this into many parts and do each of them: everything.",
    "",
)
BUDGET = {"nodes": 80, "llm_calls": 150, "tokens": 20_000_000, "depth": 30, "activations": 40, "duration_s": 600}
CRASHES = ("exception", "unknown_handler", "bad_outcome", "bad_value")
"""Error codes that an action must not end with, whatever a model says."""
SERVER_STARTS_S = 60
FILE_BYTES = 8_000


def main() -> int:
    """Run it; 0 where everything held."""
    asked = _arguments()
    dice = random.Random(asked.seed)
    print(f"seed {asked.seed}")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pgswarm-fuzz-")))
        url = asked.url or stack.enter_context(_server(folder, asked.seed))
        db = Database(asked.database, None)
        stack.callback(db.drop)
        upgrade(db.url)
        register_actions(db)
        environment = {
            "OPENAI_BASE_URL": url, "PGSWARM_MODEL": asked.model, "PGSWARM_MODEL_MAX_TOKENS": "1500",
            "PGSWARM_MODEL_TRIES": "2", "PGSWARM_MODEL_TIMEOUT_S": "60",
        }  # fmt: skip
        workers = [ProcessorProcess(db.url, folder / f"{n}.log", env=environment) for n in range(2)]
        for worker in workers:
            stack.callback(worker.kill)
        with psycopg.connect(db.url, autocommit=True, row_factory=dict_row) as conn:
            swarms = list(_start(conn, dice, asked))
            unended = _follow(conn, dice, swarms, asked.minutes * 60)
            found = [*_judged(conn, swarms), *(f"not ended: {name}" for name in unended)]
        found += [f"a processor ended with {w.process.returncode}: {w.said()[-500:]}"
                  for w in workers if w.process.poll() is not None]  # fmt: skip
    for line in found:
        print(f"BROKEN  {line}")
    print("everything held" if not found else f"{len(found)} things did not hold")
    return 1 if found else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True, help="a PostgreSQL server on which a database may be made")
    parser.add_argument("--url", help="a model server that runs already, as http://127.0.0.1:8080/v1")
    parser.add_argument("--model", default="tiny-random")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--each", type=int, default=2, help="swarms for each action")
    parser.add_argument("--actions", default="", help="only actions whose id holds this")
    return parser.parse_args()


@contextmanager
def _server(folder: Path, seed: int) -> Iterator[str]:
    """Make the environment and the model, and serve it."""
    print("installing llama.cpp's server (requirements.txt)")
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    wheels = ["-m", "pip", "install", "-q", "--only-binary", ":all:", "-r", str(HERE / "requirements.txt")]
    subprocess.run([python, *wheels], check=True)
    model = folder / "tiny.gguf"
    subprocess.run([python, str(HERE / "tiny_model.py"), str(model), str(seed)], check=True)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [python, str(HERE / "llama_cpp.py"), str(model), str(seed)], stdout=subprocess.PIPE, stderr=log, text=True
        )
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip() + "/v1"
        finally:
            process.kill()
            process.wait(SERVER_STARTS_S)


def _start(conn: psycopg.Connection[Any], dice: random.Random, asked: argparse.Namespace) -> Iterator[tuple[Any, str]]:
    """Start swarms of every action, with files, and arguments that its schema allows, or nearly."""
    examples = HERE.parents[1] / "examples"
    uploads = [
        conn.execute(
            "select pgswarm.create_upload(name => %s, kind => %s, content => %s) as id",
            [name, kind, (examples / name).read_bytes()[:FILE_BYTES]],
        ).fetchall()[0]["id"]
        for name, kind in (("us-constitution.txt", "text"), ("seattle-weather.csv", "csv"))
    ]
    actions = conn.execute(
        "select action_id, input_schema from pgswarm.action where action_id not like 'bench/%%'"
        " and action_id not like 'outside/%%' and action_id like %s order by 1", [f"%{asked.actions}%"],
    ).fetchall()  # fmt: skip
    for action in actions:
        for number in range(asked.each):
            options = {"budget": BUDGET, "stream": dice.random() < 0.5, "memo": dice.random() < 0.3}
            options["files"] = [str(upload) for upload in uploads]
            schema = action["input_schema"]
            row = conn.execute(
                "select pgswarm.start_swarm(%s, %s, %s, options => %s) as id",
                [GOALS[number % 3] or " ", action["action_id"], Jsonb(_value(schema, schema, dice, 0)), Jsonb(options)],
            ).fetchall()[0]
            yield row["id"], action["action_id"]


def _value(schema: Mapping[str, Any], root: Mapping[str, Any], dice: random.Random, depth: int) -> Any:
    """Return a value of a JSON schema; optional parts are left out half of the time."""
    if "$ref" in schema:
        return _value(root.get("$defs", {}).get(schema["$ref"].rsplit("/", 1)[-1], {}), root, dice, depth + 1)
    if "anyOf" in schema:
        return _value(dice.choice(schema["anyOf"]), root, dice, depth)
    if "enum" in schema or "const" in schema:
        return dice.choice(schema.get("enum") or [schema["const"]])
    return _plain(schema, root, dice, depth)


def _plain(schema: Mapping[str, Any], root: Mapping[str, Any], dice: random.Random, depth: int) -> Any:
    match schema.get("type"):
        case "object":
            needed = schema.get("required", ())
            parts = (schema.get("properties") or {}) if depth < 5 else {}
            made: Any = {
                name: _value(part, root, dice, depth + 1)
                for name, part in parts.items()
                if name in needed or dice.random() < 0.5
            }
        case "array":
            made = [_value(schema.get("items", {}), root, dice, depth + 1) for _ in range(dice.randint(0, 2))]
        case "integer" | "number":
            low = schema.get("minimum", 1)
            made = min(max(dice.randint(0, 20), int(low)), int(schema.get("maximum", 10**6)))
        case "boolean":
            made = dice.random() < 0.5
        case "null":
            made = None
        case _:
            made = dice.choice(("us-constitution.txt", "seattle-weather.csv", "the mean of temp_max", "é\u2028\n", ""))
    return made


def _follow(
    conn: psycopg.Connection[Any], dice: random.Random, swarms: list[tuple[Any, str]], within_s: float
) -> list[str]:
    """Answer every question until all swarms have ended or stand at their budget; return what did not."""
    end = time.monotonic() + within_s
    names = dict(swarms)
    while True:
        living = conn.execute(
            "select swarm_id, status, paused_reason from pgswarm.swarm where status = 'active'"
        ).fetchall()
        if not living or time.monotonic() > end:
            return [f"{names[row['swarm_id']]} {row['swarm_id']}" for row in living]
        questions = conn.execute(
            "select question_id, choices, schema from pgswarm.question where closed_at is null limit 100"
        ).fetchall()
        for question in questions:
            schema = question["schema"] or {"type": "string"}
            answer = dice.choice(question["choices"]) if question["choices"] else _value(schema, schema, dice, 0)
            try:
                conn.execute("select pgswarm.answer_question(%s, %s)", [question["question_id"], Jsonb(answer)])
            except psycopg.Error as error:
                print(f"  an answer was refused: {error.diag.message_primary}")
        print(f"  {len(living)} of {len(swarms)} go on", flush=True)
        time.sleep(2)


def _judged(conn: psycopg.Connection[Any], swarms: list[tuple[Any, str]]) -> Iterator[str]:
    """Print what became of each action, and yield what must not be."""
    told: dict[str, Counter[str]] = defaultdict(Counter)
    rows = conn.execute(
        "select s.swarm_id, s.outcome, s.paused_reason, n.error ->> 'code' as code from pgswarm.swarm s"
        " join pgswarm.node n on n.node_id = s.root_node_id"
    ).fetchall()
    names = dict(swarms)
    for row in rows:
        ended = row["paused_reason"] or (row["code"] if row["outcome"] == "failed" else row["outcome"])
        told[names[row["swarm_id"]]][str(ended)] += 1
    for action, ends in sorted(told.items()):
        print(f"{action.ljust(32)} {', '.join(f'{end} {count}' for end, count in ends.most_common())}")
    for row in conn.execute(
        "select action, error ->> 'code' as code, min(error ->> 'message') as message, count(*) as times"
        " from pgswarm.node where outcome = 'failed' group by 1, 2 order by 1, 2"
    ).fetchall():
        print(f"  {row['action']}: {row['code']} ({row['times']} times): {row['message'][:240]}")
    (spent,) = conn.execute(
        "select sum(spent_llm_calls) as calls, sum(spent_input_tokens + spent_output_tokens) as tokens,"
        " (select count(*) from pgswarm.node) as nodes from pgswarm.swarm"
    ).fetchall()
    print(json.dumps(spent, default=int))
    for row in conn.execute(
        "select action, error ->> 'code' as code, error ->> 'message' as message, count(*) as times from pgswarm.node"
        " where error ->> 'code' = any (%s) group by 1, 2, 3 order by 4 desc", [list(CRASHES)],
    ).fetchall():  # fmt: skip
        yield f"{row['action']}: {row['code']}: {row['message'][:300]} ({row['times']} times)"
    for row in conn.execute("select * from pgswarm.check_invariants()").fetchall():
        yield f"invariant: {row}"


if __name__ == "__main__":
    sys.exit(main())
