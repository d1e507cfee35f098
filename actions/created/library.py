"""What a node sees of the actions that its swarm made: the record of a version, its hash, and who keeps them.

Rule: the hash is of all that decides what an action does (its code, schemas, language and packages, and the code of the
utils that it imports). It is what a person or the operator's policy approved, and it is computed again before each run.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from uuid import UUID

PREFIX: Final = "created/"
RUN: Final = "action/run"
"""The one action by which processors run all of these."""
CREATE: Final = "action/create"
MAX_CHOICES: Final = 1_000
"""How many of them are read at once, at most: who looks for one among more walks the action space."""


@dataclass(frozen=True, slots=True)
class Content:
    """What an action is made of. `utils`: the functions that it imports, module → `code`, and `of`, which version."""

    code: str
    language: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any]
    dependencies: Sequence[str]
    utils: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """The SHA-256, in hex, of all of it as JSON with sorted keys and no spaces."""
        parts = [self.language, self.code, self.input_schema, self.output_schema, sorted(self.dependencies)]
        parts += [self.utils] if self.utils else []
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class CreatedAction:
    """One version of an action. `approved_hash` is what was approved; `revoked` says why it may not run, else is ""."""

    action_id: str
    version: int
    description: str
    content: Content
    approved_hash: str
    newest: bool = True
    revoked: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """An action of the library that a router may choose."""

    action_id: str
    description: str
    input_schema: Mapping[str, Any]


class Library(Protocol):
    """The actions that the swarm made, and those of its blueprint."""

    async def own(self) -> CreatedAction:
        """Return the version that this node pins; raise `ActionError` (`not_created`, `action_removed`)."""

    async def newest(self, action_id: str) -> CreatedAction:
        """Return the newest version of an action; raise `ActionError` (`not_found`) with those that there are."""

    async def choices(self, most: int = MAX_CHOICES) -> Sequence[Choice]:
        """Return the first `most` actions that may run, by id, each in its newest version."""

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
        """File an action as `created/<name>`, once also when the activation is retried; return its id and version.

        `question_id`: the answered question of this node by which a person approved it; `improves`: the version that
        it is a better one of. A new one whose name is taken gets a number. Raises `ActionError` (`conflict`,
        `refused`).
        """
