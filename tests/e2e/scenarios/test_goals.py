"""Goals and swarms from beginning to end, black box: through the API over HTTP alone; the model is a recording.

One processor works them all at once, each a swarm of its own; one test stops it, and starts another.
"""

import signal
from collections import Counter

import pytest

from e2e.scenarios.conftest import MANAGER, World
from e2e.scenarios.recording import (
    ASK_GOAL,
    FIRST,
    GAME_GOAL,
    HELLO,
    HELLO_GOAL,
    NEVER_GOAL,
    PARTS_GOAL,
    QUICK,
    QUICK_TOO,
    ROUNDS_GOAL,
    SECOND,
    SING_GOAL,
    SLOW,
    SLOW_S,
)
from pgswarm.client import ApiError, Client
from pgswarm.client.models import Node

pytestmark = pytest.mark.xdist_group("scenarios")  # they share one site
ROUTER = "swarm/route_action"


def test_a_root_is_alive_with_its_action_and_directive_and_ends_when_its_child_has(world: World) -> None:
    ended = world.ended("two in a row")
    (root,) = world.anna.state(ended.swarm_id, at_seq=2)
    assert (root.status, root.action, root.directive) == ("pending", "bench/chain", "two in a row")
    assert ended.outcome == "succeeded"
    events = list(world.anna.history(ended.swarm_id))
    told = [(event.kind, event.verb, event.node_id == root.node_id) for event in events if event.kind != "node.running"]
    assert told == [
        ("swarm.created", None, False),
        ("node.created", "spawn", True),
        ("node.awaiting_children", "spawn", True),
        ("node.created", "spawn", False),
        ("node.terminated", "finish", False),
        ("node.pending", "children_done", True),
        ("node.terminated", "finish", True),
        ("swarm.terminated", None, False),
    ]


def test_a_router_that_is_told_to_decompose_picks_decompose(world: World) -> None:
    ended = world.ended(PARTS_GOAL)
    assert (ended.outcome, ended.report) == ("succeeded", "The harbour, from three sides.")
    root = world.root(ended)
    assert root.action == ROUTER
    (call,) = world.anna.llm_calls(ended.swarm_id, root.node_id)
    assert f'"action": "{MANAGER}"' in str(call.request).replace("\\", "")
    (manager,) = world.nodes(PARTS_GOAL, MANAGER)
    assert (manager.parent_id, manager.directive) == (root.node_id, PARTS_GOAL)
    parts = [node for node in world.nodes(PARTS_GOAL, ROUTER) if node.parent_id == manager.node_id]
    assert sorted(part.directive for part in parts) == sorted([QUICK, SLOW, QUICK_TOO])


def test_a_parent_waits_for_its_one_slow_child(world: World) -> None:
    ended = world.ended(PARTS_GOAL)
    moves = world.moves(ended.swarm_id)
    (manager,) = world.nodes(PARTS_GOAL, MANAGER)
    parts = {node.directive: node for node in world.nodes(PARTS_GOAL, ROUTER) if node.parent_id == manager.node_id}
    ends = {name: moves[node.node_id][-1] for name, node in parts.items()}
    assert ends[SLOW].seq > max(ends[QUICK].seq, ends[QUICK_TOO].seq)
    assert (ends[SLOW].at - moves[manager.node_id][0].at).total_seconds() > SLOW_S
    (woken, *_) = (event for event in moves[manager.node_id] if event.verb == "children_done")
    assert woken.seq > ends[SLOW].seq
    assert woken.at == ends[SLOW].at
    between = [e for e in moves[manager.node_id] if ends[QUICK].seq < e.seq < woken.seq]
    assert between == []  # it held no worker while it waited


def test_an_incomplete_review_starts_a_second_round(world: World) -> None:
    ended = world.ended(ROUNDS_GOAL)
    assert (ended.outcome, ended.report) == ("succeeded", "Twice round.")
    parts = world.nodes(ROUNDS_GOAL, ROUTER)
    assert [part.directive for part in sorted(parts, key=lambda part: part.created_at)] == [FIRST, SECOND]
    assert len(world.nodes(ROUNDS_GOAL, "swarm/review_reports")) == 2


