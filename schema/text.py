"""What text may hold. PostgreSQL stores neither NUL nor lone surrogates: both are refused here, by the field's name."""

from typing import Any

from pgswarm.schema.errors import InvalidInputError


def clean(field: str, value: str) -> str:
    """Return `value` as it is; raise `InvalidInputError` naming `field` where PostgreSQL could not store it."""
    if "\0" in value:
        raise InvalidInputError(f"{field} contains a NUL character", field=field, hint="remove it")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise InvalidInputError(
            f"{field} contains a lone surrogate at character {error.start}", field=field, hint="send valid Unicode"
        ) from None
    return value


def clean_json(field: str, value: Any) -> Any:
    """Return a JSON value as it is; every string in it, keys too, is held to `clean`."""
    pending = [(field, value)]
    while pending:
        path, item = pending.pop()
        if isinstance(item, str):
            clean(path, item)
        elif isinstance(item, dict):
            for key, inner in item.items():
                clean(path, key)
                pending.append((f"{path}.{key}", inner))
        elif isinstance(item, list | tuple):
            pending.extend((f"{path}[{index}]", inner) for index, inner in enumerate(item))
    return value
