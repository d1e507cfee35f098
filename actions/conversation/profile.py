"""What is known of the user: how much they want to be involved, and what they have answered before.

Both are entries of the memory folder `user`; the profile is what `conversation/introductory_interview` saves, and what
the user's other swarms begin with. Without a profile the user is asked whenever nothing else answers.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pgswarm.actions.base import ActionError
from pgswarm.actions.node import Node

FOLDER: Final = "user"
PROFILE: Final = "profile.json"
MAX_SLUG: Final = 60
_TOLD_BY: Final = 8

Involvement = Literal["never", "important", "always"]
"""When the user wants to be asked: never, for what is important, or for whatever nothing else answers."""


class Profile(BaseModel):
    """The user, as far as a swarm needs to know."""

    model_config = ConfigDict(extra="ignore")

    expertise: str = ""
    involvement: Involvement = "always"
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the user, and who says it; an empty source: nothing is, and the profile is the default."""

    profile: Profile
    source: Literal["swarm", "account", "blueprint", ""]


async def known_profile(node: Node[Any]) -> Known:
    """Return the user's profile: the swarm's own, else that of the user's account, else the blueprint's.

    What cannot be read is passed over. Which fields were said is `profile.model_fields_set`.
    """
    entries = [e for e in await node.memory.entries() if e.path.strip("/") == f"{FOLDER}/{PROFILE}"]
    own = any(not entry.shared for entry in entries)
    known = None if own else await node.memory.profile()
    try:
        if known is not None:
            return Known(Profile.model_validate(known), "account")
        if entries:
            text = await node.memory.read(entries[-1].entry_id)
            return Known(Profile.model_validate_json(text), "swarm" if own else "blueprint")
    except (ActionError, ValidationError) as error:
        node.log.warning("%s/%s cannot be read and is passed over: %s", FOLDER, PROFILE, error)
    return Known(Profile(), "")


async def read_profile(node: Node[Any]) -> Profile:
    """Return what nodes go by when they would ask: `known_profile`, or the default."""
    return (await known_profile(node)).profile


async def may_ask(node: Node[Any]) -> bool:
    """Say whether the user may be asked what only they can decide: not where they want to be asked never.

    What somebody else or memory may know goes to the oracle (`ask_first`), which looks there before it asks them.
    """
    return (await read_profile(node)).involvement != "never"


async def save_profile(node: Node[Any], profile: Profile, *, for_all: bool) -> None:
    """Keep the profile: every later question of this swarm's nodes goes by it, and of all the user's where `for_all`.

    `for_all` is the person's to say.
    """
    if for_all:
        await node.memory.keep_profile(profile.model_dump())
    description = "Who the user is, and when they want to be asked."
    await node.memory.save(
        PROFILE, profile.model_dump_json(indent=2), kind="json", description=description, folder=FOLDER
    )


async def save_answer(node: Node[Any], question: str, answer: str) -> None:
    """Keep what the user answered, so that no other node has to ask it again."""
    name = f"{slug(question)}.md"
    text = f"Q: {question}\nA: {answer}\n"
    await node.memory.save(name, text, kind="markdown", description=question[:200], folder=f"{FOLDER}/answers")


def slug(text: str) -> str:
    """Return a text as a file's name: lower case, words joined, bounded; what is cut off still tells two apart."""
    whole = re.sub(r"[^\w]+", "-", text.casefold()).strip("-_") or "untitled"
    if len(whole) <= MAX_SLUG:
        return whole
    return f"{whole[:MAX_SLUG].rstrip('-_')}-{hashlib.sha256(whole.encode()).hexdigest()[:_TOLD_BY]}"
