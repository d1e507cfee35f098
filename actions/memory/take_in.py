"""`memory/import`: takes web pages, repositories and uploaded files into memory, and gives the passages their vectors.

Rule: a source an activation, so that a crash repeats one source at most; what is there already as it is does not
change. What does not answer now is tried again when all others are through, after a pause that the database keeps.
Every entry that is kept is an event (`memory.saved`), which is the progress that subscribers see.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Any, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pgswarm.actions.base import Action, ActionError, action
from pgswarm.actions.intake.items import IntakeError, Item, LeftOut, NotNowError
from pgswarm.actions.intake.patience import pause_s
from pgswarm.actions.models.settings import ModelSettings
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Continue, Fail, Finish, Sleep
from pgswarm.schema.errors import ConflictError, InvalidInputError, NotFoundError

MOST_SOURCES: Final = 100
MOST_UPLOADS: Final = 200
SHOWN_LEFT_OUT: Final = 50
ROUNDS: Final = 4
"""Of vectors in one activation."""


Source = Annotated[str, Field(min_length=1, max_length=2_000)]


class ImportArgs(BaseModel):
    """Where from: addresses of pages, files or repositories (`git+https://…`), and names of attached files.

    `uploads`: files that the owner of the swarm sent, by id. `into`: the folder of memory; `swarm_id`: another swarm of
    the same owner, whose memory gets it.
    """

    model_config = ConfigDict(extra="forbid")

    sources: list[Source] = Field(default_factory=list, max_length=MOST_SOURCES)
    uploads: list[UUID] = Field(default_factory=list, max_length=MOST_UPLOADS)
    into: str = Field(default="", max_length=1_000)
    swarm_id: UUID | None = None

    @model_validator(mode="after")
    def _something(self) -> "ImportArgs":
        if not self.sources and not self.uploads:
            raise ValueError("give sources, uploads, or both")
        return self


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
        state = _state(node)
        number: int = state["queue"].pop(0)
        try:
            async with aclosing(_items(node, number)) as items:
                async for item in items:
                    state["kept"] += await _keep(node, item)
        except NotNowError as error:
            state["again"].append([number, str(error), error.after_s])
        except IntakeError as error:
            _leave_out(node, f"{_called(node, number)}: {error}")
        else:
            if state["round"] > 1:
                state["late"].append(f"{_called(node, number)} (try {state['round']})")
        if state["queue"]:
            return Continue(then=self.main)
        wait_s = _next_round(node)
        if wait_s is not None:
            return Sleep(wait_s, then=self.main)
        if ModelSettings.from_env().embedding_model is None or not state["kept"]:
            return _end(node)
        return Continue(then=self.embed)

    async def embed(self, node: Node[ImportArgs]) -> ActionOutcome:
        """Make vectors of what has none, some rounds an activation."""
        from pgswarm.actions.spaces.modes.vector import embed_missing, embedding_model  # noqa: PLC0415 - when it runs

        if await embed_missing(
            node, embedding_model(), node.args.into.strip("/"), rounds=ROUNDS, swarm_id=node.args.swarm_id
        ):
            return Continue(then=self.embed)
        return _end(node)


def _state(node: Node[ImportArgs]) -> dict[str, Any]:
    """Return what is to be done (numbers of sources), what waits, and what was done: the node's state."""
    if "queue" not in node.state:
        node.state.update(
            queue=list(range(len(node.args.sources) + len(node.args.uploads))),
            again=[], round=1, kept=0, left_out=[], left_out_count=0, late=[], notes=[],
        )  # fmt: skip
    return node.state


def _called(node: Node[ImportArgs], number: int) -> str:
    sources = node.args.sources
    return sources[number] if number < len(sources) else f"upload {node.args.uploads[number - len(sources)]}"


def _next_round(node: Node[ImportArgs]) -> float | None:
    """Put what did not answer into the queue again, and return for how many seconds to wait; None: that is all."""
    state = node.state
    waits: list[float] = []
    for number, reason, after_s in state["again"]:
        wait_s = pause_s(state["round"], after_s)
        if wait_s is None:
            times = f"tried {state['round']} times" if state["round"] > 1 else "tried once"
            _leave_out(node, f"{_called(node, number)}: {reason} ({times})")
        else:
            state["queue"].append(number)
            waits.append(wait_s)
    state["again"] = []
    if not waits:
        return None
    state["round"] += 1
    return max(waits)


