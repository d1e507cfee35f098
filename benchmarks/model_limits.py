"""How well a limit on a model is used, and what waiting for it costs.

`python -P benchmarks/model_limits.py --database URL`: swarms of one call each, a model server on loopback that takes a
fixed time, a limit of calls at once over two processors. Prints the time beside the shortest possible one, the most
calls at once, how often nodes were given back, and the CPU time of the processors for each call.
"""

import argparse
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psutil
import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from pgswarm.migrations.upgrade import upgrade

ACTION = "swarm/review_branch"
ANSWER = json.dumps({"complete": True, "reason": "yes", "questions": []})


class Model(BaseHTTPRequestHandler):
    """Answers after `takes_s`, and counts."""

    protocol_version = "HTTP/1.1"
    takes_s = 0.5
    lock = threading.Lock()
    now = most = 0

    def do_POST(self) -> None:
        """Answer one call."""
        self.rfile.read(int(self.headers["content-length"]))
        with Model.lock:
            Model.now += 1
            Model.most = max(Model.most, Model.now)
        time.sleep(self.takes_s)
        with Model.lock:
            Model.now -= 1
        message = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": ANSWER}}
        usage = {"prompt_tokens": 100, "completion_tokens": 10}
        body = json.dumps({"id": "c", "object": "chat.completion", "model": "m", "choices": [message], "usage": usage})
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def main() -> None:
    """Run it once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", required=True, help="a PostgreSQL server on which a database may be made")
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--takes-s", type=float, default=0.5)
    parser.add_argument("--processors", type=int, default=2)
    asked = parser.parse_args()
    Model.takes_s = asked.takes_s
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    name = f"models_limits_{os.getpid()}"
    url = make_conninfo(asked.database, dbname=name)
    with psycopg.connect(asked.database, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            upgrade(url)
            run(url, f"http://127.0.0.1:{server.server_port}/v1", asked)
        finally:
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def run(url: str, model_url: str, asked: argparse.Namespace) -> None:
    """Start everything, wait, and print the figures."""
    env = os.environ | {"PGSWARM_DATABASE_URL": url, "OPENAI_BASE_URL": model_url, "PGSWARM_MODEL": "m",
                        "PGSWARM_MODEL_CONCURRENCY": "1000"}  # fmt: skip
    command = [sys.executable, "-m", "pgswarm.processor", "--log", "error"]
    workers = [psutil.Popen(command, env=env) for _ in range(asked.processors)]
    try:
        with psycopg.connect(url, autocommit=True) as conn:
            while not conn.execute("select from pgswarm.action where action_id = %s", [ACTION]).fetchall():
                time.sleep(0.1)
            conn.execute("select pgswarm.set_model_limit(model => 'm', concurrency => %s)", [asked.concurrency])
            before = sum(sum(w.cpu_times()[:2]) for w in workers)
            began = time.monotonic()
            for number in range(asked.calls):
                conn.execute(
                    "select pgswarm.start_swarm('g', %s, %s)",
                    [ACTION, Jsonb({"directive": f"d{number}", "report": "r"})],
                )
            while conn.execute("select from pgswarm.swarm where status = 'active' limit 1").fetchall():
                time.sleep(0.05)
            took = time.monotonic() - began
            cpu = sum(sum(w.cpu_times()[:2]) for w in workers) - before
            released = conn.execute("select count(*) from pgswarm.event where verb = 'release'").fetchall()[0][0]
    finally:
        for worker in workers:
            worker.kill()
    shortest = asked.calls * asked.takes_s / asked.concurrency
    print(f"{asked.calls} calls of {asked.takes_s} s, {asked.concurrency} at once, {asked.processors} processors")
    print(f"took {took:.1f} s, {took / shortest:.2f} times the shortest possible ({shortest:.1f} s)")
    print(f"most at once {Model.most}; given back {released} times, {released / asked.calls:.2f} a call")
    print(f"CPU of the processors {1000 * cpu / asked.calls:.1f} ms a call")


if __name__ == "__main__":
    main()
