"""How `pgswarm run` ends: its exit code, what it says to do, and that what it says works."""

import re
import socket
from collections.abc import Iterator

import pytest

from support.database import Database
from support.model_server import ModelServer
from support.running import MAIN_JOB, pgswarm, started, terminal
from support.wait import wait_until

ASK = ("run", "ask", "--action", "bench/ask", "--args", '{"questions": 2}')
SLOW = ("run", "slow", "--action", "bench/fan_out", "--args", '{"width": 3, "sleep_ms": 1500}')
OUTCOME = "select outcome from pgswarm.swarm"


@pytest.fixture
def model() -> Iterator[ModelServer]:
    server = ModelServer()
    yield server
    server.close()


def test_without_input_it_stops_at_the_question_and_goes_on_after_the_answer(db: Database) -> None:
    stopped = pgswarm(*MAIN_JOB, "--no-input", code=3, PGSWARM_DATABASE_URL=db.url)
    assert db.value("select status from pgswarm.swarm") == "active"
    assert db.value("select count(*) from pgswarm.node where status in ('running', 'pending')") == 0
    found = re.search(r"pgswarm answer (\S+) TEXT", stopped.err)
    assert found, stopped.err
    pgswarm("answer", found[1], "the city council", PGSWARM_DATABASE_URL=db.url)
    ended = pgswarm(*MAIN_JOB, "--no-input", PGSWARM_DATABASE_URL=db.url)
    assert "going on with it" in ended.out
    assert "the city council" in ended.out
    assert db.value("select count(*) from pgswarm.swarm") == 1


def test_standard_input_at_its_end_stops_at_the_next_question(db: Database) -> None:
    stopped = pgswarm(*ASK, typed="one\n", code=3, PGSWARM_DATABASE_URL=db.url)
    assert "stopped at a question" in stopped.out.lower()
    assert "pgswarm answer" in stopped.err
    ended = pgswarm(*ASK, typed="two\n", PGSWARM_DATABASE_URL=db.url)
    assert '["one", "two"]' in ended.out


def test_lines_of_standard_input_answer_the_questions_in_their_order(db: Database) -> None:
    ended = pgswarm(*ASK, typed="first\n\nsecond", PGSWARM_DATABASE_URL=db.url)
    assert '["first", "second"]' in ended.out
    assert "The answer is empty" in ended.err


def test_ctrl_d_in_a_terminal_stops_at_the_question(db: Database) -> None:
    with terminal(*ASK, PGSWARM_DATABASE_URL=db.url) as shown:
        shown.until("> ▏")
        shown.type("\x04")
        assert shown.end() == 3
        assert "To go on: the same command again" in shown.shown


def test_ctrl_c_pauses_and_the_same_command_goes_on(db: Database) -> None:
    with terminal(*SLOW, PGSWARM_DATABASE_URL=db.url) as shown:
        shown.until("3 running")
        shown.type("\x03")
        assert shown.end() == 130
        assert "pgswarm resume" in shown.shown
    assert db.row("select status, paused_reason from pgswarm.swarm") == {"status": "paused", "paused_reason": "user"}
    assert db.value("select count(*) from pgswarm.node where outcome = 'succeeded'") == 3, "what ran is kept"
    ended = pgswarm(*SLOW, PGSWARM_DATABASE_URL=db.url)
    assert "paused, at" in ended.out
    assert db.value(OUTCOME) == "succeeded"
    assert db.value("select sum(activation) from pgswarm.node") == 5, "nothing was done twice"


def test_sigterm_pauses_as_ctrl_c_does(db: Database) -> None:
    with started(*SLOW, PGSWARM_DATABASE_URL=db.url) as process:
        wait_until(lambda: db.value("select count(*) from pgswarm.node where status = 'running'") == 3, "three run")
        process.terminate()
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert db.value("select status from pgswarm.swarm") == "paused"


def test_a_limit_that_is_reached_ends_with_1_and_goes_on_with_a_higher_one(db: Database) -> None:
    command = (*MAIN_JOB, "--budget", "llm_calls=3")
    stopped = pgswarm(*command, typed="the city council\n", code=1, PGSWARM_DATABASE_URL=db.url)
    assert "Out of budget: the limit of llm_calls is reached" in stopped.out
    found = re.search(r"pgswarm (resume \S+ --budget llm_calls=)MORE", stopped.err)
    assert found, stopped.err
    pgswarm(*f"{found[1]}500".split(), PGSWARM_DATABASE_URL=db.url)
    ended = pgswarm(*command, typed="the city council\n", PGSWARM_DATABASE_URL=db.url)
    assert "Succeeded." in ended.out
    assert db.value("select count(*) from pgswarm.swarm") == 1