def test_a_review_that_is_never_content_ends_at_its_bound(world: World) -> None:
    ended = world.ended(NEVER_GOAL)
    error = world.root(ended).error or {}
    assert (ended.outcome, error["code"]) == ("failed", "rounds_exhausted")
    assert error["message"] == "After 2 rounds this is still left: the spot that was seen last"
    assert len(world.nodes(NEVER_GOAL, "swarm/review_reports")) == 2


def test_a_script_is_written_tested_kept_where_its_description_says_and_run(world: World) -> None:
    ended = world.ended(HELLO_GOAL)
    assert (ended.outcome, ended.report) == ("succeeded", "The script is kept, and greets."), world.root(ended)
    (kept,) = (entry for entry in world.anna.entries("memory", swarm_id=ended.swarm_id, folder="projects/Greetings/"))
    assert (kept.path, kept.kind) == ("projects/Greetings/hello.py", "python")
    assert kept.description == "Says hello."
    assert world.anna.content("memory", kept.entry_id) == HELLO.encode()
    *_, folder, _ = world.anna.entry_path("memory", kept.entry_id)
    assert world.anna.entry("memory", folder.entry_id).description == "Scripts that greet."
    assert "hello, world" in world.report_of(HELLO_GOAL, "code/run_python")
    assert "hello, world" in world.report_of(HELLO_GOAL, "code/test_python")


def test_a_game_of_tic_tac_toe_is_written_tested_and_played(world: World) -> None:
    ended = world.ended(GAME_GOAL)
    assert (ended.outcome, ended.report) == ("succeeded", "The game plays to its end."), world.root(ended)
    assert "it takes the win" in world.report_of(GAME_GOAL, "code/test_python")
    assert "winner: " in world.report_of(GAME_GOAL, "code/run_python")


def test_two_questions_are_answered_out_of_their_order_in_two_messages(world: World) -> None:
    swarm_id = world.ids[ASK_GOAL]
    questions = world.open_questions(swarm_id, 2)
    world.anna.answer(questions["Which memory?"].question_id, "the sea at night")
    assert [question.prompt for question in world.anna.questions(swarm_id=swarm_id)] == ["Which colour?"]
    world.anna.answer(questions["Which colour?"].question_id, "green")
    ended = world.ended(ASK_GOAL)
    assert (ended.outcome, ended.report) == (
        "succeeded",
        "Q: Which colour?\nA: green\n\nQ: Which memory?\nA: the sea at night",
    )


def test_what_nothing_fits_is_asked_back_and_then_fails_with_its_reason(world: World) -> None:
    swarm_id = world.ids[SING_GOAL]
    ((prompt, question),) = world.open_questions(swarm_id, 1).items()
    assert prompt.startswith("Nothing here can do this: “Sing me a song, aloud”. nothing fits")
    world.anna.answer(question.question_id, "hum it")
    ended = world.ended(SING_GOAL)
    assert (ended.outcome, (world.root(ended).error or {})["code"]) == ("failed", "no_action_fits")
    (suggestion,) = world.anna.suggestions(swarm_id=swarm_id)
    assert "Sing me a song, aloud" in str(suggestion)


def test_paused_in_mid_run_with_every_processor_stopped_it_goes_on_in_others(world: World) -> None:
    width = 80  # more than one processor runs at once
    swarm_id = world.anna.start("pause me", action="bench/fan_out", args={"width": width, "sleep_ms": 700}).swarm_id
    for event in world.anna.events(swarm_id, kinds=("node.running",), within_s=30):
        if event.data["depth"] == 1:
            break
    assert world.anna.pause(swarm_id).changed
    for _ in world.anna.events(swarm_id, kinds=("node.terminated", "node.pending"), within_s=30):
        if not list(world.anna.nodes(swarm_id, status="running")):
            break  # what ran has finished, what had not begun was given back
    world.processor.signal(signal.SIGTERM)
    assert world.processor.ended() == 0, world.processor.said()
    stopped = Counter(node.status for node in world.anna.nodes(swarm_id))
    assert stopped["running"] == 0 < stopped["terminated"] <= width, stopped
    assert world.anna.swarm(swarm_id).status == "paused"
    world.start_processor()
    assert world.anna.resume(swarm_id).changed
    ended = world.ended(swarm_id)
    assert (ended.outcome, ended.report, ended.nodes) == ("succeeded", f"{width} children terminated", width + 1)
    leaves = [node for node in world.anna.nodes(swarm_id) if node.depth == 1]
    assert {(leaf.outcome, leaf.activation) for leaf in leaves} == {("succeeded", 1)}  # each handler ran once
    happened = [event for of_node in world.moves(swarm_id).values() for event in of_node]
    assert Counter(event.kind for event in happened)["node.terminated"] == width + 1
    assert len({event.data["lease_owner"] for event in happened if event.kind == "node.running"}) == 2


