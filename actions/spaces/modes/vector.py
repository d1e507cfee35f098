"""Search by meaning: passages whose vectors are nearest to that of the question.

Rule: what has no vector yet gets one first, in rounds of `ROUND` passages, each kept before the next is asked for: a
crash costs one round at most. Where no model makes vectors, that is said, and nothing is guessed. The cost is the
node's.
"""

import uuid
from typing import Any, Final

from pgswarm.actions.models.settings import ModelSettings
from pgswarm.actions.node import Node
from pgswarm.actions.spaces.hits import MAX_HITS, Hit, NoSearchError, hits_of
from pgswarm.actions.spaces.places import Place
from pgswarm.schema.kinds import Search

ROUND: Final = 512
MOST_ROUNDS: Final = 20
"""For one search; the rest waits for the next one, and is not compared until then."""
LONGEST_QUERY: Final = 8_000


async def by_vector(node: Node[Any], entry: Place, query: str) -> list[Hit]:
    """Return the passages of an entry, and of all below it, that are nearest to `query`.

    An entry of the kind `vector_index` is searched by its own `model`, in what its field `of` names (an id or a path).
    """
    is_index = entry.kind == "vector_index"
    model = str(entry.fields["model"]) if is_index else embedding_model()
    where = _target(entry) if is_index else entry.entry_id if entry.path else ""
    left = await embed_missing(node, model, where, rounds=MOST_ROUNDS)
    if left:
        node.log.warning("%s: not all passages have a vector of %s yet, some are not compared", entry.path, model)
    vector = (await node.embed([query[:LONGEST_QUERY]], model))[0]
    return hits_of(entry, await node.passages.nearest(model, vector, limit=MAX_HITS, where=where), Search.VECTOR)


def embedding_model() -> str:
    """Return the model that makes vectors here; raise `NoSearchError` where there is none."""
    named = ModelSettings.from_env().embedding_model
    if named is None:
        raise NoSearchError(
            "no model turns texts into vectors here: set PGSWARM_EMBEDDING_MODEL for every processor, "
            "or search by words"
        )
    return named


async def embed_missing(
    node: Node[Any], model: str, where: uuid.UUID | str, *, rounds: int, swarm_id: uuid.UUID | None = None
) -> bool:
    """Make and keep the vectors that are missing, in at most `rounds` rounds; return whether some may be left.

    `swarm_id`: in the memory of another swarm of the same owner.
    """
    for _ in range(rounds):
        missing = await node.passages.missing(model, limit=ROUND, where=where, swarm_id=swarm_id)
        if not missing:
            return False
        vectors = await node.embed([text for _, text in missing], model)
        await node.passages.keep(model, [key for key, _ in missing], vectors)
        if len(missing) < ROUND:
            return False
    return True


def _target(entry: Place) -> uuid.UUID | str:
    of = str(entry.fields.get("of") or "")
    if not of:
        raise NoSearchError(f"{entry.path} is an index of nothing: its field `of` names no entry (an id, or a path)")
    return of
