"""Conversations and uploads by the verbs."""

import uuid
from uuid import UUID

import psycopg
import pytest

from pgswarm.schema.errors import ConflictError, InvalidInputError, NotFoundError, translate
from support.database import Database
from support.verbs import Conn, call, events, start


def upload(conn: Conn, name: str, content: bytes, owner: UUID | None = None) -> UUID:
    found: UUID = call(
        conn,
        "select pgswarm.create_upload(name => %s, kind => 'text', content => %s, owner => %s)",
        name,
        content,
        owner,
    )
    return found


def end(conn: Conn, conversation_id: UUID) -> bool:
    return bool(call(conn, "select pgswarm.end_conversation(conversation_id => %s)", conversation_id))


def test_same_start_again_gives_its_swarm_after_the_end_of_its_conversation_too(conn: Conn) -> None:
    chosen = uuid.uuid4()
    swarm_id = start(conn, key="k", conversation_id=str(chosen))
    assert end(conn, chosen)
    assert not end(conn, chosen)
    assert start(conn, key="k", conversation_id=str(chosen)) == swarm_id
    with pytest.raises(psycopg.Error) as refused:
        start(conn, conversation_id=str(chosen))
    assert isinstance(translate(refused.value), ConflictError)
    assert call(conn, "select count(*) from pgswarm.swarm") == 1
    assert events(conn, swarm_id)[0]["data"]["conversation_id"] == str(chosen)


def test_swarm_does_not_join_while_the_conversation_ends(db: Database, conn: Conn) -> None:
    """Whoever comes first: a swarm that joined before the end, or a refusal after it."""
    chosen = uuid.uuid4()
    start(conn, conversation_id=str(chosen))
    with db.connect(autocommit=False) as ending:
        assert end(ending, chosen)
        with db.connect() as joining:
            joining.execute("set lock_timeout = '200ms'")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                start(joining, conversation_id=str(chosen))
        ending.commit()
    with pytest.raises(psycopg.Error) as refused:
        start(conn, conversation_id=str(chosen))
    assert isinstance(translate(refused.value), ConflictError)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"conversation_id": "x"}, "options.conversation_id"),
        ({"conversation_id": 1}, "options.conversation_id"),
        ({"conversation_id": None}, "options.conversation_id"),
        ({"files": "x"}, "options.files"),
        ({"files": ["x"]}, "options.files"),
        ({"files": [None]}, "options.files"),
    ],
)
def test_options_that_name_nothing_are_refused(conn: Conn, options: dict[str, object], field: str) -> None:
    with pytest.raises(psycopg.Error) as refused:
        start(conn, **options)
    error = translate(refused.value)
    assert isinstance(error, InvalidInputError)
    assert error.field == field


def test_conversation_that_is_not_known_is_neither_renamed_nor_ended(conn: Conn) -> None:
    for query in (
        "select pgswarm.end_conversation(conversation_id => %s)",
        "select pgswarm.rename_conversation(conversation_id => %s, title => 'x')",
    ):
        with pytest.raises(psycopg.Error) as refused:
            conn.execute(query.encode(), [uuid.uuid4()])
        assert isinstance(translate(refused.value), NotFoundError)


def test_same_upload_is_one_and_is_attached_once(conn: Conn) -> None:
    first = upload(conn, "a.txt", b"alpha")
    assert upload(conn, "a.txt", b"alpha") == first
    assert upload(conn, "b.txt", b"alpha") != first
    assert call(conn, "select count(*) from pgswarm.blob") == 1
    swarm_id = start(conn, files=[str(first), str(first)])
    seen = len(events(conn, swarm_id))
    call(
        conn,
        "select pgswarm.add_message(swarm_id => %s, node_id => null, content => 'again', files => %s)",
        swarm_id,
        [first],
    )
    assert [e["kind"] for e in events(conn, swarm_id)[seen:]] == ["message.added"]  # it is there already
    assert call(conn, "select count(*) from pgswarm.space_entry where blob is not null") == 1


def test_upload_of_one_account_is_not_attached_to_another_s_swarm(conn: Conn) -> None:
    anna, ben = uuid.uuid4(), uuid.uuid4()
    hers = upload(conn, "a.txt", b"alpha", anna)
    with pytest.raises(psycopg.Error) as refused:
        start(conn, owner=ben, files=[str(hers)])
    assert isinstance(translate(refused.value), NotFoundError)
    assert start(conn, owner=anna, files=[str(hers)])


def test_events_of_a_message_with_files_have_one_moment(conn: Conn) -> None:
    files = [upload(conn, name, name.encode()) for name in ("a.txt", "b.txt")]
    swarm_id = start(conn)
    seen = len(events(conn, swarm_id))
    call(
        conn,
        "select pgswarm.add_message(swarm_id => %s, node_id => null, content => 'look', files => %s)",
        swarm_id,
        files,
    )
    told = events(conn, swarm_id)[seen:]
    assert [e["kind"] for e in told] == ["memory.saved", "memory.saved", "message.added"]
    assert len({e["at"] for e in told}) == 1
    assert [file["name"] for file in told[-1]["data"]["files"]] == ["a.txt", "b.txt"]
