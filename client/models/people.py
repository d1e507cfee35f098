"""What people are asked, answer, write and send, as the API gives it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from pgswarm.client.models.given import Given


class Question(Given):
    """A question to a person. `answer_schema`, where there is one, is the JSON schema that the answer must fit."""

    question_id: UUID
    swarm_id: UUID
    node_id: UUID
    goal: str
    prompt: str
    answer_schema: dict[str, Any] | None = Field(alias="schema")
    choices: list[Any] | None
    default_answer: Any
    status: str
    answer: Any
    asked_at: datetime
    expires_at: datetime | None


class MadeLink(Given):
    """A link by which whoever has `url` answers one question, once. The url is shown this once."""

    link_id: UUID
    question_id: UUID
    url: str = Field(repr=False)
    expires_at: datetime


class Link(Given):
    """What is known of an answer link."""

    link_id: UUID
    question_id: UUID
    status: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class LinkedQuestion(Given):
    """The question behind a link, as whoever has the link sees it."""

    status: str
    prompt: str
    answer_schema: dict[str, Any] | None = Field(alias="schema")
    choices: list[Any] | None
    default_answer: Any
    asked_at: datetime
    expires_at: datetime
    answer: Any
    answered_at: datetime | None


class Message(Given):
    """What a person wrote to a node, or, without `node_id`, to the whole swarm."""

    message_id: UUID
    swarm_id: UUID
    node_id: UUID | None
    role: str
    content: str
    author: str
    at: datetime


class Conversation(Given):
    """Swarms that belong together. `living`: those that have not terminated. After `ended_at` none joins."""

    conversation_id: UUID
    title: str
    swarms: int
    living: int
    open_questions: int
    created_at: datetime
    last_at: datetime
    ended_at: datetime | None


class Said(Given):
    """One thing that was said in a conversation; `value` is an answer, or the outcome that a report came with."""

    kind: str
    at: datetime
    role: str
    author: str
    swarm_id: UUID
    node_id: UUID | None
    item_id: UUID
    content: str | None
    value: Any


class Upload(Given):
    """A file that was sent; `size` in bytes. `encoding`: what a text was written in, None for what is no text."""

    upload_id: UUID
    name: str
    kind: str
    encoding: str | None = None
    size: int
    sha256: str


class Profile(Given):
    """What swarms know of a person. Without `updated_at`: nothing; without `swarm_id`: they wrote it themselves."""

    expertise: str
    involvement: str
    notes: str
    swarm_id: UUID | None
    updated_at: datetime | None


class Suggestion(Given):
    """What a node suggests for improving its swarm."""

    entry_id: UUID
    swarm_id: UUID
    node_id: UUID | None
    about: str
    content: str
    created_at: datetime
