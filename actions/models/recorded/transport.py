"""The server of `recorded:FILE`, inside this process.

Rule: a request that the recording does not know is an error that says what was looked for, never an invented answer.
"""

import asyncio
import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import httpx2

from pgswarm.actions.models.inside import Asked, chat_response, error_response, is_chat, other_response, read_chat
from pgswarm.actions.models.recorded.lines import RecordedLine, RecordingError, read_recording
from pgswarm.actions.models.settings import RECORDED

_SHOWN_CHARS = 160


class RecordedTransport(httpx2.AsyncBaseTransport):
    """Replays one file, which is read on the first request."""

    def __init__(self, path: Path) -> None:
        """Take the recording's path."""
        self._path = path
        self._lines: Sequence[RecordedLine] | None = None
        self._given: Counter[tuple[int, bytes]] = Counter()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Serve `/chat/completions` and `/models`."""
        if not is_chat(request):
            return other_response(request, f"{RECORDED}{self._path}")
        try:
            if self._lines is None:
                self._lines = await asyncio.to_thread(read_recording, self._path)
        except RecordingError as error:
            return error_response(HTTPStatus.UNPROCESSABLE_ENTITY, "recording_unreadable", str(error))
        asked = read_chat(request)
        line = self._find(self._lines, asked, hashlib.sha256(request.content).digest())
        if line is None:
            return error_response(HTTPStatus.UNPROCESSABLE_ENTITY, "recording_no_match", self._missing(asked))
        if line.delay_s:
            await asyncio.sleep(line.delay_s)
        if line.fails:
            return error_response(line.status, "recorded_error", line.text)
        return chat_response(asked.model, line.text, line.usage.input_tokens, line.usage.output_tokens)

    def _find(self, lines: Sequence[RecordedLine], asked: Asked, request_key: bytes) -> RecordedLine | None:
        for number, line in enumerate(lines):
            if line.fits(asked):
                key = (number, request_key)
                if line.times is None:
                    return line
                if self._given[key] < line.times:
                    self._given[key] += 1
                    return line
        return None

    def _missing(self, asked: Asked) -> str:
        data = json.dumps(asked.data, ensure_ascii=False)
        shown = data if len(data) <= _SHOWN_CHARS else data[:_SHOWN_CHARS] + "…"
        return (
            f"the recording {self._path.name} has no line for task {asked.task!r}, round {asked.round_no}, with data "
            f"{shown}: add one"
        )
