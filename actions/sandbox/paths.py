"""Which paths name something inside a workspace. Pure.

Rule: a path is a list of plain names. What could climb out (`..`, a leading slash, a drive) is refused, never mended.
"""

MAX_PATH = 500
MAX_NAME = 200
MAX_DEPTH = 20


class BadPathError(ValueError):
    """Not a path inside the workspace; the message says why and what would be one."""


def inside(path: str) -> str:
    """Return `path` as it is kept (`folder/name`, one trailing slash dropped); raise `BadPathError`."""
    given = path.removesuffix("/")
    parts = given.split("/")
    shown = path if len(path) <= MAX_NAME else f"{path[:MAX_NAME]}…"
    if not given:
        raise BadPathError("the path is empty: name a file of the workspace, such as notes/plan.md")
    if given.startswith(("/", "~")) or (len(given) > 1 and given[1] == ":"):
        raise BadPathError(f"{shown!r} is not inside the workspace: give it from there, such as notes/plan.md")
    if ".." in parts:
        raise BadPathError(f"{shown!r} climbs out of the workspace: paths hold no `..`")
    if "" in parts or "." in parts:
        raise BadPathError(f"{shown!r} has an empty part or a `.` in it: write it plainly, such as notes/plan.md")
    if "\\" in given or any(ord(char) < 32 or ord(char) == 127 for char in given):  # noqa: PLR2004 - ASCII's controls
        raise BadPathError(f"{shown!r} holds a backslash or a control character: use letters, digits, . _ - and /")
    try:
        sizes = [len(part.encode()) for part in parts]
    except UnicodeEncodeError:
        raise BadPathError("the path holds half a character (a lone surrogate): leave it out") from None
    if max(sizes) > MAX_NAME or sum(sizes) + len(parts) > MAX_PATH or len(parts) > MAX_DEPTH:
        raise BadPathError(
            f"{shown!r} is too long: {MAX_NAME} bytes a name, {MAX_PATH} bytes and {MAX_DEPTH} folders in all"
        )
    return given


def parents(path: str) -> list[str]:
    """Return the folders above a path, outermost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: number + 1]) for number in range(len(parts))]
