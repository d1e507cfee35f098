"""`swarm/suggest`: a suggestion of a node for improving the swarm, kept for the operator to read.

Suggestions are entries of kind `suggestion` in the memory folder `swarm/suggestions`; they change nothing.
"""

from typing import Any, Final

from pgswarm.actions.base import Action, NoArgs, action
from pgswarm.actions.conversation.profile import slug
from pgswarm.actions.node import Node
from pgswarm.actions.outcomes import ActionOutcome, Fail, Finish

FOLDER: Final = "swarm/suggestions"
KIND: Final = "suggestion"
MAX_CHARS: Final = 10_000


async def save_suggestion(node: Node[Any], about: str, text: str) -> None:
    """Keep a suggestion; the same one of the same swarm is kept once."""
    await node.memory.save(
        f"{slug(f'{about} {text}')}.md", text[:MAX_CHARS], kind=KIND, description=about[:200], folder=FOLDER
    )


@action(
    "swarm/suggest",
    description="Leave a suggestion to the operator: how this swarm, its actions or its prompts could be improved.",
)
class Suggest(Action[NoArgs]):
    """Keeps the directive as a suggestion."""

    async def main(self, node: Node[NoArgs]) -> ActionOutcome:
        """Keep it."""
        text = node.directive.strip()
        if not text:
            return Fail("nothing_suggested", "The directive is empty: it is the suggestion.")
        await save_suggestion(node, "suggestion", text)
        return Finish(f"Kept for the operator among the suggestions ({FOLDER}).")
