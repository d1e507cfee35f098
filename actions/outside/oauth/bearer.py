"""Puts the access token on each request of a session; asks for another one, once, where the server refuses it."""

from collections.abc import AsyncGenerator

import httpx2 as httpx

from pgswarm.actions.base import ActionError
from pgswarm.actions.outside.oauth.holder import Holder

REFUSED = 401


class Bearer(httpx.Auth):
    """RFC 6750, section 2.1. A request that was refused was not carried out: to send it again is safe."""

    def __init__(self, holder: Holder) -> None:
        """Take whose token it is."""
        self._holder = holder
        self.trouble: ActionError | None = None
        """Why there was no token for a request."""
        self.refused = False
        """Whether the last request was refused for good."""

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send with a token; with a newer one where that is refused. The refusal stands where there is none."""
        token: str | None = None
        try:
            token = await self._holder.token()
            request.headers["Authorization"] = f"Bearer {token}"
        except ActionError as error:  # sent without one it is refused, and that is an answer
            self.trouble = error
        response = yield request
        if response.status_code != REFUSED:
            self.refused = False
            return
        try:
            token = await self._holder.token(refused=token)
        except ActionError as error:
            self.refused, self.trouble = True, error
            return
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        self.refused = response.status_code == REFUSED
