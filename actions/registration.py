"""What the database is told of an action: the row of `pgswarm.action`. Whoever knows actions tells the same. Pure."""

import json
import sys
from collections.abc import Iterable
from inspect import getdoc
from typing import Any

from pgswarm.actions.base import Action


def specs(actions: Iterable[Action[Any]]) -> str:
    """Return actions as the JSON array that `pgswarm.register_actions` takes."""
    return json.dumps([_spec(action) for action in actions])


def _spec(action: Action[Any]) -> dict[str, Any]:
    spec = action.spec
    output = {"output_schema": spec.output_schema} if spec.output_schema else {}
    return {
        "action_id": spec.action_id,
        "version": spec.version,
        "description": spec.description,
        "input_schema": spec.args_model.model_json_schema(),
        "timeout_s": spec.timeout_s,
        "max_attempts": spec.max_attempts,
        "routable": spec.routable,
        "source": spec.source or type(action).__module__,
        "folder": _folder(action),
        **output,
    }


def _folder(action: Action[Any]) -> str:
    """Return what the action's folder is for: the first paragraph of the package that is called like it, if any."""
    package = type(action).__module__.rpartition(".")[0]
    folder = action.spec.action_id.rpartition("/")[0].rpartition("/")[2]
    if package not in sys.modules or package.rpartition(".")[2] != folder:
        return ""
    return " ".join((getdoc(sys.modules[package]) or "").partition("\n\n")[0].split())
