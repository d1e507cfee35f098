"""Reads of large spaces, timed in the database: levels and searches. Rule: what exceeds its limit is an error.

Fills an empty database with a blueprint of `--actions` actions (a tenth of them in one folder) and a swarm's memory of
`--entries` texts, beside other swarms' memory of the same words, each with a vector of `--numbers`; registers as many
actions for all; then asks for levels, passages and nearest vectors. Prints JSON: milliseconds, the median and the
longest of `--rounds`; and which part of the truly nearest is found.
"""

import argparse
import json
import re
import statistics
import sys
import time
from typing import Any, Final, LiteralString

import psycopg
from psycopg.rows import dict_row

from pgswarm.migrations.upgrade import upgrade

Connection = psycopg.Connection[dict[str, Any]]
LIMIT_MS: Final = 50.0
WORDS: Final = 20_000

REGISTER: Final = """select pgswarm.register_actions('[{"action_id": "test/work"}]')"""
START: Final = """
select pgswarm.start_swarm(
         'remember', 'test/work', options => jsonb_build_object('blueprint', %(blueprint)s::uuid)) as id
"""
ACTIONS: Final = """
select count(pgswarm.save_blueprint_entry(
         %(blueprint)s, 'action ' || n, 'action', 'does the thing number ' || n,
         case when n %% 10 = 0 then 'crowded' else 'group ' || (n %% 97) || '/part ' || (n %% 7) end,
         space => 'action', fields => jsonb_build_object('action_id', 'made/' || n, 'source', 'created',
           'input_schema', '{"type": "object", "properties": {"subject": {"type": "string"}}}'::jsonb)))
  from generate_series(1, %(actions)s::integer) n
"""
# Rows as `save_entry` makes them, without events. Words by Zipf's law: a few stand in every text, most in a few.
MEMORY: Final = """
with texts as (
  select n, pgswarm.new_id() as entry_id,
         case when n %% 10 = 0 then 'projects/crowded' else 'references/shelf ' || (n %% 211) end as folder,
         (select string_agg('word' || floor(exp(random() * ln(%(words)s))), ' ')
            from generate_series(1, 60 + n %% 2)) as content
    from generate_series(%(first)s::integer, %(last)s::integer) n
),
filed as (
  insert into pgswarm.space_entry (
    swarm_id, entry_id, space, parent_id, path, name, kind, description, blob, size, created_at, updated_at)
  select %(swarm)s, t.entry_id, 'memory', pgswarm.find_entry(%(swarm)s, t.folder), t.folder || '/text ' || n || '.md',
         'text ' || n || '.md', 'markdown', 'text number ' || n, encode(sha256(convert_to(t.content, 'UTF8')), 'hex'),
         octet_length(t.content), now(), now()
    from texts t
)
insert into pgswarm.entry_chunk (swarm_id, scope_id, entry_id, chunk_no, first_line, last_line, content, hash)
select %(swarm)s, %(swarm)s, t.entry_id, 1, 1, 1, t.content, pgswarm.passage_hash('', t.content) from texts t
"""
FOLDERS: Final = """
select count(pgswarm.save_entry(%(swarm)s, null, f.name, 'folder', '', f.folder, null))
  from (select 'projects' as folder, 'crowded' as name
        union all select 'references', 'shelf ' || n from generate_series(0, 210) n) f
"""
# Vectors in groups, as those of texts are: 200 directions, and each text's own share beside.
VECTORS: Final = """
with direction as materialized (
  select d, (select array_agg((random() - 0.5)::real) from generate_series(1, %(numbers)s) where d > 0) as mid
    from generate_series(1, 200) d
)
insert into pgswarm.passage_vector (hash, model, embedding, signs, created_at)
select c.hash, %(model)s, v.unit, pgswarm.signs_of(v.unit), now()
  from (select hash, 1 + (row_number() over (order by hash)) %% 200 as d from pgswarm.entry_chunk
         where swarm_id is not null group by hash) c
  join direction g on g.d = c.d
 cross join lateral (
   select pgswarm.unit_vector(array_agg((m + 0.6 * (random() - 0.5))::real order by o)) as unit
     from unnest(g.mid) with ordinality u(m, o) where c.hash is not null) v
on conflict do nothing
"""
SOME_VECTORS: Final = """
select hash, embedding::text as vector from pgswarm.passage_vector where model = %(model)s order by hash limit 20
"""
EXACT: Final = """
select array_agg(n.hash) as found from (
  select v.hash from pgswarm.passage_vector v
   where v.model = %(model)s
     and exists (select from pgswarm.entry_chunk c where c.hash = v.hash and c.swarm_id = %(swarm)s)
   order by pgswarm.likeness(v.embedding, %(vector)s::real[]) desc limit 10) n
"""
NEAREST: Final = """
select array_agg(c.hash) as found
  from pgswarm.search_vectors(%(swarm)s, %(model)s, %(vector)s::real[], 10) f
  join pgswarm.entry_chunk c on c.entry_id = f.entry_id and c.first_line = f.first_line
"""
CREATE: Final = "select pgswarm.create_action(%(s)s, %(node)s, %(name)s, 'does a thing', 'pass', %(fields)s::jsonb)"
SCHEMA: Final = {"type": "object", "properties": {"subject": {"type": "string"}}}
PGVECTOR: Final = "select max(extversion) as version from pg_extension where extname = 'vector'"
WHOLE: Final = "vectors: which are missing, of all"
"""A pass over every passage, before a search of the whole memory: no limit."""
MODEL: Final = "of the benchmark"
ASKED: Final = 20
BATCH: Final = 2_000
SERVER_MS: Final = "select clock_timestamp() as t"


