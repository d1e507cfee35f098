"""`pgswarm actions show`, `revoke`, `merge`, `rerun`: real commands on actions that the verbs put in place."""

from typing import Any

from support.created import make
from support.database import Database
from support.running import Ended, pgswarm
from support.verbs import Kid, Worker, finish, register, spawn, start, swarm


def test_bad_version_is_shown_replaced_revoked_merged_and_run_again(db: Database) -> None:
    def say(*arguments: str, code: int = 0) -> Ended:
        return pgswarm("actions", *arguments, code=code, PGSWARM_DATABASE_URL=db.url)

    register(db.conn)
    worker = Worker(db.conn, lease_s=600)
    swarm_id = start(db.conn)
    root = worker.claim_one()
    make(db.conn, swarm_id, root.node_id, "shout", "print('one')")
    worker.does(spawn(root, Kid("created/shout")))
    worker.does(finish(worker.claim_one(), "wrong"))
    last = worker.claim_one()
    make(db.conn, swarm_id, root.node_id, "shout", "print('two')", improves=1)
    worker.does(finish(last, "wrong"))
    mine = ("--swarm", str(swarm_id))

    shown = say("show", "shout", *mine).out
    assert "print('two')" in shown
    assert "approved  policy" in shown
    assert "revoked" not in shown
    assert "created/shout@2" in say("show", "created/shout@7", *mine, code=2).err
    say("revoke", "created/shout", *mine, "--why", "wrong", code=2)  # which version?
    say("revoke", "created/shout@1", *mine, "--why", "it is wrong")
    first: dict[str, Any] = say("show", "shout@1", *mine, "--json").events[0]
    assert (first["revoked_why"], first["code"]) == ("it is wrong", "print('one')")

    db.run("select pgswarm.create_blueprint('crew')")
    assert "--yes" in say("merge", "shout", *mine, "--into", "crew", code=2).err
    say("merge", "shout@1", *mine, "--into", "crew", "--yes", code=1)  # revoked
    say("merge", "shout", *mine, "--into", "crew", "--yes")
    other = start(db.conn, blueprint="crew")
    assert "print('two')" in say("show", "shout", "--swarm", str(other)).out

    (again,) = say("rerun", "shout@1", "--json").events
    assert (again["swarm_id"], again["nodes"]) == (str(swarm_id), 1)
    assert swarm(db.conn, again["goes_on"])["status"] == "active"
    say("rerun", "shout@9", code=2)
