"""The arguments of an action whose schema is another's: any object, checked by that schema. Pure.

Lenient in one way: a router's arguments are flat, so text that is JSON is read where the schema asks for a structure.
"""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, RootModel, model_validator

from pgswarm.schema.json_schema import misfits


class OutsideArgs(RootModel[dict[str, Any]]):
    """Base of the arguments of outside actions; `schema_of_others` is what a subclass is checked by."""

    schema_of_others: ClassVar[Mapping[str, Any]] = {"type": "object"}

    @classmethod
    def model_json_schema(cls, *_: Any, **__: Any) -> dict[str, Any]:
        """Return the other side's schema, which routers and people see."""
        return dict(cls.schema_of_others)

    @model_validator(mode="after")
    def _fits(self) -> "OutsideArgs":
        self.root = {name: self._read(name, value) for name, value in self.root.items()}
        found = misfits(self.schema_of_others, self.root, "args")
        if found:
            raise ValueError("; ".join(f"{misfit.path}: {misfit.message}" for misfit in found[:5]))
        return self

    def _read(self, name: str, value: Any) -> Any:
        properties = self.schema_of_others.get("properties")
        shape = properties.get(name) if isinstance(properties, dict) else None
        if not isinstance(value, str) or not isinstance(shape, dict):
            return value
        whole = {"$defs": self.schema_of_others.get("$defs", {}), **shape}
        if not misfits(whole, value, name):
            return value
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value


def args_model(name: str, schema: Mapping[str, Any]) -> type[BaseModel]:
    """Return the model of arguments for `schema`."""
    return type(name, (OutsideArgs,), {"schema_of_others": dict(schema), "__module__": __name__, "__doc__": name})
