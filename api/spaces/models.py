"""What the routes of spaces give, and what they take."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.api.numbers import IS_NUMBER, Flag, Integer
from pgswarm.api.swarms.models import AT, SWARM_ID
from pgswarm.schema.kinds import Search

Space = Literal["action", "memory", "util"]
ENTRY_ID = "0198f3a5-2222-7000-8000-000000000000"
REFERENCES_ID = "dcaf5780-5c1a-8c06-8587-b3646883b38c"  # the built-in folder: the same everywhere
LONGEST_NAME = 255
MOST_ENTRIES = 1000
LARGEST = 2_147_483_647


class Entry(BaseModel):
    """One entry of a space."""

    space: Space
    path: str = Field(examples=["reports/summary.md"])
    name: str = Field(examples=["summary.md"])
    kind: str = Field(examples=["markdown"])
    description: str
    entry_id: UUID
    parent_id: UUID | None = Field(description="The folder that it lies in; none: a root.")
    swarm_id: UUID | None = Field(examples=[SWARM_ID], description="The swarm whose it is; none: shared.")
    blueprint_id: UUID | None = Field(description="The blueprint whose it is; neither: it is built in.")
    author_node_id: UUID | None
    version: int
    status: Literal["up_to_date", "out_of_date"] = Field(
        description="`out_of_date`: something that it was derived from has changed."
    )
    size: int = Field(description="Bytes.")
    fields: dict[str, Any] = Field(description="What entries of this kind have besides.")
    search: Search | None = Field(description="How it is searched, where that is said of itself.")
    target_id: UUID | None = Field(description="Where a pointer leads.")
    derived_from: list[UUID]
    created_at: datetime = Field(examples=[AT])
    updated_at: datetime = Field(examples=[AT])


class LevelEntry(BaseModel):
    """One entry of a level, as a router sees it."""

    entry_id: UUID
    name: str = Field(examples=["projects"])
    path: str = Field(examples=["projects"])
    kind: str = Field(examples=["folder"])
    description: str
    layer: Literal["swarm", "blueprint", "built_in"] = Field(description="Whose it is; all but `swarm` is shared.")
    portal: bool = Field(description="Whether entries of the swarm's own can be put below it though it is shared.")
    holds: bool = Field(description="Whether entries can lie below it.")
    search: Search = Field(description="How it is searched, also where a folder above it says so.")
    below: int = Field(description="How many entries lie right below it, up to 1,000.")
    target_id: UUID | None
    target_kind: str | None
    target_path: str | None
    status: Literal["up_to_date", "out_of_date"]
    version: int
    size: int
    fields: dict[str, Any]
    author_node_id: UUID | None
    updated_at: datetime = Field(examples=[AT])


class Place(BaseModel):
    """One step of the way to an entry."""

    depth: int
    entry_id: UUID
    name: str
    path: str
    kind: str
    description: str
    portal: bool
    search: Search


class EntryPlaces(BaseModel):
    """The way to an entry, from the root down to itself."""

    items: list[Place]


class EntryVersion(BaseModel):
    """What an entry was, or is."""

    version: int
    path: str
    kind: str
    description: str
    size: int
    fields: dict[str, Any]
    derived_from: list[UUID]
    author_node_id: UUID | None = Field(description="The node that made it so; none: a person, or the system.")
    author: str | None = Field(description="The account or the role that did.")
    at: datetime = Field(examples=[AT])
    removed_at: datetime | None
    removed_by: str | None


class EntryHistory(BaseModel):
    """The versions of an entry, the newest first."""

    items: list[EntryVersion]


class Flaw(BaseModel):
    """One rule that does not hold."""

    rule: str = Field(examples=["pointer_leads_somewhere"])
    entry_id: UUID
    path: str
    detail: str


class Flaws(BaseModel):
    """What does not hold in a space; nothing: all is well."""

    items: list[Flaw]


class _Change(BaseModel):
    model_config = ConfigDict(extra="forbid")

    if_version: Annotated[int, Field(ge=0, le=2_147_483_647), IS_NUMBER] | None = Field(
        default=None, description="Only where the entry is in this version."
    )


class MoveEntry(_Change):
    """Where an entry is to go, and what it is to be called; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"example": {"name": "renamed.md"}})

    parent_id: UUID | None = Field(default=None, description="The folder.")
    name: str | None = Field(default=None, min_length=1, max_length=LONGEST_NAME, examples=["renamed.md"])


class MergeEntry(_Change):
    """Into which entry it is to go."""

    into_id: UUID = Field(description="A folder, or the twin of what is no folder.", examples=[REFERENCES_ID])


class RemoveEntry(_Change):
    """Which version of it is to go."""

    model_config = ConfigDict(json_schema_extra={"example": {"if_version": 1}})


class _Save(_Change):
    """What is to be kept, and where. What is left out stays as it is, where there is such an entry already."""

    swarm_id: UUID = Field(examples=[SWARM_ID], description="The swarm whose it is.")
    name: str = Field(min_length=1, max_length=LONGEST_NAME, examples=["style.md"])
    content: str | None = Field(default=None, examples=["We write short sentences."])
    description: str | None = Field(
        default=None, examples=["How we write"], description="What it is about: nodes that look for something read it."
    )
    folder: str = Field(default="", max_length=5000, description="The path of its folder.", examples=["references"])
    parent_id: UUID | None = Field(default=None, description="The folder by its id, in the place of its path.")
    fields: dict[str, Any] | None = Field(default=None, examples=[{"source": "the handbook"}])
    search: Search | Literal["inherit"] | None = Field(
        default=None, description="How it is searched; `inherit`: as its folder says."
    )
    target_id: UUID | None = Field(default=None, description="Where a pointer leads.")
    derived_from: list[UUID] | None = Field(
        default=None, max_length=MOST_ENTRIES, description="The entries that it is out of date with."
    )


