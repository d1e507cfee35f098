"""Actions that swarms made, as routers are offered them: never one that was revoked, and never all of ten thousand."""

import time
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg
import pytest

from db.spaces.conftest import OpenStage
from pgswarm.actions import Spawn
from pgswarm.actions.base import registry
from pgswarm.actions.spaces.offered import choice_of, find_action, small_space
from pgswarm.actions.spaces.router import BACK
from pgswarm.actions.swarm.route_action import RouteArgs
from pgswarm.processor.catalogue import Catalogue
from pgswarm.processor.context import NodeContext, Services
from support.created import RUNNER, make, revoke
from support.database import Database
from support.spaces import find, level, save
from support.tree import load_built_in_actions
from support.verbs import Conn, Worker, as_account, call, register, start

SHOUT = "created/shout"
CHOICES = "select action_id from pgswarm.created_choices(%s, %s)"
ROWS_READ = """
select seq_tup_read + idx_tup_fetch from pg_stat_xact_user_tables where relid = 'pgswarm.space_entry'::regclass
"""
MANY = """
insert into pgswarm.space_entry (
  swarm_id, entry_id, space, parent_id, path, name, kind, description, fields, created_at, updated_at)
select %(swarm)s, pgswarm.new_id(), 'action', pgswarm.space_root('action'), 'act ' || n, 'act ' || n, 'action', 'it',
       jsonb_build_object('action_id', 'created/act_' || n, 'source', 'created', 'routable', true, 'version', 1,
                          'hash', encode(sha256(n::text::bytea), 'hex'), 'input_schema', '{}'::jsonb), now(), now()
  from generate_series(1, 10000) n
"""


def never(task: str, data: Any) -> Any:
    raise AssertionError(f"{task} was asked: {data}")


def merge(conn: Conn, blueprint: UUID, swarm_id: UUID, action_id: str = SHOUT) -> None:
    row = conn.execute(
        "select version, hash from pgswarm.created_actions(%s, %s) c where c.newest", [swarm_id, action_id]
    ).fetchone()
    assert row is not None
    call(conn, "select pgswarm.merge_action(%s, %s, %s, %s, %s)", blueprint, swarm_id, action_id, *row.values())


async def offered(conn: Conn, node: Any) -> dict[str, bool]:
    """Return, of each way by which a router comes to an action, whether it is offered `created/shout`."""
    places = {
        place.name: choice_of(place) is not None
        for place in await node.spaces.level("action", find(conn, node.swarm_id, "created", "action"))
    }
    return {
        **places,
        "by its id": await find_action(node, SHOUT) is not None,
        "among few": SHOUT in {choice.action_id for choice in await small_space(node) or ()},
        "node.actions": SHOUT in {row["action_id"] for row in conn.execute(CHOICES, [node.swarm_id, 1000])},
    }


@pytest.mark.parametrize("where", ["blueprint", "another swarm"])
async def test_what_was_revoked_is_offered_nowhere_in_swarms_of_its_blueprint(
    db: Database, stage: OpenStage, where: str
) -> None:
    """In swarms from before and after it was revoked, in the blueprint or where it was made; and again once mended."""
    conn = db.conn
    source = Worker(conn).claim_one()
    make(conn, source.swarm_id, source.node_id, "shout", "one")
    blueprint = call(conn, "select pgswarm.create_blueprint('crew')")
    merge(conn, blueprint, source.swarm_id)
    before = start(conn, blueprint="crew")
    shout = find(conn, before, SHOUT, "action")
    save(conn, before, "created/by the way", None, kind="pointer", space="action", target_id=shout)
    node = stage(never, swarm=before)
    assert all((await offered(conn, node)).values())
    if where == "blueprint":
        assert call(conn, "select pgswarm.revoke_action(null, %s, 1, 'wrong', %s)", SHOUT, blueprint)
    else:
        revoke(conn, source.swarm_id, "shout", 1)
    after = start(conn, blueprint="crew")
    for swarm_id in (before, after):
        found = await offered(conn, stage(never, swarm=swarm_id))
        assert found == dict.fromkeys(found, False)
        (row,) = (row for row in level(conn, swarm_id, "created", space="action") if row["name"] == "shout")
        assert (row["layer"], row["fields"]["routable"]) == ("blueprint", False)
    mine = next(run for run in Worker(conn).claim(5, fresh=5) if run.swarm_id == before)
    assert make(conn, before, mine.node_id, "shout", "two", improves=1) == 2
    assert all((await offered(conn, node)).values())


