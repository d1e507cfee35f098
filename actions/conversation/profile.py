"""What is known of the user: how much they want to be involved, and what they have answered before.

Both are entries of the memory folder `user`; the profile is what `conversation/introductory_interview` saves, and what
the user's other swarms begin with. Without a profile the user is asked whenever nothing else answers.
"""

import re
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from pgswarm.actions.base import ActionError
from pgswarm.actions.node import Node

FOLDER: Final = "user"
PROFILE: Final = "profile.json"
MAX_SLUG: Final = 60

Involvement = Literal["never", "important", "always"]
"""When the user wants to be asked: never, for what is important, or for whatever nothing else answers."""


class Profile(BaseModel):
    """The user, as far as a swarm needs to know."""

    model_config = ConfigDict(extra="ignore")

    expertise: str = ""
    involvement: Involvement = "always"
    notes: str = ""


async def read_profile(node: Node[Any]) -> Profile:
    """Return the user's profile: the swarm's own, else that of the user's account, else the blueprint's.

    The default where there is none, or one that cannot be read.
    """
    entries = [e for e in await node.memory.entries() if e.path.strip("/") == f"{FOLDER}/{PROFILE}"]
    known = None if any(not entry.shared for entry in entries) else await node.memory.profile()
    try:
        if known is not None:
            return Profile.model_validate(known)
        if entries:
            return Profile.model_validate_json(await node.memory.read(entries[-1].entry_id))
    except (ActionError, ValidationError) as error:
        node.log.warning("%s/%s cannot be read and is passed over: %s", FOLDER, PROFILE, error)
    return Profile()


async def may_ask(node: Node[Any]) -> bool:
    """Say whether the user may be asked what only they can decide: not where they want to be asked never.

    What somebody else or memory may know goes to the oracle (`ask_first`), which looks there before it asks them.
    """
    return (await read_profile(node)).involvement != "never"


async def save_profile(node: Node[Any], profile: Profile) -> None:
    """Keep the profile; every later question of this swarm's nodes goes by it, and of the user's other swarms."""
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
    """Return a text as a file's name: lower case, words joined, bounded."""
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-_")[:MAX_SLUG].rstrip("-_") or "untitled"
