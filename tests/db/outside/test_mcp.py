"""Tools of a real MCP server as actions: called once, their questions in the inbox, their texts as data."""

import asyncio
import json
import socket

from pgswarm.processor.catalogue import Catalogue
from pgswarm.processor.connect import Outage
from pgswarm.processor.side import Side
from support.connections import desk as desk_module
from support.connections.serving import listening
from support.connections.worker import PATIENCE, Worker
from support.wait import wait_until_async


async def test_tools_are_actions_with_their_own_schemas(worker: Worker) -> None:
    await worker.desk(only=["add", "send_*"])
    rows = worker.db.rows("select * from pgswarm.action where source = 'mcp:desk' order by action_id")
    assert [row["action_id"] for row in rows] == ["mcp/desk/add", "mcp/desk/send_letter"]
    assert rows[0]["input_schema"]["properties"].keys() == {"first", "second"}
    assert rows[0]["description"].startswith("Add two numbers. (Tool add of the connected server desk")
    assert rows[0]["routable"]


async def test_a_tool_is_called_once_through_an_effect(worker: Worker) -> None:
    await worker.desk()
    root = await worker.ends("mcp/desk/send_letter", {"to": "Ada", "lines": '["one", "two"]'})
    assert (root["outcome"], root["report"]) == ("succeeded", "Sent 2 lines to Ada.")
    assert worker.done() == ["letter to Ada"]
    assert worker.db.value("select key from pgswarm.effect where state = 'done'") == "mcp/desk/send_letter, call 1"


async def test_arguments_that_do_not_fit_are_refused_before_the_server_hears_of_them(worker: Worker) -> None:
    await worker.desk()
    root = await worker.ends("mcp/desk/send_letter", {"to": "Ada", "lines": [1]})
    assert root["error"]["code"] == "invalid_args"
    assert "args.lines" in root["error"]["message"]
    assert worker.done() == []


async def test_a_tool_that_fails_is_a_failed_node_with_its_words(worker: Worker) -> None:
    await worker.desk()
    root = await worker.ends("mcp/desk/fail")
    assert root["error"]["code"] == "outside_error"
    assert "out of paper" in root["error"]["message"]


async def test_a_question_goes_to_the_inbox_and_its_answer_back(worker: Worker) -> None:
    await worker.desk()
    swarm_id = worker.start("mcp/desk/paint", {"house": "No. 7"})
    await worker.work()
    (question,) = worker.asked()
    assert question["prompt"].startswith("mcp/desk/paint asks: Which colour?\n- colour (string, required): One word")
    assert worker.done() == []
    worker.answer("blue")
    await worker.work()
    assert worker.root(swarm_id)["report"] == "No. 7 is blue."
    assert worker.done() == ["painted No. 7 blue"]


async def test_a_declined_question_ends_the_call_as_the_tool_has_it(worker: Worker) -> None:
    await worker.desk()
    root = await worker.ends("mcp/desk/paint", {"house": "No. 7"}, "decline")
    assert root["outcome"] == "failed"
    assert worker.done() == []


async def test_an_older_servers_question_is_answered_when_it_is_called_again(worker: Worker) -> None:
    await worker.desk(protocol="legacy")
    swarm_id = worker.start("mcp/desk/build")
    await worker.work()
    (question,) = worker.asked()
    assert "called once more, from its start" in question["prompt"]
    worker.answer({"width": 3})
    await worker.work()
    assert worker.root(swarm_id)["report"] == "A shed of 3 by 1."
    assert worker.done() == ["build called", "build called", "built 3x1"]


async def test_a_server_process_that_forgot_its_question_is_called_anew_with_the_answer(worker: Worker) -> None:
    await worker.desk_process(only=["paint"])  # each call is another process, with another key for its states
    root = await worker.ends("mcp/desk/paint", {"house": "No. 9"}, {"colour": "green"})
    assert root["report"] == "No. 9 is green."
    assert worker.done() == ["painted No. 9 green"]


async def test_what_a_server_says_is_cleaned_and_bounded_and_holds_no_secret(worker: Worker) -> None:
    await worker.desk(headers={"X-Desk": "Bearer ${DESK_TOKEN}"})
    swarm_id = worker.start("mcp/desk/chatter")
    await worker.work()
    report = worker.db.value(
        "select pgswarm.full_text(report_blob) from pgswarm.node where swarm_id = %(id)s", id=swarm_id
    )
    assert report.startswith("my token is [secret][31m\n\n(image/png, about 6 bytes: not kept)\n\nxxx")
    assert len(report) < 21_000
    assert "results/mcp-desk-chatter-" in report
    dumped = json.dumps(worker.db.rows("select to_jsonb(e) from pgswarm.event e")) + json.dumps(
        worker.db.rows("select to_jsonb(e) from pgswarm.effect e")
    )
    assert "a-very-secret-token" not in dumped


async def test_more_than_the_bound_is_not_read(worker: Worker) -> None:
    await worker.desk(max_bytes=1_000_000)
    swarm_id = worker.start("mcp/desk/flood")
    await worker.until(lambda: worker.root(swarm_id)["status"] == "waiting_user")
    said = worker.db.value("select string_agg(data #>> '{error,message}', ' ') from pgswarm.event")
    assert "more than 1,000,000 bytes" in said
    (asked,) = worker.asked()  # nobody knows what the tool did: the second attempt asks
    assert "mcp/desk/flood" in asked["prompt"]


async def test_a_server_that_is_down_costs_its_own_actions_only(worker: Worker) -> None:
    await worker.connect(
        mcp={"desk": {"url": worker.address, "only": ["add"]}, "gone": {"url": "http://127.0.0.1:9/mcp"}}
    )
    root = await worker.ends("mcp/desk/add", {"first": 1, "second": 2})
    assert root["report"] == "3"


async def test_a_server_that_goes_down_later_is_tried_again_and_then_named(worker: Worker) -> None:
    with listening(lambda _: desk_module.desk.streamable_http_app(stateless_http=True)) as address:
        await worker.connect(mcp={"desk": {"url": f"{address}/mcp", **PATIENCE}})
    swarm_id = worker.start("mcp/desk/add", {"first": 1, "second": 2})
    await worker.work()
    error = worker.root(swarm_id)["error"]
    assert error["code"] == "outside_unreachable"
    assert error["message"].startswith("mcp.desk cannot be reached")


async def test_an_action_that_is_no_longer_offered_is_no_longer_shown_to_routers(worker: Worker) -> None:
    await worker.desk(only=["add", "fail"])
    await worker.desk(only=["add"])
    routable = "select action_id from pgswarm.action where routable and source = 'mcp:desk'"
    await worker.until(lambda: worker.db.rows(routable) == [{"action_id": "mcp/desk/add"}])


async def test_a_server_that_comes_up_later_is_found_while_the_processor_works(worker: Worker) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    await worker.connect(mcp={"desk": {"url": f"http://127.0.0.1:{port}/mcp", "only": ["add"], **PATIENCE}})
    assert worker.outside is not None
    catalogue, side = Catalogue(worker.registry), Side(worker.db.url, Outage())
    working = asyncio.create_task(worker.outside.run(catalogue, side, once=False))
    try:
        with listening(lambda _: desk_module.desk.streamable_http_app(stateless_http=True), port):
            known = "select routable from pgswarm.action where action_id = 'mcp/desk/add'"

            async def registered() -> object:
                return worker.db.rows(known)

            await wait_until_async(registered, "the tool is registered", within_s=60)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await side.close()
    assert catalogue.known("mcp/desk/add")