async def test_an_account_revokes_what_is_everybodys_for_itself_alone(db: Database, stage: OpenStage) -> None:
    conn = db.conn
    source = Worker(conn).claim_one()
    make(conn, source.swarm_id, source.node_id, "shout", "one")
    blueprint = call(conn, "select pgswarm.create_blueprint('crew', shared => true)")
    merge(conn, blueprint, source.swarm_id)
    anna, ben = (call(conn, "select pgswarm.create_account(username => %s)", name) for name in ("anna", "ben"))
    swarms = {owner: start(conn, owner=owner, blueprint="crew") for owner in (anna, ben)}
    with conn.transaction():
        as_account(conn, anna)
        assert call(conn, "select pgswarm.revoke_action(null, %s, 1, 'wrong', %s)", SHOUT, blueprint)
        shown = call(conn, "select revoked_why from pgswarm.created_actions(null, blueprint_id => %s)", blueprint)
        assert shown == "wrong"
        as_account(conn, None)
    assert [set((await offered(conn, stage(never, swarm=swarms[owner]))).values()) for owner in (anna, ben)] == [
        {False},
        {True},
    ]
    with pytest.raises(psycopg.Error) as refused:
        start(conn, action=SHOUT, owner=anna, blueprint="crew")
    assert (refused.value.diag.message_detail, "revoked" in str(refused.value)) == ("action", True)
    start(conn, action=SHOUT, owner=ben, blueprint="crew")
    with pytest.raises(psycopg.Error, match="name a blueprint that has it: crew"):
        start(conn, action=SHOUT, owner=ben)
    call(conn, "select pgswarm.create_blueprint('bare')")
    with pytest.raises(psycopg.Error, match="bare does not have it"):
        start(conn, action=SHOUT, owner=ben, blueprint="bare")


async def test_where_nothing_fits_few_of_ten_thousand_created_actions_are_read(db: Database, stage: OpenStage) -> None:
    """The router looks at pages; whether one can be made is asked without reading those that are there."""
    node: Any = stage(lambda *_: {"choice": BACK, "reason": "nothing does"}, "Do what nobody can")
    db.run(MANY, swarm=node.swarm_id)
    db.run("analyze pgswarm.space_entry")
    load_built_in_actions()
    db.run("select pgswarm.register_actions(specs => %(specs)s::jsonb)", specs=Catalogue(registry).specs())
    run: Any = SimpleNamespace(
        swarm_key=node.swarm_id.bytes, node_key=node.swarm_id.bytes, deadline=time.monotonic() + 60, state=None,
        action="", directive="", depth=0, attempt=1, activation=1,
    )  # fmt: skip
    models: Any = SimpleNamespace(is_offline=lambda *_: False)
    bench: Any = None
    context = NodeContext(run, RouteArgs(), Services(node.side, Catalogue(registry), models, bench))
    node.may_create = context.may_create
    outcome = await node.run("swarm/route_action")
    assert isinstance(outcome, Spawn), outcome
    assert outcome.children[0].action == "action/create"
    assert max(node.side.counts) < 200  # what is registered, or a page
    assert sum(node.side.counts) < 600
    assert len(await context.actions()) < 1_200


@pytest.mark.parametrize(
    ("read", "most"),
    [
        ("select * from pgswarm.created_choices(%(s)s, 20)", 100),
        ("select * from pgswarm.created_actions(%(s)s, 'created/act_77', 1)", 10),
        ("select pgswarm.created_version(%(s)s, 'created/act_77')", 10),
        ("select * from pgswarm.list_level(%(s)s, 'action', max_entries => 41)", 300),
        ("select pgswarm.count_entries(%(s)s, 'action', 80)", 100),
    ],
)
def test_read_of_one_or_a_few_touches_a_few_rows_whatever_the_plan(db: Database, read: str, most: int) -> None:
    """Also the plan that is kept after some calls, which knows no value."""
    conn = db.conn
    register(conn)
    conn.execute("select pgswarm.register_actions(specs => %s)", [RUNNER])
    swarm_id = start(conn)
    db.run(MANY, swarm=swarm_id)
    for mode in ("force_generic_plan", "force_custom_plan"):
        with conn.transaction():
            conn.execute(f"set local plan_cache_mode = {mode}")
            before = call(conn, ROWS_READ) or 0
            assert conn.execute(read, {"s": swarm_id}).fetchall()
            assert 0 < call(conn, ROWS_READ) - before <= most
