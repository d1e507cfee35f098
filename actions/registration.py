"""What the database is told of an action: the row of `pgswarm.action`. Whoever knows actions tells the same. Pure."""

import json
from collections.abc import Iterable
from typing import Any

from pgswarm.actions.base import Action


def specs(actions: Iterable[Action[Any]]) -> str:
    """Return actions as the JSON array that `pgswarm.register_actions` takes."""
    return json.dumps([_spec(action) for action in actions])


def _spec(action: Action[Any]) -> dict[str, Any]:
    spec = action.spec
    return {
        "action_id": spec.action_id,
        "version": spec.version,
        "description": spec.description,
        "input_schema": spec.args_model.model_json_schema(),
        "timeout_s": spec.timeout_s,
        "max_attempts": spec.max_attempts,
        "routable": spec.routable,
        "source": spec.source or type(action).__module__,
    }
