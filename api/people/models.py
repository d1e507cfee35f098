"""What goes in and out of the routes of people."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from pgswarm.api.numbers import Flag, Number
from pgswarm.api.swarms.models import AT, NODE_ID, SWARM_ID, Approve, Budget, Limits, SwarmStatus

QUESTION_ID = "0198f3a5-3333-7000-8000-000000000000"
CONVERSATION_ID = "0198f3a5-4444-7000-8000-000000000000"
UPLOAD_ID = "0198f3a5-5555-7000-8000-000000000000"
LINK_ID = "0198f3a5-6666-7000-8000-000000000000"
ENTRY_ID = "0198f3a5-7777-7000-8000-000000000000"
MESSAGE_ID = "0198f3a5-8888-7000-8000-000000000000"
ACCOUNT_ID = "0198f3a5-9999-7000-8000-000000000000"

MOST_FILES = 200
LONGEST_MESSAGE = 500_000
LONGEST_DIRECTIVE = 100_000
A_YEAR_S = 31_536_000
A_WEEK_S = 604_800

Files = Annotated[
    list[UUID], Field(max_length=MOST_FILES, description="Uploads that come with it, by id (`POST /v1/uploads`).")
]


class Attached(BaseModel):
    """A file that came with an answer or a message; nodes read it in the swarm's memory by its name."""

    upload_id: UUID = Field(examples=[UPLOAD_ID])
    entry_id: UUID = Field(examples=[ENTRY_ID])
    name: str = Field(examples=["contract.txt"])
    kind: str = Field(examples=["text"])
    size: int = Field(description="In bytes.", examples=[2048])


class Question(BaseModel):
    """A question to a person. `schema`, where there is one, is the JSON schema that the answer must fit."""

    model_config = ConfigDict(populate_by_name=True)

    question_id: UUID = Field(examples=[QUESTION_ID])
    swarm_id: UUID = Field(examples=[SWARM_ID])
    node_id: UUID = Field(examples=[NODE_ID])
    conversation_id: UUID | None
    goal: str = Field(description="The swarm's.", examples=["Plan the trip"])
    prompt: str = Field(examples=["Which colour?"])
    answer_schema: dict[str, Any] | None = Field(alias="schema", examples=[{"type": "string"}])
    choices: list[Any] | None = Field(description="The only answers that are taken.", examples=[["red", "blue"]])
    default_answer: Any = Field(description="What is taken when it expires.")
    asked_at: datetime = Field(examples=[AT])
    expires_at: datetime | None = Field(examples=[AT])
    status: Literal["open", "answered", "expired", "node_terminated"]
    answer: Any = Field(examples=["blue"])
    answer_files: list[Attached] | None
    answered_by: str | None = Field(
        description="An account, a role of the database, or `link:<link_id>`.", examples=[ACCOUNT_ID]
    )
    answered_at: datetime | None = Field(examples=[AT])


class GiveAnswer(BaseModel):
    """An answer."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"answer": "blue"}})

    answer: Any = Field(description="Any JSON value that fits the question.")
    files: Files = []


class Answered(BaseModel):
    """The answer was taken. Sent again by the same account, it has no second effect and gets the same response."""

    result: Literal["accepted"] = "accepted"
    question: Question


class WriteMessage(BaseModel):
    """What a person writes without being asked."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"content": "The budget is 500 euros, not 400."}}
    )

    content: str = Field(min_length=1, max_length=LONGEST_MESSAGE, pattern=r"\S")
    files: Files = []


class Message(BaseModel):
    """A message to a node, or, without `node_id`, to the whole swarm."""

    message_id: UUID = Field(examples=[MESSAGE_ID])
    swarm_id: UUID = Field(examples=[SWARM_ID])
    node_id: UUID | None = Field(examples=[NODE_ID])
    role: str = Field(examples=["user"])
    content: str = Field(examples=["The budget is 500 euros, not 400."])
    files: list[Attached] | None
    author: str = Field(examples=[ACCOUNT_ID])
    at: datetime = Field(examples=[AT])


class BeginConversation(BaseModel):
    """A conversation to begin. Without a title it gets one from its first goal."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"title": "Trip to the sea"}})

    title: str = Field(default="", max_length=200)
    conversation_id: UUID | None = Field(default=None, description="An id of the caller's choice.")


class RenameConversation(BaseModel):
    """Another title."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"title": "Trip to the hills"}})

    title: str = Field(min_length=1, max_length=200, pattern=r"\S")


class Conversation(BaseModel):
    """A conversation: swarms that belong together."""

    conversation_id: UUID = Field(examples=[CONVERSATION_ID])
    owner_id: UUID | None = Field(examples=[ACCOUNT_ID])
    title: str = Field(examples=["Trip to the sea"])
    swarms: int
    living: int = Field(description="Swarms that have not terminated.")
    open_questions: int
    created_at: datetime = Field(examples=[AT])
    last_at: datetime = Field(description="When something was last said in it.", examples=[AT])
    ended_at: datetime | None = Field(description="From then on no swarm joins it.", examples=[AT])