def test_a_failed_swarm_ends_with_1_and_says_why(db: Database) -> None:
    command = ("run", "fail", "--action", "bench/flaky", "--args", '{"failures": 99}')
    ended = pgswarm(*command, code=1, PGSWARM_DATABASE_URL=db.url)
    assert "Failed: attempt 5 fails" in ended.out
    assert "pgswarm show" in ended.err
    again = pgswarm(*command, code=1, PGSWARM_DATABASE_URL=db.url)
    assert "going on" not in again.out, "what has ended is not gone on with"
    assert db.value("select count(*) from pgswarm.swarm") == 2


def test_a_swarm_cancelled_from_elsewhere_ends_with_1(db: Database) -> None:
    with started(*ASK, PGSWARM_DATABASE_URL=db.url) as process:
        wait_until(lambda: db.value("select count(*) from pgswarm.inbox") == 2, "it asks")
        db.run("select pgswarm.cancel_swarm(swarm_id) from pgswarm.swarm")
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "Cancelled." in out


def test_an_answer_given_elsewhere_is_taken_and_the_prompt_goes(db: Database) -> None:
    with terminal(*ASK, PGSWARM_DATABASE_URL=db.url) as shown:
        shown.until("Question 1?")
        for row in db.rows("select question_id from pgswarm.inbox order by prompt"):
            db.run("select pgswarm.answer_question(%(id)s, '\"elsewhere\"')", id=row["question_id"])
        assert shown.end() == 0
        assert '["elsewhere", "elsewhere"]' in shown.shown


def test_a_model_that_is_down_ends_with_4_before_anything_is_written(db: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1"
    ended = pgswarm("run", "say hello", code=4, PGSWARM_DATABASE_URL=db.url, OPENAI_BASE_URL=url)
    assert f"the model's server 127.0.0.1:{port} cannot be reached" in ended.err
    assert "OPENAI_BASE_URL" in ended.err
    assert db.value("select count(*) from pgswarm.swarm") == 0


def test_a_key_that_is_refused_at_work_ends_with_4(db: Database, model: ModelServer) -> None:
    model.script = lambda server, _body: server.fails(401, "no such key")
    settings = {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "wrong-key-9", "PGSWARM_MODEL": "m"}
    ended = pgswarm("run", "say hello", code=4, PGSWARM_DATABASE_URL=db.url, **settings)
    assert "check OPENAI_API_KEY" in ended.err
    assert "wrong-key-9" not in ended.out + ended.err


def test_a_key_that_is_missing_ends_with_4(db: Database) -> None:
    ended = pgswarm("run", "say hello", "--model", "gpt-5.4-mini", code=4, PGSWARM_DATABASE_URL=db.url)
    assert "no OPENAI_API_KEY is set" in ended.err
    assert db.value("select count(*) from pgswarm.swarm") == 0


def test_a_database_that_cannot_be_reached_ends_with_4() -> None:
    url = "postgresql://nobody:secret@127.0.0.1:1/none"
    ended = pgswarm("run", "say hello", code=4, PGSWARM_DATABASE_URL=url)
    assert "cannot be reached" in ended.err
    assert "secret" not in ended.err


def test_a_database_of_a_newer_pgswarm_ends_with_4(db: Database) -> None:
    db.run("update pgswarm.alembic_version set version_num = '9999'")
    ended = pgswarm("run", "say hello", code=4, PGSWARM_DATABASE_URL=db.url)
    assert "a newer one migrated it" in ended.err
    assert "upgrade pgswarm" in ended.err


def test_an_empty_database_is_migrated(empty_db: Database) -> None:
    pgswarm("run", "hello", "--action", "bench/noop", PGSWARM_DATABASE_URL=empty_db.url)
    assert empty_db.value(OUTCOME) == "succeeded"


def test_a_reader_that_goes_away_leaves_the_swarm_to_the_next_command(db: Database) -> None:
    with started(*SLOW, PGSWARM_DATABASE_URL=db.url) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert process.stderr is not None
        assert "standard output was closed" in process.stderr.read()
    pgswarm(*SLOW, PGSWARM_DATABASE_URL=db.url)
    assert db.value("select count(*) from pgswarm.swarm") == 1