def fill(conn: Connection, actions: int, entries: int) -> tuple[str, str]:
    """Make the blueprint and two swarms that start from it, the second with a tenth of the memory; return their ids."""
    conn.execute(REGISTER)
    blueprint = one(conn, "select pgswarm.create_blueprint('large') as id")
    conn.execute(ACTIONS, {"blueprint": blueprint, "actions": actions})
    swarm, other = (one(conn, START, blueprint=blueprint) for _ in range(2))
    for swarm_id, wanted in ((swarm, entries), (other, entries // 10)):
        conn.execute(FOLDERS, {"swarm": swarm_id})
        for first in range(1, wanted + 1, BATCH):
            last = min(first + BATCH - 1, wanted)
            conn.execute(MEMORY, {"swarm": swarm_id, "words": WORDS, "first": first, "last": last})
            print(f"\r{last:,}/{wanted:,} texts ", end="", file=sys.stderr)
    conn.execute("vacuum analyze pgswarm.space_entry")
    conn.execute("vacuum analyze pgswarm.entry_chunk")
    return blueprint, swarm


def fill_vectors(conn: Connection, numbers: int) -> float | None:
    """Make a vector of each passage; return the seconds that the index takes, None without pgvector."""
    conn.execute(VECTORS, {"model": MODEL, "numbers": numbers})
    conn.execute("vacuum analyze pgswarm.passage_vector")
    if one(conn, "select pgswarm.vector_schema() as schema") is None:
        return None
    began = time.monotonic()
    conn.execute("set maintenance_work_mem = '512MB'")
    conn.execute("select pgswarm.index_vectors(%s, %s)", [MODEL, numbers])
    return round(time.monotonic() - began, 1)


def act(conn: Connection, actions: int, swarm: str) -> dict[str, float]:
    """Register as many actions, for all swarms, and have a swarm make some; return the seconds that each took."""
    took: dict[str, float] = {}

    def timed_as(what: str, query: LiteralString, **params: Any) -> None:
        began = time.monotonic()
        conn.execute(query, params)
        took[what] = round(time.monotonic() - began, 4)

    specs = json.dumps(
        [
            {"action_id": f"kept {n % 97}/act {n}", "description": f"does the thing number {n}", "input_schema": SCHEMA}
            for n in range(actions)
        ]
    )
    timed_as(f"register {actions:,} actions", "select pgswarm.register_actions(%(specs)s::jsonb)", specs=specs)
    timed_as("the same again", "select pgswarm.register_actions(%(specs)s::jsonb)", specs=specs)
    conn.execute("vacuum analyze pgswarm.action")
    conn.execute("vacuum analyze pgswarm.space_entry")
    node = one(conn, "select root_node_id as id from pgswarm.swarm where swarm_id = %(s)s", s=swarm)
    for number in range(5):
        fields = {"hash": f"{number:064x}", "input_schema": SCHEMA, "approval": {"by": "policy"}}
        timed_as(
            "create one", CREATE, s=swarm, node=node, name=f"made_{number}", fields=json.dumps(fields)
        )  # fmt: skip
    return took


def one(conn: Connection, query: LiteralString, **params: Any) -> Any:
    """Return the one value of a query."""
    (value,) = conn.execute(query, params or None).fetchall()[0].values()
    return value


def reads(conn: Connection, swarm: str) -> dict[str, tuple[LiteralString, dict[str, Any]]]:
    """Return what is timed, by name."""
    find: LiteralString = "select pgswarm.find_entry(%(s)s, %(path)s, %(space)s) as id"
    level: LiteralString = "select * from pgswarm.list_level(%(s)s, %(space)s, %(folder)s, after => %(after)s)"
    search: LiteralString = "select * from pgswarm.search_memory(%(s)s, %(query)s, 10)"
    crowded = one(conn, find, s=swarm, path="crowded", space="action")
    heap = one(conn, find, s=swarm, path="projects/crowded", space="memory")
    shelves = one(conn, find, s=swarm, path="references", space="memory")
    shelf = one(conn, find, s=swarm, path="references/shelf 7", space="memory")

    def level_of(space: str, folder: Any = None, after: str | None = None) -> tuple[LiteralString, dict[str, Any]]:
        return level, {"s": swarm, "space": space, "folder": folder, "after": after}

    def search_for(query: str) -> tuple[LiteralString, dict[str, Any]]:
        return search, {"s": swarm, "query": query}

    registered: LiteralString = "select action_id, description, input_schema, routable from pgswarm.action"
    made: LiteralString = "select * from pgswarm.created_actions(%(s)s, %(action)s)"
    below: LiteralString = "select * from pgswarm.search_memory(%(s)s, 'word1 word77', 10, %(folder)s)"
    return {
        "level: actions, root": level_of("action"),
        "level: 1,000 actions in one folder": level_of("action", crowded, "action 5000"),
        "actions: all that are registered": (registered, {}),
        "actions: one that was made, of 10,000": (made, {"s": swarm, "action": "made/77"}),
        "level: memory, root": level_of("memory"),
        "level: 211 folders": level_of("memory", shelves),
        "level: 10,000 texts in one folder": level_of("memory", heap, "text 5000.md"),
        "search: rare word": search_for("word15123"),
        "search: frequent word": search_for("word1"),
        "search: rare and frequent": search_for("word1 word15123"),
        "search: four frequent": search_for("word1 word2 word3 word4"),
        "search: sixteen words": search_for(" ".join(f"word{n**3}" for n in range(1, 17))),
        "search: below a folder of 400 texts": (below, {"s": swarm, "folder": shelf}),
        "search: below one of 90,000": (below, {"s": swarm, "folder": shelves}),
    } | near(conn, swarm, heap, shelf)


def near(conn: Connection, swarm: str, heap: Any, shelf: Any) -> dict[str, tuple[LiteralString, dict[str, Any]]]:
    """Return the searches by vector; none where there are no vectors."""
    some = conn.execute(SOME_VECTORS, {"model": MODEL}).fetchall()
    if not some:
        return {}
    nearest: LiteralString = "select * from pgswarm.search_vectors(%(s)s, %(model)s, %(query)s::real[], 10, %(folder)s)"
    missing: LiteralString = "select * from pgswarm.missing_vectors(%(s)s, %(model)s, 512, %(folder)s)"
    about = {"s": swarm, "model": MODEL, "query": some[0]["vector"]}
    return {
        "vectors: of all": (nearest, about | {"folder": None}),
        "vectors: below a folder of 10,000 texts": (nearest, about | {"folder": heap}),
        "vectors: below a folder of 400 texts": (nearest, about | {"folder": shelf}),
        WHOLE: (missing, about | {"folder": None}),
        "vectors: which are missing, of 400": (missing, about | {"folder": shelf}),
    }


def recall(conn: Connection, swarm: str) -> float | None:
    """Return which part of the ten nearest passages a search by vector finds, on the average; None: no vectors."""
    some = conn.execute(SOME_VECTORS, {"model": MODEL}).fetchall()[:ASKED]
    right = 0
    for row in some:
        asked = {"swarm": swarm, "model": MODEL, "vector": row["vector"]}
        exact, found = (set(one(conn, query, **asked) or ()) for query in (EXACT, NEAREST))
        right += len(exact & found)
    return round(right / (10 * len(some)), 3) if some else None


class Cpu:
    """What the server says a statement cost its process: other work on the machine does not stretch it."""

    def __init__(self, conn: Connection) -> None:
        """Ask the server to say it; needs a superuser."""
        self.ms = 0.0
        conn.add_notice_handler(self._take)
        conn.execute("set log_executor_stats = on")
        conn.execute("set client_min_messages = log")

    def _take(self, said: psycopg.errors.Diagnostic) -> None:
        found = re.search(r"([\d.]+) s user, ([\d.]+) s system", said.message_detail or "")
        if found:
            self.ms = 1000 * (float(found[1]) + float(found[2]))


def timed(conn: Connection, cpu: Cpu, read: tuple[LiteralString, dict[str, Any]], rounds: int) -> dict[str, float]:
    """Return how long a read takes in the database, in milliseconds: median and longest, and the median of its CPU."""
    took, used = [], []
    for _ in range(rounds):
        plan = conn.execute(b"explain (analyze, timing off, format json) " + read[0].encode(), read[1]).fetchall()
        took.append(float(plan[0]["QUERY PLAN"][0]["Execution Time"]))
        used.append(cpu.ms)
    return {
        "median": round(statistics.median(took), 2),
        "longest": round(max(took), 2),
        "cpu": round(statistics.median(used), 2),
    }


def main() -> None:
    """Fill, read, print; exit 1 where a median is above the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", required=True, help="an empty database, which is filled")
    parser.add_argument("--actions", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--numbers", type=int, default=256, help="of a vector; 0: no vectors")
    asked = parser.parse_args()
    upgrade(asked.url)
    made: dict[str, Any] = {}
    with psycopg.connect(asked.url, autocommit=True, row_factory=dict_row) as conn:
        swarms = conn.execute("select swarm_id from pgswarm.swarm order by 1").fetchall()
        swarm = str(swarms[0]["swarm_id"]) if swarms else fill(conn, asked.actions, asked.entries)[1]
        if not swarms:
            made = {"seconds": act(conn, asked.actions, swarm)}
            if asked.numbers:
                made["seconds"]["index of vectors"] = fill_vectors(conn, asked.numbers)
        wanted = reads(conn, swarm)
        cpu = Cpu(conn)
        found = {name: timed(conn, cpu, read, asked.rounds) for name, read in wanted.items()}
        made |= {"pgvector": one(conn, PGVECTOR), "recall of 10": recall(conn, swarm)}
        version = conn.info.server_version // 10000
    told = {"postgresql": version, "actions": asked.actions, "texts": asked.entries, **made, "ms": found}
    print(json.dumps(told, indent=1))
    slow = [name for name, took in found.items() if took["median"] > LIMIT_MS and name != WHOLE]
    if slow:
        sys.exit(f"above {LIMIT_MS} ms: {', '.join(slow)}")


if __name__ == "__main__":
    main()
