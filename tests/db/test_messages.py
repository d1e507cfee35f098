"""Messages that people write unasked."""

from support.verbs import (
    MINA,
    Conn,
    Kid,
    Worker,
    add_message,
    answer,
    as_account,
    ask,
    call,
    events,
    node,
    nodes,
    open_questions,
    spawn,
    start,
)


def test_messages_reach_the_next_activation_of_their_node_or_of_all(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn)
    add_message(conn, swarm_id, None, "to all")
    root = worker.claim_one()
    assert [m["content"] for m in root.row["context"]["messages"]] == ["to all"]
    worker.does(spawn(root, Kid(directive="a"), Kid(directive="b")))
    a = next(key for key, row in nodes(conn, swarm_id).items() if row["directive"] == "a")
    seen = len(events(conn, swarm_id))
    add_message(conn, swarm_id, a, "to a")
    (told,) = events(conn, swarm_id)[seen:]  # wakes nobody
    assert (told["kind"], told["node_id"], told["data"]["content"]) == ("message.added", a, "to a")
    said = {r.row["directive"]: [m["content"] for m in r.row["context"]["messages"]] for r in worker.claim(2)}
    assert said == {"a": ["to all", "to a"], "b": ["to all"]}


def test_message_to_a_waiting_node_waits_with_it(conn: Conn, worker: Worker) -> None:
    swarm_id = start(conn, owner=MINA)
    run = worker.claim_one()
    worker.does(ask(run, "?"))
    as_account(conn, MINA)
    add_message(conn, swarm_id, run.node_id, "by the way")
    as_account(conn, None)
    assert node(conn, run)["status"] == "waiting_user"
    answer(conn, open_questions(conn, swarm_id)[0]["question_id"], 1)
    context = worker.claim_one().row["context"]
    assert [(m["role"], m["content"]) for m in context["messages"]] == [("user", "by the way")]
    assert call(conn, "select author from pgswarm.message") == str(MINA)
