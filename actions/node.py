"""The one context object that a handler gets. The processor implements it; actions and tests see only this.

Everything here is a copy of rows or a call that journals itself; nothing here writes a node.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from pgswarm.actions.created.library import Library
from pgswarm.actions.spaces.places import Spaces
from pgswarm.actions.spaces.utils import Util
from pgswarm.schema.states import Outcome

ArgsT = TypeVar("ArgsT", bound=BaseModel)
SchemaT = TypeVar("SchemaT", bound=BaseModel)
ResultT = TypeVar("ResultT")


@dataclass(frozen=True, slots=True)
class Report:
    """What one terminated child handed over; a failed child is a report too (`error` has `code` and `message`)."""

    node_id: UUID
    action: str
    directive: str
    outcome: Outcome
    report: str
    error: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's answer to one question of this node, in the order in which they were asked.

    `expired`: nobody answered in time, `answer` is the question's default. `files`: names in the swarm's memory.
    """

    question_id: UUID
    prompt: str
    answer: Any
    expired: bool = False
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Message:
    """What a person wrote to this node or its swarm without being asked. `files`: names in the swarm's memory."""

    content: str
    role: str
    files: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """A request to a model: `system` says what is to be done, `data` is what it is done to (sent as JSON).

    `task` names the kind of work (`decompose`, `route`, …); it is stable, so that recordings and rules can know it.
    Where `system` is None, `actions/prompts/<task>.md` is told; an operator's own file goes before both.
    """

    task: str
    system: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    role: str = "planner"


@dataclass(frozen=True, slots=True)
class SwarmInfo:
    """What a node may know of its swarm."""

    swarm_id: UUID
    owner_id: UUID | None
    goal: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EntryInfo:
    """One entry of memory, without its content. `size` is in bytes, `kind` as in the space's table.

    `made`: by a node of the swarm, not by a person. `layer`: whose; what is the blueprint's or built in is shared,
    and cannot be changed from a swarm.
    """

    entry_id: UUID
    name: str
    kind: str
    description: str
    size: int
    path: str
    made: bool = False
    layer: Literal["swarm", "blueprint", "built_in"] = "swarm"

    @property
    def shared(self) -> bool:
        """Whether it is not the swarm's own."""
        return self.layer != "swarm"


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an entry's text that a search found: where it stands (line numbers from 1) and how well it fits."""

    entry_id: UUID
    name: str
    text: str
    first_line: int
    last_line: int
    score: float
    path: str = ""


@dataclass(frozen=True, slots=True)
class FileInfo:
    """A file or folder of the swarm's workspace. `size` is in bytes."""

    path: str
    folder: bool
    size: int
    executable: bool


@dataclass(frozen=True, slots=True)
class CodeRun:
    """What became of a command in the sandbox: `changed` and `removed` are paths of the workspace.

    `reason` is why it ended (see `sandbox.types.Reason`); `exit_code` is None where a bound ended it. `left_out` names
    what it left behind and was not kept, with the reason; `truncated`: it said more than is kept. `utils` names the
    version of each function of the util space that it could import.
    """

    exit_code: int | None
    stdout: str
    stderr: str
    reason: str
    changed: Sequence[str] = ()
    removed: Sequence[str] = ()
    left_out: Sequence[str] = ()
    truncated: bool = False
    wall_ms: int = 0
    utils: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether it came to its own end, with exit code 0."""
        return self.reason == "exited" and self.exit_code == 0


class Files(Protocol):
    """The files of the swarm's workspace: all its nodes work on them, also those on other machines.

    Paths are plain (`folder/name`); one that could climb out is refused (`ActionError`, `bad_path`). A change in a
    retried activation is made once.
    """

    async def list(self, folder: str = "") -> Sequence[FileInfo]:
        """List what lies below a folder, at any depth, sorted by path."""

    async def read(self, path: str) -> bytes:
        """Return a file's content; raise `ActionError` (`not_found`) with a remedy."""

    async def read_text(self, path: str) -> str:
        """Return a file's text; raise `ActionError` (`not_found`, `not_text`)."""

    async def write(
        self, path: str, content: str | bytes, *, executable: bool = False, replaces: str | None = None
    ) -> None:
        """Write a file, and the folders above it.

        `replaces`: only where what stands there has this sha256 (hex), else `ActionError` (`conflict`).
        """

    async def move(self, source: str, target: str, *, into: bool = False) -> str:
        """Give a file or folder another path, and return it; `into`: below `target`, where that is a folder.

        Raises `ActionError` (`not_found`, `exists`).
        """

    async def delete(self, path: str) -> None:
        """Delete a file, or a folder with all below it; raise `ActionError` (`not_found`)."""

    async def make_folder(self, path: str) -> None:
        """Make a folder, and those above it; raise `ActionError` (`exists`) where a file is in the way."""