def test_a_copy_goes_its_own_way(world: World) -> None:
    first = world.anna.start("copy me", action="bench/ask").swarm_id
    world.open_questions(first, 1)
    second = world.anna.copy(first).swarm_id
    for swarm_id, answer in ((second, "red"), (first, "green")):
        (question,) = world.open_questions(swarm_id, 1).values()
        world.anna.answer(question.question_id, answer)
    assert (world.ended(first).report, world.ended(second).report) == ('["green"]', '["red"]')
    ids = [{node.node_id for node in world.anna.nodes(swarm_id)} for swarm_id in (first, second)]
    assert not ids[0] & ids[1]


def test_a_fork_from_a_past_moment_rebuilds_the_whole_tree_as_it_was(world: World) -> None:
    ended = world.ended(PARTS_GOAL)
    moves = world.moves(ended.swarm_id)
    (listed, *_) = sorted(world.nodes(PARTS_GOAL, "files/list"), key=lambda node: moves[node.node_id][-1].seq)
    moment = moves[listed.node_id][-1].seq
    fork = world.anna.fork(ended.swarm_id, moment)
    was = shape(list(world.anna.state(ended.swarm_id, at_seq=fork.forked_at_seq)))
    assert {"terminated", "awaiting_children"} < {node[0] for node in was.values()}
    begun = shape(list(world.anna.state(fork.swarm_id, at_seq=1 + len(was))))
    assert begun == {path: ("pending" if s == "running" else s, *rest) for path, (s, *rest) in was.items()}
    assert (world.ended(fork).report, world.ended(PARTS_GOAL).last_seq) == (ended.report, ended.last_seq)


def shape(nodes: list[Node]) -> dict[tuple[str, ...], tuple[str, str | None, str | None]]:
    """Return a tree without its ids: each node's place by the directives above it, and what became of it."""
    by_id = {node.node_id: node for node in nodes}

    def place(node: Node) -> tuple[str, ...]:
        above = () if node.parent_id is None else place(by_id[node.parent_id])
        return (*above, f"{node.action}: {node.directive}")

    found = {place(node): (node.status, node.outcome, node.report) for node in nodes}
    assert len(found) == len(nodes)
    return found


@pytest.mark.parametrize(("username", "status"), [(None, 401), ("ben", 404)])
def test_who_has_no_account_or_anothers_id_gets_nothing(world: World, username: str | None, status: int) -> None:
    ours = world.anna.start("not for others", action="bench/ask").swarm_id
    (question,) = world.open_questions(ours, 1).values()
    root = world.anna.swarm(ours).root_node_id
    assert root is not None
    before = world.anna.swarm(ours).last_seq
    stranger: Client = world.client(username)
    for attempt in (
        lambda: stranger.swarm(ours),
        lambda: list(stranger.nodes(ours)),
        lambda: stranger.node(ours, root),
        lambda: list(stranger.state(ours, at_seq=2)),
        lambda: list(stranger.history(ours)),
        lambda: list(stranger.events(ours, within_s=10)),
        lambda: list(stranger.llm_calls(ours, root)),
        lambda: stranger.question(question.question_id),
        lambda: stranger.answer(question.question_id, "mine"),
        lambda: stranger.write(ours, "do it for me"),
        lambda: stranger.pause(ours),
        lambda: stranger.cancel(ours),
        lambda: stranger.copy(ours),
        lambda: stranger.fork(ours, 2),
        lambda: stranger.delete(ours),
        lambda: stranger.search_memory(ours, "anything"),
    ):
        with pytest.raises(ApiError) as refused:
            attempt()
        assert refused.value.status == status
    if username:
        assert (list(stranger.swarms()), list(stranger.questions())) == ([], [])
    assert world.anna.swarm(ours).last_seq == before