async def _items(node: Node[ImportArgs], number: int) -> AsyncGenerator[Item | LeftOut, None]:
    """Yield what a source brings; raise `IntakeError` where it brings nothing."""
    from pgswarm.actions.intake.sources import address_items, file_items, is_address  # noqa: PLC0415 - the client
    from pgswarm.actions.outside.settings import load  # noqa: PLC0415

    into, connections = node.args.into.strip("/"), load()
    sources = node.args.sources
    if number < len(sources) and is_address(sources[number]):
        if not connections.web.browse:
            raise IntakeError("addresses are not read here: the operator switches that on by browse = true under [web]")
        items = address_items(sources[number], into, web=connections.web, imports=connections.imports)
    else:
        try:
            name, content = await _file_of(node, number)
        except ActionError as error:
            raise IntakeError(str(error)) from None
        items = file_items(name, content, into, source=name, imports=connections.imports)
    async for item in items:
        yield item


async def _file_of(node: Node[ImportArgs], number: int) -> tuple[str, bytes]:
    sources = node.args.sources
    if number >= len(sources):
        return await node.memory.read_upload(node.args.uploads[number - len(sources)])
    return sources[number].rpartition("/")[2], await node.memory.read_bytes(sources[number])


async def _keep(node: Node[ImportArgs], item: Item | LeftOut) -> int:
    """Keep an item, and behind a PDF its text; return how many entries that were."""
    from pgswarm.actions.intake.sources import text_of  # noqa: PLC0415 - when it runs

    if isinstance(item, LeftOut):
        _leave_out(node, f"{item.path}: {item.reason}")
        return 0
    try:
        entry_id = await _file(node, item, ())
        text = await text_of(item)
        if isinstance(text, Item):
            await _file(node, text, (entry_id,))
            return 2
    except NotFoundError as error:
        raise ActionError("not_found", str(error)) from None
    except (InvalidInputError, ConflictError, ActionError) as error:  # a name that a folder has, for example
        if item.kind == "repository":
            raise IntakeError(str(error)) from None
        _leave_out(node, f"{item.path}: {error}")
        return 0
    if item.note and len(node.state["notes"]) < SHOWN_LEFT_OUT:
        node.state["notes"].append(item.note)
    if text is not None:
        _leave_out(node, text.reason)
    return 1 if item.content is not None else 0


async def _file(node: Node[ImportArgs], item: Item, derived_from: tuple[UUID, ...]) -> UUID:
    folder, _, name = item.path.rpartition("/")
    return await node.memory.bring(
        name, item.content, kind=item.kind, folder=folder, fields=item.fields, derived_from=derived_from,
        swarm_id=node.args.swarm_id,
    )  # fmt: skip


def _leave_out(node: Node[ImportArgs], reason: str) -> None:
    node.state["left_out_count"] += 1
    if len(node.state["left_out"]) < SHOWN_LEFT_OUT:
        node.state["left_out"].append(reason)


def _end(node: Node[ImportArgs]) -> ActionOutcome:
    kept: int = node.state["kept"]
    count: int = node.state["left_out_count"]
    late: list[str] = node.state["late"]
    notes = "".join(f"\n\n{note}" for note in node.state["notes"])
    shown = "".join(f"\n- {reason}" for reason in node.state["left_out"])
    more = f"\n… and {count - SHOWN_LEFT_OUT} more" if count > SHOWN_LEFT_OUT else ""
    told = f"\n\nLeft out:{shown}{more}" if count else ""
    if not kept:
        return Fail("nothing_imported", f"Nothing could be imported.{told}")
    tried = f"\n\nCame only when tried again: {', '.join(late)}." if late else ""
    into = node.args.into or "memory"
    return Finish(f"Imported {kept:,} {'entry' if kept == 1 else 'entries'} into {into}.{tried}{notes}{told}")
