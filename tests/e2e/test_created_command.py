"""docs/creation.md: its commands as they stand there, on an action that the verbs put in place."""

import json
import re
import shlex
from typing import Any

from support.created import make
from support.database import Database
from support.running import ROOT, Ended, pgswarm
from support.verbs import Kid, Worker, finish, register, spawn, start, swarm

PAGE = (ROOT / "docs/creation.md").read_text()
LIST, SHOW, REVOKE, MERGE, RERUN = re.findall(r"^\$ pgswarm (.*)$", PAGE, re.MULTILINE)


def test_bad_version_is_shown_replaced_revoked_merged_and_run_again(db: Database) -> None:
    register(db.conn)
    worker = Worker(db.conn, lease_s=600)
    swarm_id = start(db.conn)
    root = worker.claim_one()
    make(db.conn, swarm_id, root.node_id, "count_words", "print('one')")
    worker.does(spawn(root, Kid("created/count_words")))
    worker.does(finish(worker.claim_one(), "wrong"))
    last = worker.claim_one()
    make(db.conn, swarm_id, root.node_id, "count_words", "print('two')", improves=1)
    worker.does(finish(last, "wrong"))
    mia = db.value("select pgswarm.create_account(username => 'mia')")
    crew = db.value("select pgswarm.create_blueprint('crew', owner => %(mia)s)", mia=mia)
    used = json.dumps({"blueprint": str(crew)})
    db.run("select pgswarm.start_swarm('go', 'test/work', owner => %(mia)s, options => %(used)s)", mia=mia, used=used)

    def say(command: str, *more: str, code: int = 0) -> Ended:
        words = shlex.split(command.replace("019a2b3c4d5e", str(swarm_id)))
        return pgswarm(*words, *more, code=code, PGSWARM_DATABASE_URL=db.url)

    assert "created/count_words" in say(LIST).out
    shown = say(SHOW).out
    assert "print('two')" in shown
    assert "approved  policy" in shown
    say(REVOKE)
    first: dict[str, Any] = say(SHOW.replace("words", "words@1"), "--json").events[0]
    assert (first["revoked_why"], first["code"]) == ("counts hyphens as words", "print('one')")
    assert "--yes" in say(MERGE, code=2).err  # nobody is there to see it
    say(MERGE, "--yes")
    crew = db.value("select blueprint_id from pgswarm.blueprint where version = 2")
    assert db.value("select count(*) from pgswarm.blueprint where owner_id = %(mia)s", mia=mia) == 2  # it stays hers
    assert db.value("select version from pgswarm.created_actions(null, blueprint_id => %(id)s)", id=crew) == 2
    (again,) = say(RERUN, "--json").events
    assert (again["swarm_id"], again["nodes"]) == (str(swarm_id), 1)
    assert swarm(db.conn, again["goes_on"])["status"] == "active"
    other = start(db.conn)  # has one of the same name, that is another
    root = next(run for run in worker.claim(5, fresh=5) if run.swarm_id == other)
    make(db.conn, other, root.node_id, "count_words", "print('of another')")
    worker.does(spawn(root, Kid("created/count_words")))
    assert f"--swarm: {swarm_id}, {other}" in say(RERUN, code=2).err
    refused = say(RERUN, "--swarm", str(other), code=1).out
    assert "version 1 of created/count_words is the newest" in refused
