"""`memory/import`: takes web pages, repositories and attached files into memory, and gives the passages their vectors.

Rule: a source an activation, so that a crash repeats one source at most; what is there already as it is does not
change. Every entry that is kept is an event (`memory.saved`), which is the progress that subscribers see.
"""

from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.intake.items import IntakeError, Item, LeftOut, read_item
from pgswarm.actions.models.settings import ModelSettings
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Continue, Fail, Finish

MOST_SOURCES: Final = 100
SHOWN_LEFT_OUT: Final = 50
ROUNDS: Final = 4
"""Of vectors in one activation."""


class ImportArgs(BaseModel):
    """Where from: addresses of pages, files or repositories (`git+https://…`), and names of attached files.

    `into`: the folder of memory; `swarm_id`: another swarm of the same owner, whose memory gets it.
    """

    model_config = ConfigDict(extra="forbid")

    sources: list[str] = Field(min_length=1, max_length=MOST_SOURCES)
    into: str = Field(default="", max_length=1_000)
    swarm_id: UUID | None = None


@action(
    "memory/import",
    description=(
        "Import web pages, files or whole git repositories by their addresses (https://…, git+https://…) into memory, "
        "to search in them later."
    ),
    timeout_s=900,
)
class Import(Action[ImportArgs]):
    """Imports source by source, then makes vectors where a model for them is configured."""

    async def main(self, node: Node[ImportArgs]) -> ActionOutcome:
        """Take in the next source; go on while there is one."""
        done = node.state.setdefault("done", 0)
        kept, left_out = node.state.setdefault("kept", 0), node.state.setdefault("left_out", [])
        source = node.args.sources[done]
        try:
            items = await _items(node, source)
            for item in items:
                kept += await _keep(node, item, left_out)
        except IntakeError as error:
            left_out.append(f"{source}: {error}")
        node.state.update(done=done + 1, kept=kept, left_out=left_out)
        if done + 1 < len(node.args.sources):
            return Continue(then=self.main)
        if ModelSettings.from_env().embedding_model is None or node.args.swarm_id is not None or not kept:
            return _end(node)
        return Continue(then=self.embed)

    async def embed(self, node: Node[ImportArgs]) -> ActionOutcome:
        """Make vectors of what has none, some rounds an activation."""
        from pgswarm.actions.spaces.modes.vector import embed_missing, embedding_model  # noqa: PLC0415 - when it runs

        if await embed_missing(node, embedding_model(), node.args.into.strip("/"), rounds=ROUNDS):
            return Continue(then=self.embed)
        return _end(node)


async def _items(node: Node[ImportArgs], source: str) -> list[Item | LeftOut]:
    """Return what a source brings; raise `IntakeError` where it brings nothing."""
    from pgswarm.actions.intake.sources import address_items, is_address  # noqa: PLC0415 - the client, when it runs
    from pgswarm.actions.outside.settings import load  # noqa: PLC0415

    into = node.args.into.strip("/")
    if is_address(source):
        connections = load()
        if not connections.web.browse:
            raise IntakeError("addresses are not read here: the operator switches that on by browse = true under [web]")
        return [item async for item in address_items(source, into, web=connections.web, imports=connections.imports)]
    try:
        content = await node.memory.read_bytes(source)
    except ActionError as error:
        raise IntakeError(str(error)) from None
    return [read_item("/".join(filter(None, (into, source.rpartition("/")[2]))), content, source)]


async def _keep(node: Node[ImportArgs], item: Item | LeftOut, left_out: list[str]) -> int:
    """Keep an item, and behind a PDF its text; return how many entries that were."""
    from pgswarm.actions.intake.sources import text_of  # noqa: PLC0415 - when it runs

    if isinstance(item, LeftOut):
        left_out.append(f"{item.path}: {item.reason}")
        return 0
    entry_id = await _file(node, item, ())
    text = await text_of(item)
    if isinstance(text, Item):
        await _file(node, text, (entry_id,))
        return 2
    if text is not None:
        left_out.append(text.reason)
    return 1 if item.content is not None else 0


async def _file(node: Node[ImportArgs], item: Item, derived_from: tuple[UUID, ...]) -> UUID:
    folder, _, name = item.path.rpartition("/")
    return await node.memory.bring(
        name, item.content, kind=item.kind, folder=folder, fields=item.fields, derived_from=derived_from,
        swarm_id=node.args.swarm_id,
    )  # fmt: skip


def _end(node: Node[Any]) -> ActionOutcome:
    kept: int = node.state["kept"]
    left_out: list[str] = node.state["left_out"]
    shown = "".join(f"\n- {reason}" for reason in left_out[:SHOWN_LEFT_OUT])
    more = f"\n… and {len(left_out) - SHOWN_LEFT_OUT} more" if len(left_out) > SHOWN_LEFT_OUT else ""
    told = f"\n\nLeft out:{shown}{more}" if left_out else ""
    if not kept:
        return Fail("nothing_imported", f"Nothing could be imported.{told}")
    return Finish(f"Imported {kept:,} {'entry' if kept == 1 else 'entries'} into {node.args.into or 'memory'}.{told}")
