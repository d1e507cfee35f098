"""The action API: what a package that adds actions imports."""

from pgswarm.actions.base import Action, ActionError, NoArgs, action
from pgswarm.actions.node import Node, Prompt
from pgswarm.actions.outcomes import Ask, Child, Continue, Fail, Finish, Question, Sleep, Spawn

__all__ = [
    "Action",
    "ActionError",
    "Ask",
    "Child",
    "Continue",
    "Fail",
    "Finish",
    "NoArgs",
    "Node",
    "Prompt",
    "Question",
    "Sleep",
    "Spawn",
    "action",
]