class Bench(Protocol):
    """Runs commands on the workspace, in the sandbox."""

    async def run(
        self,
        command: Sequence[str],
        *,
        stdin: str = "",
        packages: Sequence[str] = (),
        wall_s: float = 60.0,
        inputs: Mapping[str, bytes] | None = None,
        instead: bool = False,
        apart: bool = False,
        utils: Mapping[str, bytes] | None = None,
        declared: Sequence[str] = (),
    ) -> CodeRun:
        """Run a command in the workspace; what it changes there is kept, once, also when the activation is retried.

        `packages` are installed for it first (wheels only; the run itself has no network); `inputs` are further files
        that it finds, which are kept only where it changes them; `instead`: they take the place of files of the
        workspace with the same path; `apart`: it finds these alone, and nothing is kept; `utils`: modules that it can
        import (path → content), read-only and not of the workspace; left out: the functions of the util space.
        `declared`: packages that others say it needs, installed too: a retry is the same run, whatever they say by
        then. Raises `ActionError`: `no_sandbox`, `too_large`, `packages_failed`, `conflict`.
        """

    async def utils(self) -> Sequence[Util]:
        """Return the functions of the util space, the swarm's own first, in the versions in force; bounded."""


class Memory(Protocol):
    """The swarm's memory: files attached by the person, and what nodes saved."""

    async def entries(self) -> Sequence[EntryInfo]:
        """List the files that this node may read: built in, the blueprint's, the swarm's own, each oldest first.

        Of a large memory those at its root, and the first by path: it is walked by `spaces`, a level at a time, or
        searched.
        """

    async def read(self, name_or_id: str | UUID) -> str:
        """Return an entry's whole text; raise `ActionError` (`not_found`, `not_text`) with a remedy."""

    async def save(
        self,
        name: str,
        content: str,
        *,
        kind: str = "text",
        description: str = "",
        folder: str = "",
        fields: Mapping[str, Any] | None = None,
    ) -> UUID:
        """Save text under `name`; the same call in a retried activation saves once. Return the entry's id.

        `fields` are those of its kind (`schema.kinds`); left out, they stay as they are.
        """

    async def read_bytes(self, name_or_id: str | UUID) -> bytes:
        """Return an entry's content as it was saved; raise `ActionError` (`not_found`)."""

    async def save_bytes(
        self,
        name: str,
        content: bytes,
        *,
        kind: str = "binary",
        description: str = "",
        folder: str = "",
        fields: Mapping[str, Any] | None = None,
    ) -> UUID:
        """Save what need not be text; as `save`."""

    async def read_upload(self, upload_id: UUID) -> tuple[str, bytes]:
        """Return the name and the content of a file that the swarm's owner sent; raise `ActionError` (`not_found`)."""

    async def bring(
        self,
        name: str,
        content: bytes | None,
        *,
        kind: str,
        folder: str = "",
        fields: Mapping[str, Any] | None = None,
        derived_from: Sequence[UUID] = (),
        swarm_id: UUID | None = None,
    ) -> UUID:
        """File what an import brought, with the fields of its kind; `swarm_id`: in another memory of the same owner.

        The same again changes nothing. Content None: a folder, or a repository. Raises `ActionError`: `bad_value`,
        `too_slow`.
        """

    async def search(self, query: str, *, limit: int = 5, folder: str = "") -> Sequence[Passage]:
        """Return the passages that fit `query` best (full-text search), best first.

        `folder`: only what lies below it. The documentation of the swarm and its actions is found below `swarm` alone.
        """

    async def profile(self) -> Mapping[str, Any] | None:
        """Return what is known of the person whose swarm this is, over all swarms of theirs; None: nothing."""

    async def keep_profile(self, profile: Mapping[str, str]) -> None:
        """Keep what was found out of that person: `expertise`, `involvement`, `notes`."""


