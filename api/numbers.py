"""Numbers in the bodies of requests, and yes or no: what JSON calls so, and nothing that could be read as one.

pydantic takes `false` for 0, "7" for 7 and 1 for true, which the OpenAPI document does not; strict mode would refuse
what is right as well (1.0 for a whole number, a text for an id).
"""

from typing import Annotated, Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError


def _number(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise PydanticCustomError("number_type", "Input should be a number, not a text, and not true or false")
    return value


def _flag(value: Any) -> Any:
    if not isinstance(value, bool | None):
        raise PydanticCustomError("bool_type", "Input should be true or false")
    return value


IS_NUMBER = BeforeValidator(_number)
"""Stands behind the bounds of a type, which the OpenAPI document would not show else."""
Integer = Annotated[int, IS_NUMBER]
Number = Annotated[float, IS_NUMBER]
Flag = Annotated[bool, BeforeValidator(_flag)]
