"""`run` and `wait`: from a goal to its report, with real processors. README.md and docs/client.md are run here."""

import re
from pathlib import Path
from typing import Any

import pytest

from pgswarm.api.events.hub import Hub
from pgswarm.client import ApiError, DeadlineError, NotSucceededError, QuestionOpenError
from support.api import Api
from support.cutting import proxied
from support.database import Database
from support.processors import Processors
from support.streams import SHORT
from support.threads import in_thread, meanwhile
from support.verbs import Kid, ask, fail, finish, spawn
from support.wait import wait_until

ROOT = Path(__file__).parents[3]
PAGES = {"README.md": 1, "docs/client.md": 11}
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_report_of_a_swarm_that_asks_comes_back(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna, "waiting_user")
    asked = []

    def answer(question: Any) -> Any:
        asked.append(question.prompt)
        if len(asked) == 2:
            return 3
        return "blue"

    def work() -> None:
        wait_until(lambda: site.db.value("select count(*) from pgswarm.node where status = 'pending'"), "answered")
        site.api.worker.does(finish(site.api.claim(swarm_id), "it is blue"))

    with meanwhile(work):
        assert site.anna.wait(swarm_id, ask=answer, within_s=60) == "it is blue"
    assert asked == ["Which colour?", "How many?"]
    assert site.anna.wait(swarm_id, within_s=60) == "it is blue"  # it has ended, and asks nobody


def test_question_that_nobody_answers_ends_the_wait_and_not_the_swarm(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna, "waiting_user")
    with pytest.raises(QuestionOpenError, match="Which colour") as stopped:
        site.anna.wait(swarm_id, within_s=60)
    assert stopped.value.swarm_id == swarm_id
    assert site.anna.question(stopped.value.question_id).status == "open"


def test_answer_that_came_second_does_not_end_the_wait(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna)
    site.api.worker.does(ask(site.api.claim(swarm_id), "Which colour?"))

    def late(question: Any) -> str:
        site.db.run("select pgswarm.answer_question(%(q)s, '\"red\"')", q=question.question_id)
        site.api.worker.does(finish(site.api.claim(swarm_id), "red it is"))
        return "blue"

    assert site.anna.wait(swarm_id, ask=late, within_s=60) == "red it is"


def test_answer_that_does_not_fit_is_told_to_the_caller(site: Any) -> None:
    swarm_id = site.api.swarm(site.api.anna)
    site.api.worker.does(ask(site.api.claim(swarm_id), {"prompt": "How many?", "schema": {"type": "integer"}}))
    with pytest.raises(ApiError) as refused:
        site.anna.wait(swarm_id, ask=lambda _: "three", within_s=60)
    assert refused.value.status == 422


def test_swarm_that_fails_is_cancelled_or_takes_too_long_gives_no_report(site: Any) -> None:
    client = site.anna
    swarm_id = site.api.swarm(site.api.anna)
    with pytest.raises(DeadlineError):
        client.wait(swarm_id, within_s=1)
    with pytest.raises(DeadlineError):
        client.run("a goal", within_s=1)
    site.api.worker.does(fail(site.api.claim(swarm_id)))
    for state, outcome in ((swarm_id, "failed"), (site.api.swarm(site.api.anna, "cancelled"), "cancelled")):
        with pytest.raises(NotSucceededError) as stopped:
            client.wait(state, within_s=60)
        assert stopped.value.outcome == outcome


def test_swarm_out_of_budget_ends_the_wait_and_goes_on_when_it_is_raised(site: Any) -> None:
    client, worker = site.anna, site.api.worker
    swarm_id = client.start("a goal", budget={"nodes": 2}).swarm_id
    worker.does(spawn(site.api.claim(swarm_id), Kid(), Kid(), Kid()))
    with pytest.raises(NotSucceededError, match="out of budget") as stopped:
        client.wait(swarm_id, within_s=60)
    assert stopped.value.outcome is None
    client.raise_budget(swarm_id, nodes=50)
    worker.does(finish(site.api.claim(swarm_id), "done after all"))
    assert client.wait(swarm_id, within_s=60) == "done after all"


def test_code_of_the_pages_is_true(db: Database, processors: Processors, capsys: pytest.CaptureFixture[str]) -> None:
    processors.start()
    api = Api(db)
    api.app.state.hub = Hub(api.settings, SHORT)
    with in_thread(lambda: proxied(api)) as proxy:
        for page, count in PAGES.items():
            blocks = BLOCK.findall((ROOT / page).read_text())
            assert len(blocks) == count
            names: dict[str, Any] = {"__name__": "page"}
            try:
                for number, block in enumerate(blocks, 1):
                    code = block.replace("http://127.0.0.1:8000", proxy.url)
                    exec(compile(code, f"{page}, block {number}", "exec"), names)  # noqa: S102 - the page's own code
            finally:
                names["client"].close()
            said = capsys.readouterr().out
            assert "swarm.terminated" in said
    assert names["report"].count("blue") == 2
    assert "user goal Ask one thing" in said
    assert "user answer in May" in said
    assert "422 urn:pgswarm:problem:invalid-input goal" in said
    assert names["last_seq"] > 5
    assert "'references', 'style.md']" in said
    assert "[(2, 'budget.txt'), (1, 'notes.txt')]" in said
