"""What a `Client` can do with spaces, blueprints and processors.

Rule: each method only names its call. `AsyncSpaceMethods` has the same ones; a test compares them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TypeVar, Unpack

from pgswarm.client.calls import blueprints, created, spaces
from pgswarm.client.calls.blueprints import BlueprintOptions
from pgswarm.client.calls.parts import Id
from pgswarm.client.calls.spaces import EntryOptions, ImportOptions, Space
from pgswarm.client.models import (
    Blueprint,
    CreatedVersion,
    Entry,
    EntryVersion,
    Flaw,
    LevelEntry,
    Moved,
    Passage,
    Place,
    RunsAgain,
    Started,
    TouchedNode,
    Worker,
)
from pgswarm.client.wire import Call, Listing

T = TypeVar("T")


class SpaceMethods(ABC):
    """The calls; how they are sent is the client's."""

    @abstractmethod
    def _do(self, call: Call[T]) -> T:
        """Send a call, again where need be, and return its answer."""

    @abstractmethod
    def _each(self, listing: Listing[T]) -> Iterator[T]:
        """Iterate over all pages of a list."""

    # what there is

    def entries(self, space: Space, *, swarm_id: Id | None = None, folder: str | None = None) -> Iterator[Entry]:
        """Iterate over the entries of a space, or over those of one swarm, or those whose paths begin with `folder`."""
        return self._each(spaces.entries(space, swarm_id, folder))

    def level(
        self,
        space: Space,
        *,
        swarm_id: Id | None = None,
        blueprint_id: Id | None = None,
        folder_id: Id | None = None,
        path: str | None = None,
    ) -> Iterator[LevelEntry]:
        """Iterate over what lies right below a folder, or the root, as a swarm or a blueprint sees it; by name."""
        return self._each(spaces.level(space, swarm_id, blueprint_id, folder_id, path))

    def entry(self, space: Space, entry_id: Id) -> Entry:
        """Return what is known of an entry."""
        return self._do(spaces.entry(space, entry_id))

    def content(self, space: Space, entry_id: Id, *, version: int | None = None) -> bytes:
        """Return what an entry holds, or held. It may come from a model or a page: do not trust it."""
        return self._do(spaces.content(space, entry_id, version))

    def entry_path(self, space: Space, entry_id: Id) -> list[Place]:
        """Return the way to an entry, from the root down to itself."""
        return self._do(spaces.entry_path(space, entry_id))

    def entry_history(
        self, space: Space, entry_id: Id, *, swarm_id: Id | None = None, limit: int = 100
    ) -> list[EntryVersion]:
        """Return the newest versions of an entry; of one that was removed with the swarm whose it was."""
        return self._do(spaces.entry_history(space, entry_id, swarm_id, limit))

    def verify_space(self, space: Space, *, swarm_id: Id | None = None, blueprint_id: Id | None = None) -> list[Flaw]:
        """Return what does not hold in a swarm's space, a blueprint's, or the built-in one; nothing: all is well."""
        return self._do(spaces.verify_space(space, swarm_id, blueprint_id))

    def search_memory(self, swarm_id: Id, query: str, *, folder_id: Id | None = None, limit: int = 10) -> list[Passage]:
        """Return passages of a swarm's memory, or of what lies below a folder, that fit a few words, best first."""
        return self._do(spaces.search_memory(swarm_id, query, folder_id, limit))

    # what changes

    def save_entry(
        self, swarm_id: Id, name: str, *, idempotency_key: str | None = None, **options: Unpack[EntryOptions]
    ) -> Entry:
        """Keep a text or an upload in a swarm's memory; other content under the same name is a new version.

        With `space`, an entry of its action or util space.
        `ApiError` 409: it is not in `if_version` (0: there is one already).
        """
        return self._do(spaces.save_entry(swarm_id, name, options, idempotency_key))

    def move_entry(
        self,
        space: Space,
        entry_id: Id,
        *,
        parent_id: Id | None = None,
        name: str | None = None,
        if_version: int | None = None,
    ) -> Moved:
        """Put an entry below another folder, or rename it. `ApiError` 409: it is not in `if_version` any more."""
        return self._do(spaces.move_entry(space, entry_id, parent_id, name, if_version))

    def merge_entry(self, space: Space, entry_id: Id, into_id: Id, *, if_version: int | None = None) -> int:
        """Give all that a folder holds to another one, or let an entry's twin stand for it; return how many went."""
        return self._do(spaces.merge_entry(space, entry_id, into_id, if_version))

    def remove_entry(self, space: Space, entry_id: Id, *, if_version: int | None = None) -> int:
        """Remove an entry, all below it and the pointers to it; return how many went. Its history stays."""
        return self._do(spaces.remove_entry(space, entry_id, if_version))

    def import_memory(self, *, idempotency_key: str | None = None, **options: Unpack[ImportOptions]) -> Started:
        """Start a swarm that takes web pages, repositories and uploads into memory; its events are the progress."""
        return self._do(spaces.import_memory(options, idempotency_key))

    # blueprints

    def blueprints(self) -> Iterator[Blueprint]:
        """Iterate over the account's blueprints and those for everybody, each version by itself."""
        return self._each(blueprints.blueprints())

    def blueprint(self, blueprint_id: Id) -> Blueprint:
        """Return one version of a blueprint; `level` shows its spaces."""
        return self._do(blueprints.blueprint(blueprint_id))

    def create_blueprint(
        self, name: str, *, idempotency_key: str | None = None, **options: Unpack[BlueprintOptions]
    ) -> Blueprint:
        """Make a new version of a blueprint, whole or not at all; the first of its name is version 1."""
        return self._do(blueprints.create_blueprint(name, options, idempotency_key))

    # actions that swarms made

    def created_actions(self, swarm_id: Id, *, action: str | None = None) -> Iterator[CreatedVersion]:
        """Iterate over the versions of what a swarm made or has from its blueprint; `action`: of one, by its id."""
        return self._each(created.created_actions(swarm_id, action))

    def touched_nodes(self, swarm_id: Id, action: str, version: int) -> Iterator[TouchedNode]:
        """Iterate over the nodes that a version touched, with the files and entries that each wrote."""
        return self._each(created.touched_nodes(swarm_id, action, version))

    def revoke_action(
        self,
        swarm_id: Id,
        action_id: str,
        version: int,
        why: str,
        *,
        everybody: bool = False,
        idempotency_key: str | None = None,
    ) -> bool:
        """Stop the use of a version: its content runs no more. False: it was revoked already."""
        wanted = {"action_id": action_id, "version": version, "why": why, "everybody": everybody}
        return self._do(created.revoke_action(swarm_id, wanted, idempotency_key))

    def revoke_blueprint_action(
        self,
        blueprint_id: Id,
        action_id: str,
        version: int,
        why: str,
        *,
        everybody: bool = False,
        idempotency_key: str | None = None,
    ) -> bool:
        """Stop the use of a version that a blueprint has. False: it was revoked already."""
        wanted = {"action_id": action_id, "version": version, "why": why, "everybody": everybody}
        return self._do(created.revoke_blueprint_action(blueprint_id, wanted, idempotency_key))

    def rerun_action(
        self,
        swarm_id: Id,
        action_id: str,
        version: int,
        *,
        blueprint_id: Id | None = None,
        idempotency_key: str | None = None,
    ) -> RunsAgain:
        """Run again what a version did, with the newest: in the swarm while the parents wait, else in a fork of it.

        `blueprint_id`: with the version that this blueprint has.
        """
        wanted = {"action_id": action_id, "version": version, "blueprint_id": blueprint_id}
        return self._do(created.rerun_action(swarm_id, wanted, idempotency_key))

    # processors

    def workers(self, *, also_ended: bool = False) -> Iterator[Worker]:
        """Iterate over the processors that work on the database, newest first."""
        return self._each(spaces.workers(also_ended=also_ended))
