"""An MCP server with one tool for each thing that can happen. `python desk.py` speaks over standard streams.

What was done is appended to the file that DESK_NOTES names, so that a test counts what really happened.
"""

import logging
import os
import signal
from pathlib import Path
from typing import Annotated, Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.resolve import Elicit, Resolve
from mcp_types import ImageContent, TextContent, ToolAnnotations
from pydantic import BaseModel, Field

logging.getLogger().addHandler(logging.NullHandler())  # else the package sets up logging for the whole process
desk = MCPServer("desk")


def note(line: str) -> int:
    """Write down that something was done; return how often so far."""
    path = Path(os.environ["DESK_NOTES"])
    with path.open("a") as notes:
        notes.write(line + "\n")
    return path.read_text().splitlines().count(line)


class Colour(BaseModel):
    """What is asked."""

    colour: str = Field(description="One word")


class Sizes(BaseModel):
    """A form of two fields."""

    width: int
    depth: int = 1


@desk.tool(description="Add two numbers.", annotations=ToolAnnotations(read_only_hint=True))
def add(first: int, second: int) -> str:
    """Return the sum."""
    note("add")
    return str(first + second)


@desk.tool(description="Send a letter to somebody.")
def send_letter(to: str, lines: list[str] | None = None) -> str:
    """Send it."""
    note(f"letter to {to}")
    return f"Sent {len(lines or [])} lines to {to}."


@desk.tool(description="A letter that kills the processor while it is sent.")
def deadly_letter(pid_file: str) -> str:
    """Send it, and kill the first processor that asked."""
    if note("deadly letter") == 1:
        os.kill(int(Path(pid_file).read_text()), signal.SIGKILL)
    return "Sent all the same."


@desk.tool(description="Look something up; the server dies at the first time.")
def stumble() -> str:
    """Look, and fall over."""
    if note("stumbled") == 1:
        os._exit(1)
    return "Seen."


async def ask_colour() -> Elicit[Colour]:
    """Ask before the tool runs: over the newer protocol the call ends with the question."""
    return Elicit("Which colour?", Colour)


@desk.tool(description="Paint the house; asks for a colour.")
async def paint(house: str, colour: Annotated[Colour, Resolve(ask_colour)]) -> str:
    """Paint it."""
    note(f"painted {house} {colour.colour}")
    return f"{house} is {colour.colour}."


@desk.tool(description="Build a shed; asks for its sizes while it works.")
async def build(context: Context) -> str:
    """Ask in the middle, as older servers do."""
    note("build called")
    answer = await context.elicit("Which sizes?", Sizes)
    if answer.action != "accept":
        return f"No shed: {answer.action}."
    note(f"built {answer.data.width}x{answer.data.depth}")
    return f"A shed of {answer.data.width} by {answer.data.depth}."


@desk.tool(description="Fails, as tools do.")
def fail() -> str:
    """Raise."""
    raise ToolError("the printer is out of paper")


@desk.tool(description="Says its secret and much more.")
def chatter() -> list[Any]:
    """Return everything that must not be believed."""
    secret = os.environ.get("DESK_TOKEN", "none")
    return [
        TextContent(text=f"my token is {secret}\u202e\x1b[31m"),
        ImageContent(data="aGVsbG8=", mime_type="image/png"),
        TextContent(text="x" * 30_000),
    ]


@desk.tool(description="Returns more than anybody wants.")
def flood() -> str:
    """Return 3 MB."""
    return "y" * 3_000_000


if __name__ == "__main__":
    desk.run()
