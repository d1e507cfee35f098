"""Models: from a prompt to a validated value, through the `openai` client or a stand-in behind the same protocol."""

from pgswarm.actions.models.client import Completion, ModelClient
from pgswarm.actions.models.errors import BudgetExceededError, FencedError, ModelError, NeedsModelError
from pgswarm.actions.models.journal import Journal, journaled_call, journaled_embedding
from pgswarm.actions.models.settings import ModelSettings

__all__ = [
    "BudgetExceededError",
    "Completion",
    "FencedError",
    "Journal",
    "ModelClient",
    "ModelError",
    "ModelSettings",
    "NeedsModelError",
    "journaled_call",
    "journaled_embedding",
]