class Passages(Protocol):
    """The passages of memory by what they mean (vectors) and by what they stand under; `where`: an entry, or all.

    An entry is named by its id or its path, and stands for all below it too.
    """

    async def missing(
        self, model: str, *, limit: int, where: UUID | str = "", swarm_id: UUID | None = None
    ) -> Sequence[tuple[bytes, str]]:
        """Return passages that `model` has made no vector of yet: what they are kept under, and their text.

        `swarm_id`: those of another memory of the same owner, where `where` is, too.
        """

    async def keep(self, model: str, hashes: Sequence[bytes], vectors: Sequence[Sequence[float]]) -> int:
        """Keep a vector of each; return how many are new."""

    async def nearest(
        self, model: str, vector: Sequence[float], *, limit: int, where: UUID | str = ""
    ) -> Sequence[Passage]:
        """Return the passages whose vectors of this model are nearest, best first; `score` is the cosine."""

    async def titled(self, name: str, *, limit: int, where: UUID | str = "") -> Sequence[Passage]:
        """Return the passages under a heading, a class or a function of this name, or a part of it."""


@dataclass(frozen=True, slots=True)
class ActionChoice:
    """An action that a router may choose."""

    action_id: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any] | None = None


class Node(Protocol[ArgsT]):
    """The claimed node that a handler works on."""

    swarm_id: UUID
    node_id: UUID
    parent_id: UUID | None
    depth: int
    action: str
    directive: str
    args: ArgsT
    attempt: int
    activation: int
    state: dict[str, Any]
    """Durable: what a handler leaves here is committed with its outcome and is there in the next activation."""
    reports: Sequence[Report]
    """Of the last spawned set of children, in their order."""
    answers: Sequence[Answer]
    """To the questions of the last `Ask`, in their order."""
    messages: Sequence[Message]
    memory: Memory
    passages: Passages
    """Their passages by meaning and by title."""
    spaces: Spaces
    """The trees of actions, memory and utils, a level at a time."""
    files: Files
    """The swarm's workspace."""
    sandbox: Bench
    """Where code runs: on the workspace, never in this process."""
    library: Library
    """The actions that the swarm made, and those of its blueprint."""
    log: logging.LoggerAdapter[logging.Logger]

    async def swarm(self) -> SwarmInfo:
        """Return the swarm's goal, owner and options."""

    async def actions(self) -> Sequence[ActionChoice]:
        """Return the actions that a router may choose; of the swarm's own the first 1,000 by id, for all: `spaces`."""

    async def may_create(self) -> bool:
        """Return whether actions can be made here: there is an action for it, and the swarm may use it."""

    async def llm(self, schema: type[SchemaT], prompt: Prompt, *, role: str | None = None) -> SchemaT:
        """Ask the model; return a validated `schema`. Journaled: a retry of this activation does not pay again.

        `role` goes before the prompt's: router, planner, coder, reviewer or talker, each of which may have its model.
        Raises `ModelError` when the model cannot be reached or does not fit the schema after bounded repair.
        """

    async def embed(self, texts: Sequence[str], model: str | None = None) -> Sequence[Sequence[float]]:
        """Return a vector for each text, in their order. Journaled, priced and limited as `llm` is; sent in batches.

        `model`: another than PGSWARM_EMBEDDING_MODEL names, at the same server. Raises `ModelError`: `no_embeddings`
        where neither names one.
        """

    async def effect(self, key: str, fn: Callable[[], Awaitable[ResultT]]) -> ResultT:
        """Do something outside the database at most once for `key`; `fn` returns JSON.

        Where a crash left it unknown whether it happened, a person is asked.
        """