class Said(BaseModel):
    """One thing that was said in a conversation."""

    kind: Literal["goal", "question", "answer", "default", "message", "report"] = Field(
        description="`default`: the answer that was taken when the question expired."
    )
    at: datetime = Field(examples=[AT])
    role: Literal["user", "swarm"]
    author: str = Field(examples=[ACCOUNT_ID])
    swarm_id: UUID = Field(examples=[SWARM_ID])
    node_id: UUID | None = Field(examples=[NODE_ID])
    item_id: UUID = Field(description="Of the swarm, the question or the message.", examples=[QUESTION_ID])
    content: str | None = Field(description="Null for an answer: that is `value`.", examples=["Which colour?"])
    value: Any = Field(description="The answer; of a report, the swarm's outcome.")
    files: list[Attached] | None


class Upload(BaseModel):
    """A file that the account has sent."""

    upload_id: UUID = Field(examples=[UPLOAD_ID])
    name: str = Field(examples=["contract.txt"])
    kind: str = Field(examples=["text"])
    media_type: str = Field(examples=["text/plain"])
    encoding: str | None = Field(
        description="What a text was written in before it was kept as UTF-8; `cp1252` (Windows) is a guess. "
        "None: it is no text, and kept as it came.",
        examples=["utf-8"],
    )
    size: int = Field(description="In bytes, as it is kept.", examples=[2048])
    sha256: str
    created_at: datetime = Field(examples=[AT])


class Uploaded(BaseModel):
    """The files of one request, in their order."""

    items: list[Upload]


class MakeLink(BaseModel):
    """A link to make."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"expires_in_s": 86400}})

    expires_in_s: Number = Field(default=A_WEEK_S, ge=1, le=A_YEAR_S, description="How long it holds, in seconds.")


class MadeLink(BaseModel):
    """A link by which whoever has it answers one question, once. The token is in `url`; it is shown this once."""

    link_id: UUID = Field(examples=[LINK_ID])
    question_id: UUID = Field(examples=[QUESTION_ID])
    url: str = Field(examples=["https://swarm.example/v1/answers/l1Vn…"])
    expires_at: datetime = Field(examples=[AT])


class Link(BaseModel):
    """What is known of a link; not its token."""

    link_id: UUID = Field(examples=[LINK_ID])
    question_id: UUID = Field(examples=[QUESTION_ID])
    status: Literal["open", "used", "revoked", "closed", "expired"]
    created_by: str = Field(examples=[ACCOUNT_ID])
    created_at: datetime = Field(examples=[AT])
    expires_at: datetime = Field(examples=[AT])
    used_at: datetime | None = Field(examples=[AT])
    revoked_at: datetime | None = Field(examples=[AT])


class LinkedQuestion(BaseModel):
    """The question behind a link, for whoever has the link."""

    model_config = ConfigDict(populate_by_name=True)

    status: Literal["open", "used", "revoked", "closed", "expired"]
    prompt: str = Field(examples=["Which colour?"])
    answer_schema: dict[str, Any] | None = Field(alias="schema")
    choices: list[Any] | None = Field(examples=[["red", "blue"]])
    default_answer: Any
    asked_at: datetime = Field(examples=[AT])
    expires_at: datetime = Field(examples=[AT])
    answer: Any = Field(description="What this link has answered.")
    answered_at: datetime | None = Field(examples=[AT])


class LinkAnswered(BaseModel):
    """The answer was taken. The same answer sent again has no second effect and gets the same response."""

    result: Literal["accepted"] = "accepted"
    answered_at: datetime = Field(examples=[AT])


class Changed(BaseModel):
    """What became of a node that an operator acted on."""

    node_id: UUID = Field(examples=[NODE_ID])
    changed: bool = Field(description="False: it was so already, and nothing happened.")
    status: Literal["pending", "running", "waiting_user", "awaiting_children", "terminated"]


class Replaced(BaseModel):
    """The node that takes the place of one that has terminated."""

    node_id: UUID = Field(examples=[NODE_ID])
    retry_of: UUID = Field(examples=[NODE_ID])


class ChangeDirective(BaseModel):
    """Another directive."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"directive": "Write it in French"}})

    directive: str = Field(min_length=1, max_length=LONGEST_DIRECTIVE, pattern=r"\S")


class SetApproval(BaseModel):
    """What a person must say yes to before it is done, from now on."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"approve": "plan"}})

    approve: Approve


class Supervised(BaseModel):
    """How a swarm is supervised now."""

    swarm_id: UUID = Field(examples=[SWARM_ID])
    approve: Approve
    changed: bool = Field(description="False: it was so already, and nothing happened.")


class Suggestion(BaseModel):
    """What a node suggests for improving the swarm, its actions or its prompts."""

    entry_id: UUID
    swarm_id: UUID = Field(examples=[SWARM_ID])
    node_id: UUID | None = Field(examples=[NODE_ID])
    about: str = Field(examples=["missing action"])
    content: str = Field(examples=["No action fits: brew tea"])
    created_at: datetime = Field(examples=[AT])


class RaiseBudget(BaseModel):
    """Limits of a swarm, set anew. What is left out stays."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"budget": {"tokens": 500000}, "resume": True}}
    )

    budget: Budget
    resume: Flag = Field(default=False, description="Go on at once, where the swarm is paused.")


class Raised(BaseModel):
    """A swarm's limits as they are now."""

    swarm_id: UUID = Field(examples=[SWARM_ID])
    status: SwarmStatus
    paused_reason: str | None = Field(examples=["budget_exceeded"])
    budget: Limits
