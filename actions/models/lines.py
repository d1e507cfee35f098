"""From a model's name to the line to it: a server, the offline rules, or a recording, all spoken to alike.

Rule: a name leads to one place only. Nothing falls back to another model when that place fails.
"""

import asyncio
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgswarm.actions.models.errors import ModelError
from pgswarm.actions.models.failures import TryError
from pgswarm.actions.models.replies import Reply
from pgswarm.actions.models.settings import OFFLINE, ONLY_MODEL, OPENAI_URL, RECORDED, ModelSettings
from pgswarm.actions.models.shapes import Shape
from pgswarm.actions.models.verdicts import final_error

if TYPE_CHECKING:
    from pgswarm.actions.models.recorded.record import Recorder
    from pgswarm.actions.models.wire import Wire

_SHOWN_MODELS = 10


@dataclass(frozen=True, slots=True)
class Line:
    """An open line to one model: its wire, the name that the server knows it by, where it is, and its first shape.

    `probed`: the server's abilities are found out from how it answers; what answers in this process has them all.
    """

    wire: "Wire"
    model: str
    place: str
    shape: Shape
    recorder: "Recorder | None" = None
    probed: bool = False

    async def record(self, request: Mapping[str, Any], reply: Reply) -> None:
        """Append the answer to the recording that is being made, if one is."""
        if self.recorder is not None:
            await self.recorder.add(request, reply.text)


class Lines:
    """The lines of one process, opened on first use."""

    def __init__(self, settings: ModelSettings) -> None:
        """Take the settings of the server, if there is one."""
        self._settings = settings
        self._wires: dict[str, Wire] = {}
        self._opening = asyncio.Lock()
        self._only: str | None = None
        self._recorder: Recorder | None = None

    async def open(self, model: str) -> Line:
        """Return the line to `model`; raise `ModelError` where it cannot be opened."""
        if model == OFFLINE:
            return Line(await self._wire(OFFLINE), model, "this process", Shape())
        if model.startswith(RECORDED):
            return Line(await self._wire(model), model, model, Shape())
        settings = self._settings
        if settings.needs_key:
            raise ModelError(
                "model_refused_key",
                f"the model {model} needs a key: set OPENAI_API_KEY, or OPENAI_BASE_URL to a server that takes none",
            )
        wire = await self._wire("")
        recorder = await self._recording()
        name = await self._only_model(wire) if model == ONLY_MODEL else model
        return Line(
            wire, name, settings.host, Shape(newer_limit=settings.base_url == OPENAI_URL), recorder, probed=True
        )

    async def aclose(self) -> None:
        """Close every wire."""
        wires, self._wires = list(self._wires.values()), {}
        for wire in wires:
            await wire.aclose()

    async def _wire(self, name: str) -> "Wire":
        if name not in self._wires:
            async with self._opening:
                if name not in self._wires:
                    self._wires[name] = await asyncio.to_thread(self._make, name)
        return self._wires[name]

    def _make(self, name: str) -> "Wire":
        """Make a wire, importing what it needs: half a second of work that must not hold up the event loop."""
        wire = importlib.import_module("pgswarm.actions.models.wire")
        transport = None
        if name == OFFLINE:
            offline = importlib.import_module("pgswarm.actions.models.offline.transport")
            transport = offline.OfflineTransport()
        elif name:
            recorded = importlib.import_module("pgswarm.actions.models.recorded.transport")
            transport = recorded.RecordedTransport(Path(name.removeprefix(RECORDED)))
        made: Wire = wire.Wire(self._settings, transport)
        return made

    async def _recording(self) -> "Recorder | None":
        file = self._settings.record_file
        if file is not None and self._recorder is None:
            record = await asyncio.to_thread(importlib.import_module, "pgswarm.actions.models.recorded.record")
            self._recorder = await asyncio.to_thread(record.Recorder, file)
        return self._recorder

    async def _only_model(self, wire: "Wire") -> str:
        if self._only is None:
            try:
                names = await wire.models()
            except TryError as failure:
                raise final_error(failure, "the list of models", self._settings.host, 1) from None
            if len(names) != 1:
                has = ", ".join(sorted(names)[:_SHOWN_MODELS]) or "none"
                raise ModelError(
                    "model_not_found",
                    f"{self._settings.host} has {len(names)} models ({has}): set PGSWARM_MODEL to the one to use",
                )
            self._only = names[0]
        return self._only
