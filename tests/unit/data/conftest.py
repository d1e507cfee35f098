"""A node that holds files in a dictionary."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from pgswarm.actions.base import ActionError
from pgswarm.actions.data.describe_table import DescribeTableArgs
from pgswarm.actions.node import Answer, EntryInfo, Node


class FileMemory:
    """A memory of files given by name."""

    def __init__(self, files: dict[str, str]) -> None:
        self.known: dict[str, str] | None = None
        self.files = {uuid4(): (name, text) for name, text in files.items()}

    async def entries(self) -> Sequence[EntryInfo]:
        return [EntryInfo(i, name, "file", "", len(text), f"/{name}") for i, (name, text) in self.files.items()]

    async def profile(self) -> dict[str, str] | None:
        return self.known

    async def read(self, name_or_id: str | UUID) -> str:
        for entry, (name, text) in self.files.items():
            if str(name_or_id) in (str(entry), name):
                return text
        raise ActionError("not_found", f"no entry {name_or_id}")


@dataclass
class FileNode:
    """The parts of a node that an action on files needs."""

    memory: FileMemory
    directive: str
    args: DescribeTableArgs
    state: dict[str, Any] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    log: logging.LoggerAdapter[logging.Logger] = field(
        default_factory=lambda: logging.LoggerAdapter(logging.getLogger("node"), {})
    )


NodeWith = Callable[..., Node[DescribeTableArgs]]


@pytest.fixture
def node_with() -> NodeWith:
    def make(
        files: dict[str, str],
        directive: str = "",
        answer: object = None,
        state: dict[str, Any] | None = None,
        **args: str,
    ) -> Node[DescribeTableArgs]:
        node = FileNode(FileMemory(files), directive, DescribeTableArgs(**args))
        node.state = state or {}
        node.answers = (Answer(UUID(int=1), "", answer),)
        return cast("Node[DescribeTableArgs]", node)

    return make
