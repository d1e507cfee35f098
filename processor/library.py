"""`node.library`: the actions that a swarm made, over `created_actions` and `create_action`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from pgswarm.actions.base import ActionError
from pgswarm.actions.created.library import MAX_CHOICES, PREFIX, Choice, Content, CreatedAction
from pgswarm.processor.encode import BadValueError, text
from pgswarm.processor.side import Side
from pgswarm.schema.errors import PgswarmError

MAX_TOLD: Final = 20
"""How many actions are named where one is not there."""
MAX_NAMES: Final = 20
"""How many numbers are tried behind a name that is taken."""

_COLUMNS: Final = "c.action_id, c.version, c.description, c.code, c.fields, c.newest, c.revoked_why"
_OWN: Final = f"""
select {_COLUMNS} from pgswarm.node n
 cross join lateral pgswarm.created_actions(n.swarm_id, n.action, n.action_version) c
 where n.swarm_id = %s and n.node_id = %s
"""  # noqa: S608 - names of this file
_NEWEST: Final = f"""
select {_COLUMNS} from pgswarm.created_actions(%s, %s) k
 cross join lateral pgswarm.created_actions(%s, k.action_id, k.version) c
 where k.newest
"""  # noqa: S608 - names of this file
_CHOICES: Final = "select action_id, description, input_schema from pgswarm.created_choices(%s, %s)"
_FILE: Final = """
select pgswarm.create_action(
  swarm_id => %(swarm_id)s, node_id => %(node_id)s, name => %(name)s, description => %(description)s, code => %(code)s,
  fields => %(fields)s || coalesce((
    select jsonb_build_object('model', l.model) from pgswarm.llm_call l
     where l.swarm_id = %(swarm_id)s and l.node_id = %(node_id)s order by l.started_at desc limit 1), '{}'),
  question_id => %(question_id)s, improves => %(improves)s)
"""


class SwarmLibrary:
    """Implements `pgswarm.actions.created.library.Library` for one activation."""

    __slots__ = ("_node_id", "_side", "_swarm_id", "_until")

    def __init__(self, side: Side, swarm_id: UUID, node_id: UUID, until: float) -> None:
        """Take the side door, whose library it is, and until when it is asked (monotonic seconds)."""
        self._side = side
        self._swarm_id = swarm_id
        self._node_id = node_id
        self._until = until

    async def own(self) -> CreatedAction:
        """Return the version that this node pins; raise `ActionError` (`action_removed`)."""
        rows = await self._side.rows(_OWN, (self._swarm_id, self._node_id), until=self._until)
        if not rows:
            raise ActionError(
                "action_removed",
                "The action of this node is not in the swarm's action space (any more): have it made again.",
            )
        return _made(rows[0])

    async def newest(self, action_id: str) -> CreatedAction:
        """Return the newest version of an action; raise `ActionError` (`not_found`) with those that there are."""
        try:
            wanted = text("action_id", action_id)
        except BadValueError as error:
            raise ActionError("bad_value", str(error)) from None
        params = (self._swarm_id, wanted.decode(), self._swarm_id)
        rows = await self._side.rows(_NEWEST, params, until=self._until)
        if not rows:
            known = ", ".join(choice.action_id for choice in await self.choices(MAX_TOLD)) or "none"
            raise ActionError("not_found", f"This swarm has made no action {action_id!r}: it has {known}.")
        return _made(rows[0])

    async def choices(self, most: int = MAX_CHOICES) -> Sequence[Choice]:
        """Return the first `most` actions that may run, by id, each in its newest version."""
        rows = await self._side.rows(_CHOICES, (self._swarm_id, most), until=self._until)
        return [Choice(*row) for row in rows]

    async def file(
        self,
        name: str,
        description: str,
        content: Content,
        *,
        tests: Sequence[Mapping[str, Any]],
        approval: Mapping[str, Any],
        question_id: UUID | None = None,
        improves: int | None = None,
    ) -> tuple[str, int]:
        """File an action as `created/<name>`; see `Library.file`."""
        fields = {
            "input_schema": content.input_schema,
            **({"output_schema": content.output_schema} if content.output_schema else {}),
            "language": content.language,
            "dependencies": list(content.dependencies),
            "utils": {name: dict(each) for name, each in content.utils.items()} or None,
            "tests": list(tests),
            "hash": content.hash,
            "approval": approval or None,
        }
        params = {
            "swarm_id": self._swarm_id,
            "node_id": self._node_id,
            "description": description,
            "code": content.code,
            "fields": Jsonb({key: value for key, value in fields.items() if value is not None}),
            "question_id": question_id,
            "improves": improves,
        }
        for number in range(1, MAX_NAMES + 1):
            called = name if number == 1 else f"{name}_{number}"
            try:
                rows = await self._side.rows(
                    _FILE, {**params, "name": called}, point="create_action", until=self._until
                )
            except PgswarmError as error:
                if improves is None and getattr(error, "field", None) in {"improves", "name"}:
                    continue  # another action has this name
                raise ActionError("refused", f"The action cannot be filed: {error}") from None
            return PREFIX + called, rows[0][0]
        raise ActionError("conflict", f"{MAX_NAMES} actions are called {name!r}: choose another name.")


def _made(row: tuple[Any, ...]) -> CreatedAction:
    action_id, version, description, code, fields, newest, revoked = row
    content = Content(
        code=code or "",
        language=fields.get("language", "python"),
        input_schema=fields["input_schema"],
        output_schema=fields.get("output_schema") or {},
        dependencies=fields.get("dependencies") or (),
        utils=fields.get("utils") or {},
    )
    approved = (fields.get("approval") or {}).get("hash", "")
    return CreatedAction(action_id, version, description, content, approved, newest=newest, revoked=revoked or "")
