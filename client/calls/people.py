"""What people answer and write: questions, answer links, messages, conversations, files."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from pgswarm.client.calls.parts import File, Id, ident, inner, listing, make, nothing, of_node, of_swarm, said, whole
from pgswarm.client.models import (
    Conversation,
    Link,
    LinkedQuestion,
    MadeLink,
    Message,
    Profile,
    Question,
    Said,
    Suggestion,
    Upload,
)
from pgswarm.client.wire import Call, Listing, encode, reader

_TOKEN: Final = re.compile(r"(?:.*/v1/answers/)?([A-Za-z0-9_-]{20,100})/?")


def question(question_id: Id) -> Call[Question]:
    """Open a question."""
    return Call("GET", _question(question_id), reader(Question))


def questions(
    swarm_id: Id | None, node_id: Id | None, conversation_id: Id | None, *, only_open: bool
) -> Listing[Question]:
    """List questions."""
    wanted = said(swarm_id=swarm_id, node_id=node_id, conversation_id=conversation_id)
    return listing("/v1/questions", Question, wanted | ({"open": "true"} if only_open else {}))


def answer(question_id: Id, value: Any, files: Sequence[Id]) -> Call[Question]:
    """Answer a question. The API takes the same answer of the same account again for the first."""
    body = encode({"answer": value, "files": list(files)})
    return Call("POST", _question(question_id, "/answer"), inner("question", Question), body=body)


def make_link(question_id: Id, expires_in_s: float | None, key: str | None) -> Call[MadeLink]:
    """Make an answer link. Repeated, it is the same link, and only its newest address holds."""
    body = {} if expires_in_s is None else {"expires_in_s": expires_in_s}
    return make(_question(question_id, "/links"), MadeLink, body, key)


def links(question_id: Id) -> Call[list[Link]]:
    """List a question's answer links."""
    return Call("GET", _question(question_id, "/links"), reader(list[Link]))


def end_link(question_id: Id, link_id: Id) -> Call[None]:
    """Take an answer link back."""
    return Call("DELETE", _question(question_id, f"/links/{ident('link_id', link_id)}"), nothing)


def linked_question(link: str) -> Call[LinkedQuestion]:
    """Look at the question behind a link."""
    return Call("GET", _link(link), reader(LinkedQuestion))


def answer_link(link: str, value: Any) -> Call[None]:
    """Answer by a link. The API takes the same answer again for the first."""
    return Call("POST", _link(link), nothing, body=encode({"answer": value}))


def messages(swarm_id: Id, node_id: Id | None) -> Listing[Message]:
    """List messages."""
    return listing(_messages(swarm_id, node_id), Message, {})


def write(swarm_id: Id, content: str, node_id: Id | None, files: Sequence[Id], key: str | None) -> Call[Message]:
    """Write to a swarm or a node."""
    return make(_messages(swarm_id, node_id), Message, {"content": content, "files": list(files)}, key)


def suggestions(swarm_id: Id | None) -> Listing[Suggestion]:
    """List suggestions."""
    return listing("/v1/suggestions", Suggestion, said(swarm_id=swarm_id))


def profile() -> Call[Profile]:
    """See what swarms know."""
    return Call("GET", "/v1/profile", reader(Profile))


def set_profile(expertise: str, involvement: str, notes: str) -> Call[Profile]:
    """Say what swarms should know."""
    body = encode({"expertise": expertise, "involvement": involvement, "notes": notes})
    return Call("PUT", "/v1/profile", reader(Profile), body=body)


def erase_profile() -> Call[None]:
    """Let swarms forget it."""
    return Call("DELETE", "/v1/profile", nothing)


def begin_conversation(title: str, conversation_id: Id | None, key: str | None) -> Call[Conversation]:
    """Begin a conversation."""
    return make("/v1/conversations", Conversation, {"title": title, "conversation_id": conversation_id}, key)


def conversations() -> Listing[Conversation]:
    """List conversations."""
    return listing("/v1/conversations", Conversation, {})


def conversation(conversation_id: Id) -> Call[Conversation]:
    """Open a conversation."""
    return Call("GET", _conversation(conversation_id), reader(Conversation))


def rename_conversation(conversation_id: Id, title: str) -> Call[Conversation]:
    """Give a conversation another title."""
    return Call("PATCH", _conversation(conversation_id), reader(Conversation), body=encode({"title": title}))


def end_conversation(conversation_id: Id) -> Call[Conversation]:
    """End a conversation."""
    return Call("POST", _conversation(conversation_id, "/end"), reader(Conversation))


def what_was_said(conversation_id: Id) -> Listing[Said]:
    """List what was said in a conversation."""
    return listing(_conversation(conversation_id, "/history"), Said, {})


def upload(files: Sequence[File], key: str | None) -> Call[list[Upload]]:
    """Send files, which are read here."""
    if not files:
        raise ValueError("files is empty: name at least one")
    contents = [file if isinstance(file, tuple) else (Path(file).name, Path(file).read_bytes()) for file in files]
    return Call("POST", "/v1/uploads", inner("items", list[Upload]), files=contents, key=key or str(uuid4()))


def uploads() -> Listing[Upload]:
    """List the files that were sent."""
    return listing("/v1/uploads", Upload, {})


def uploaded(upload_id: Id) -> Call[Upload]:
    """Look at a file that was sent."""
    return Call("GET", _upload(upload_id), reader(Upload))


def download(upload_id: Id) -> Call[bytes]:
    """Get a file back."""
    return Call("GET", _upload(upload_id, "/content"), whole)


def delete_upload(upload_id: Id) -> Call[None]:
    """Forget a file."""
    return Call("DELETE", _upload(upload_id), nothing)


def _question(question_id: Id, rest: str = "") -> str:
    return f"/v1/questions/{ident('question_id', question_id)}{rest}"


def _conversation(conversation_id: Id, rest: str = "") -> str:
    return f"/v1/conversations/{ident('conversation_id', conversation_id)}{rest}"


def _upload(upload_id: Id, rest: str = "") -> str:
    return f"/v1/uploads/{ident('upload_id', upload_id)}{rest}"


def _messages(swarm_id: Id, node_id: Id | None) -> str:
    return of_swarm(swarm_id, "/messages") if node_id is None else of_node(swarm_id, node_id, "/messages")


def _link(link: str) -> str:
    found = _TOKEN.fullmatch(link)
    if found is None:  # not shown: whoever has it may answer
        raise ValueError("link is no answer link: give its url, or the token at the url's end")
    return f"/v1/answers/{found[1]}"
