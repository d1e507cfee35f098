"""What models say while they say it: shown to the owner who asks, by any API process, never kept, never in the way."""

from typing import Any

from support.journal import begin, end
from support.streams import Stream
from support.verbs import Conn, Run, finish

KINDS = "?kind=node.*&kind=llm.partial"


def say(conn: Conn, run: Run, text: str, *, from_char: int = 0, round_no: int = 0, epoch: int | None = None) -> None:
    conn.execute(
        "select pgswarm.add_partials(swarm_ids => %s, node_ids => %s, epochs => %s, activations => %s, call_nos => %s,"
        " rounds => %s, from_chars => %s, parts => %s)",
        [[run.swarm_id], [run.node_id], [run.epoch if epoch is None else epoch], [run.row["activation"]], [1],
         [round_no], [from_char], [text]],
    )  # fmt: skip


async def partial(stream: Stream) -> dict[str, Any]:
    event = await stream.event()
    assert event.kind == "llm.partial"
    return event.data


async def test_owner_who_asks_sees_an_answer_grow_and_goes_on_from_the_last_stored_event(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "pending", stream=True)
    run = api.claim(swarm_id)
    begin(api.db.conn, run)
    say(api.db.conn, run, '{"city": ')
    stream = await live.watch(swarm_id, KINDS)
    assert [e.kind for e in await stream.until(lambda e: e.seq == 3)] == ["node.created", "node.running"]
    first = await partial(stream)
    assert list(first) == ["swarm_id", "seq", "kind", "at", "node_id", "data"]
    assert (first["seq"], first["node_id"]) == (3, str(run.node_id))
    say(api.db.conn, run, '"Bern"}', from_char=9)
    second = await partial(stream)
    assert [p["data"]["text"] for p in (first, second)] == ['{"city": ', '"Bern"}']
    assert (second["data"]["from_char"], second["data"]["round"]) == (9, 0)
    assert stream.last_id == "3"  # a partial answer has no id
    say(api.db.conn, run, "again", round_no=1)
    assert (await partial(stream))["data"]["round"] == 1
    end(api.db.conn, run, 1, 1, 0)
    api.worker.does(finish(run))
    assert (await stream.event()).kind == "node.terminated"
    assert api.db.value("select count(*) from pgswarm.partial_answer") == 0
    assert "partial" not in str(api.db.rows("select kind from pgswarm.event"))


async def test_nobody_else_sees_it_and_nobody_who_did_not_ask(live: Any) -> None:
    api = live.api
    mine = api.swarm(api.anna, "pending", stream=True)
    runs = [api.claim(mine)]
    others = api.swarm(api.ben, "pending", stream=True)
    runs.append(api.claim(others))
    unasked = await live.watch(mine)
    own = await live.watch(others, KINDS, api.ben)
    refused = await live.watch(mine, KINDS, api.ben)
    assert refused.status == 404
    for number, run in enumerate(runs):
        begin(api.db.conn, run)
        say(api.db.conn, run, f"said {number}")
    await own.until(lambda e: e.kind == "llm.partial" and e.data["data"]["text"] == "said 1")
    for run in runs:
        api.worker.does(finish(run))
    seen = await unasked.until(lambda e: e.kind == "swarm.terminated")
    assert [e.seq for e in seen] == list(range(1, len(seen) + 1))
    rest = await own.until(lambda e: e.kind == "node.terminated")
    assert {e.data["swarm_id"] for e in rest} == {str(others)}


async def test_worker_that_lost_the_node_says_nothing_and_a_forged_notification_shows_nothing(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "pending", stream=True)
    run = api.claim(swarm_id)
    stream = await live.watch(swarm_id, KINDS)
    for payload in ("", "nonsense", str(swarm_id), "x" * 7000):
        api.db.run("select pg_notify('pgswarm_partial', %(payload)s)", payload=payload)
    say(api.db.conn, run, "late", epoch=run.epoch - 1)
    say(api.db.conn, run, "in time", from_char=4)
    seen = await stream.until(lambda e: e.kind == "llm.partial")
    assert seen[-1].data["data"]["text"] == "in time"


async def test_what_is_said_is_bounded_and_whoever_is_slow_gets_the_newest(live: Any) -> None:
    api = live.api
    swarm_id = api.swarm(api.anna, "pending", stream=True)
    run = api.claim(swarm_id)
    for number in range(40):
        say(api.db.conn, run, "x" * 8_000, from_char=8_000 * number)
    stream = await live.watch(swarm_id, KINDS)
    got = [e for e in await stream.until(lambda e: e.data["data"].get("from_char") == 8_000 * 39)
           if e.kind == "llm.partial"]  # fmt: skip
    assert 1 < len(got) < 20


async def test_who_watches_all_their_swarms_sees_it_of_them_alone_and_after_what_was_stored(live: Any) -> None:
    api = live.api
    stream = await live.get(f"/v1/events{KINDS}", api.anna)
    unasked = await live.get("/v1/events", api.anna)
    for opened in (stream, unasked):
        assert await opened.message() is None
    runs = {}
    for owner in (api.ben, api.anna, api.anna):
        run = api.claim(api.swarm(owner, "pending", stream=True))
        begin(api.db.conn, run)
        say(api.db.conn, run, f"by {owner.username}")
        runs[str(run.swarm_id)] = run
    theirs, *mine = runs
    got = await stream.until(lambda e: e.kind == "llm.partial")
    while {e.data["swarm_id"] for e in got if e.kind == "llm.partial"} != set(mine):
        got.append(await stream.event())
    kinds = [e.kind for e in got if e.data["swarm_id"] == mine[0]]
    assert kinds == ["node.created", "node.running", "llm.partial"]
    first = next(e for e in got if e.kind == "llm.partial" and e.data["swarm_id"] == mine[0])
    assert (first.data["seq"], first.data["data"]["text"]) == (3, "by anna")
    say(api.db.conn, runs[mine[1]], " again", from_char=7)
    assert (await partial(stream))["data"]["text"] == " again"
    for run in runs.values():
        api.worker.does(finish(run))
    rest = await unasked.until(lambda e: e.kind == "swarm.terminated")
    rest += await unasked.until(lambda e: e.kind == "swarm.terminated")
    assert "llm.partial" not in {e.kind for e in rest}
    assert theirs not in {e.data["swarm_id"] for e in got + rest}


async def test_a_conversations_stream_has_what_is_said_in_its_swarms(live: Any) -> None:
    api = live.api
    conversation = str(api.db.value("select pgswarm.begin_conversation(title => 'x', owner => %(o)s)",
                                    o=api.anna.account_id))  # fmt: skip
    stream = await live.get(f"/v1/events{KINDS}&conversation_id={conversation}", api.anna)
    assert await stream.message() is None
    for options in ({}, {"conversation_id": conversation}):
        run = api.claim(api.swarm(api.anna, "pending", stream=True, **options))
        begin(api.db.conn, run)
        say(api.db.conn, run, "said")
    got = await stream.until(lambda e: e.kind == "llm.partial")
    assert {e.data["swarm_id"] for e in got} == {str(run.swarm_id)}