class SaveEntry(_Save):
    """What is to be kept in memory, and where. What is left out stays, where there is such an entry already."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "swarm_id": SWARM_ID,
                "folder": "references",
                "name": "style.md",
                "content": "We write short sentences.",
            }
        }
    )

    kind: str | None = Field(
        default=None, max_length=40, examples=["markdown"], description="Left out: by the name and the content."
    )
    upload_id: UUID | None = Field(default=None, description="A file that was sent, in the place of `content`.")


class SaveAction(_Save):
    """What is to be found in the action space: an action that processors have, a folder for some, or a pointer."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "swarm_id": SWARM_ID,
                "folder": "tools",
                "name": "noop",
                "description": "Do nothing.",
                "fields": {"action_id": "bench/noop", "input_schema": {"type": "object"}, "source": "custom"},
            }
        }
    )

    kind: Literal["action", "folder", "pointer"] = "action"


class SaveUtil(_Save):
    """What code of the swarm may import: a function, a folder for some, or a pointer."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "swarm_id": SWARM_ID,
                "folder": "text",
                "name": "shout.py",
                "content": "def shout(text):\n    return text.upper()\n",
                "fields": {"language": "python", "name": "shout"},
            }
        }
    )

    kind: Literal["function", "folder", "pointer"] = "function"


class Moved(BaseModel):
    """What became of an entry that moved."""

    entry_id: UUID
    version: int


class Gone(BaseModel):
    """How many entries went."""

    removed: int


class Passage(BaseModel):
    """A passage of a swarm's memory that fits a query."""

    entry_id: UUID
    name: str = Field(examples=["contract.txt"])
    path: str = Field(examples=["contract.txt"])
    content: str = Field(examples=["The tenant shall …"])
    first_line: int
    last_line: int
    score: float


class Passages(BaseModel):
    """What was found, best first, and how it was looked for."""

    items: list[Passage]
    method: Literal["full_text"] = "full_text"


class Blueprint(BaseModel):
    """A version of a blueprint: options, names of keys and spaces that swarms start with."""

    blueprint_id: UUID
    owner_id: UUID | None = Field(description="None: it is for everybody.")
    name: str = Field(examples=["careful"])
    version: int
    description: str
    settings: dict[str, Any] = Field(examples=[{"approve": "plan", "budget": {"nodes": 300}}])
    keys: list[str] = Field(description="The keys that its actions need, by name.", examples=[["SEARCH_API_KEY"]])
    base_ids: list[UUID] = Field(description="The versions that it stands on, the nearest first.")
    created_at: datetime = Field(examples=[AT])
    used_at: datetime | None = Field(description="From when on it cannot change: something uses it.")


class NewEntry(BaseModel):
    """An entry of a blueprint."""

    model_config = ConfigDict(extra="forbid")

    space: Space = "memory"
    name: str = Field(min_length=1, max_length=LONGEST_NAME, examples=["style.md"])
    kind: str = Field(max_length=40, examples=["markdown"])
    description: str = ""
    folder: str = Field(default="", max_length=5000, description="The path of its folder.", examples=["references"])
    content: str | None = Field(default=None, examples=["We write short sentences."])
    fields: dict[str, Any] | None = None
    search: Search | None = None
    portal: Flag | None = Field(default=None, description="Whether swarms may put entries of their own below it.")


class Contribution(BaseModel):
    """What a swarm made that the blueprint takes over."""

    model_config = ConfigDict(extra="forbid")

    swarm_id: UUID = Field(examples=[SWARM_ID])
    entry_ids: list[UUID] = Field(min_length=1, max_length=MOST_ENTRIES, examples=[[ENTRY_ID]])


class MergedAction(BaseModel):
    """A version of an action that a swarm made, as it was reviewed: its hash says so."""

    model_config = ConfigDict(extra="forbid")

    swarm_id: UUID = Field(examples=[SWARM_ID])
    action_id: str = Field(max_length=100, pattern=r"^created/[a-z][a-z0-9_]*$", examples=["created/count_words"])
    version: Integer = Field(ge=1, le=2_147_483_647, examples=[2])
    hash: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of what was reviewed; its entry's `fields` have it.")


class CreateBlueprint(BaseModel):
    """A new version of a blueprint. The first of its name is version 1."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "name": "careful",
                "settings": {"approve": "plan", "budget": {"nodes": 300}},
                "entries": [{"name": "style.md", "kind": "markdown", "folder": "references", "content": "Be brief."}],
            }
        },
    )

    name: str = Field(min_length=1, max_length=100, pattern=r"\S", examples=["careful"])
    description: str = Field(default="", max_length=10_000)
    settings: dict[str, Any] | None = Field(
        default=None, description="Names as in `POST /v1/swarms`: budget, priority, share, approve, model."
    )
    keys: list[str] | None = Field(default=None, max_length=MOST_ENTRIES, description="Names, never values.")
    based_on: UUID | None = Field(
        default=None, description="The version that it stands on: what is not said here is as it is there."
    )
    leave_out: list[UUID] = Field(
        default_factory=list, max_length=MOST_ENTRIES, description="Entries of that version that this one is without."
    )
    contribution: Contribution | None = None
    actions: list[MergedAction] = Field(
        default_factory=list, max_length=MOST_ENTRIES, description="Actions that swarms made, after a review."
    )
    entries: list[NewEntry] = Field(default_factory=list, max_length=MOST_ENTRIES)
    shared: Flag = Field(default=False, description="For everybody; only administrators may say so.")
