"""What the API gives, as far as a program needs it by name."""

from pgswarm.client.models.accounts import AccessToken, Account, Token
from pgswarm.client.models.people import Conversation, Link, LinkedQuestion, MadeLink, Message, Question, Said, Upload
from pgswarm.client.models.spaces import Blueprint, Entry, Passage, Worker
from pgswarm.client.models.swarms import (
    Changed,
    Diff,
    Difference,
    Event,
    LlmCall,
    Node,
    Raised,
    Replaced,
    Started,
    Steered,
    Swarm,
)

__all__ = [
    "AccessToken",
    "Account",
    "Blueprint",
    "Changed",
    "Conversation",
    "Diff",
    "Difference",
    "Entry",
    "Event",
    "Link",
    "LinkedQuestion",
    "LlmCall",
    "MadeLink",
    "Message",
    "Node",
    "Passage",
    "Question",
    "Raised",
    "Replaced",
    "Said",
    "Started",
    "Steered",
    "Swarm",
    "Token",
    "Upload",
    "Worker",
]
