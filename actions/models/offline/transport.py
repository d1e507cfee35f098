"""The server of `offline/rules`, inside this process: the rules' answers as chat completions of 0 tokens.

Rule: what rules cannot do is said (`needs_model`), never made up. An error in a rule is a bug and is not hidden.
"""

import asyncio
import json
from http import HTTPStatus

import httpx2

from pgswarm.actions.models.errors import NeedsModelError
from pgswarm.actions.models.inside import chat_response, error_response, is_chat, other_response, read_chat
from pgswarm.actions.models.offline.rules import answer
from pgswarm.actions.models.settings import OFFLINE


class OfflineTransport(httpx2.AsyncBaseTransport):
    """Answers by rules, in a thread: a rule over a long text must not hold up the event loop."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Serve `/chat/completions` and `/models`."""
        if not is_chat(request):
            return other_response(request, OFFLINE)
        asked = read_chat(request)
        try:
            found = await asyncio.to_thread(answer, asked.task, dict(asked.data), dict(asked.schema))
        except NeedsModelError as error:
            return error_response(HTTPStatus.UNPROCESSABLE_ENTITY, error.code, str(error))
        return chat_response(OFFLINE, json.dumps(found, ensure_ascii=False))
