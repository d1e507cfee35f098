"""A person's sign-in: authorization code with PKCE, by the `mcp` package's own flow, outside of any node.

One rule: the person sees the address and opens it; what comes back is sealed before it is kept, and shown nowhere.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import httpx2 as httpx
import mcp_types as types
from mcp.client import Client
from mcp.client.auth import OAuthClientProvider, OAuthFlowError, OAuthRegistrationError, OAuthTokenError
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import (
    AuthorizationCodeResult,
    OAuthClientInformationFull,
    OAuthClientMetadata,
    OAuthToken,
)
from mcp.shared.exceptions import MCPError
from pydantic import AnyUrl, ValidationError

from pgswarm import __version__
from pgswarm.actions.outside.bounded import Bounded
from pgswarm.actions.outside.errors import TooLargeError, UnreachableError
from pgswarm.actions.outside.oauth.errors import SignInError
from pgswarm.actions.outside.oauth.holder import about
from pgswarm.actions.outside.oauth.sealing import seal
from pgswarm.actions.outside.oauth.tokens import Tokens, safe_address
from pgswarm.actions.outside.oauth.vault import Vault
from pgswarm.actions.outside.settings import McpSettings, resolved
from pgswarm.actions.outside.texts import one_line

Show = Callable[[str], Awaitable[None]]
Hear = Callable[[], Awaitable[AuthorizationCodeResult]]

_FAULTS: Final = (OAuthFlowError, OAuthRegistrationError, OAuthTokenError, ValidationError, ValueError)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a sign-in brought: when it ends (seconds of the epoch), whether it can be renewed, how many tools."""

    expires_at: float | None
    renewable: bool
    tools: int


@dataclass(frozen=True, slots=True)
class Person:
    """Who signs in: how the address to open is shown, and how what the browser brought back to `redirect` is heard."""

    redirect: str
    show: Show
    hear: Hear


class _Storage:
    """What the flow keeps while it runs."""

    def __init__(self, client: OAuthClientInformationFull | None) -> None:
        self.tokens: OAuthToken | None = None
        self.client = client

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.client

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.client = client_info


async def sign_in(name: str, settings: McpSettings, vault: Vault, person: Person, within_s: float) -> SignedIn:
    """Sign in at a server, and keep its tokens for all processors.

    Raises `SignInError`, `UnreachableError`, `ConnectionsError`, and `TimeoutError` after `within_s`.
    """
    title = f"mcp.{name}"
    assert settings.url is not None  # noqa: S101 - the caller looked
    assert settings.oauth is not None  # noqa: S101 - the caller looked
    seal(b"", "")  # without a key nothing could be kept: said before the person is bothered
    flow = _flow(title, settings, person)
    try:
        async with asyncio.timeout(within_s):
            tools = await _visit(settings, flow)
    except TimeoutError:
        raise
    except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - a transport may raise anything, in groups
        raise _told(title, _first(error)) from None
    storage = flow.context.storage
    if not isinstance(storage, _Storage) or storage.tokens is None or storage.client is None:
        raise SignInError(title, "it answers without a sign-in", "Take its table oauth out of the connections file")
    tokens = _tokens(title, flow, storage.tokens, storage.client)
    sealed = seal(tokens.model_dump_json().encode(), about(title, settings.url))
    await vault.keep(title, sealed, uuid4(), None)
    return SignedIn(tokens.expires_at, bool(tokens.refresh_token), tools)


def _flow(title: str, settings: McpSettings, person: Person) -> OAuthClientProvider:
    oauth = settings.oauth
    assert oauth is not None  # noqa: S101 - the caller looked
    method = "none" if not oauth.client_secret else f"client_secret_{oauth.client_auth}"
    metadata = OAuthClientMetadata.model_validate(
        {
            "redirect_uris": [AnyUrl(person.redirect)],
            "client_name": "pgswarm",
            "grant_types": ["authorization_code", "refresh_token"],
            "scope": oauth.scope or None,
            "token_endpoint_auth_method": method,
        }
    )
    client = None
    if oauth.client_id:
        given = {"client_secret": oauth.client_secret} if oauth.client_secret else {}
        given, _ = resolved(given, f"{title}.oauth")
        client = OAuthClientInformationFull.model_validate(
            {
                **metadata.model_dump(exclude_none=True),
                "client_id": oauth.client_id,
                "client_secret": given.get("client_secret"),
            }
        )
        client.issuer = oauth.issuer
    return OAuthClientProvider(str(settings.url), metadata, _Storage(client), person.show, person.hear)


async def _visit(settings: McpSettings, flow: OAuthClientProvider) -> int:
    """Open a session with the flow on its way, and return how many tools the first page lists."""
    headers, _ = resolved(settings.headers, "headers")
    http = httpx.AsyncClient(
        headers={"User-Agent": "pgswarm", **headers},
        timeout=settings.connect_timeout_s,
        transport=Bounded(httpx.AsyncHTTPTransport(), settings.max_bytes),
        auth=flow,
    )
    async with http:
        # asked outside of the session, whose transport would keep what goes wrong to itself
        async with http.stream("GET", str(settings.url), headers={"Accept": "text/event-stream"}) as first:
            del first
        info = types.Implementation(name="pgswarm", version=__version__)
        transport = streamable_http_client(str(settings.url), http_client=http, max_sse_event_size=settings.max_bytes)
        async with Client(transport, client_info=info, cache=None, mode=settings.protocol) as client:
            return len((await client.list_tools()).tools)


def _tokens(title: str, flow: OAuthClientProvider, came: OAuthToken, client: OAuthClientInformationFull) -> Tokens:
    now = time.time()
    in_form = "client_secret_post"
    metadata = flow.context.oauth_metadata
    if metadata is None:
        raise SignInError(
            title, "its authorization server has no metadata (RFC 8414)", "Ask whoever runs it, or use another grant"
        )
    return Tokens(
        access_token=came.access_token,
        obtained_at=now,
        expires_at=None if came.expires_in is None else now + came.expires_in,
        refresh_token=came.refresh_token or "",
        scope=came.scope or "",
        token_url=safe_address(str(metadata.token_endpoint)),
        client_id=client.client_id,
        client_secret=client.client_secret or "",
        in_header=client.token_endpoint_auth_method != in_form,
        resource=flow.context.get_resource_url() if flow.context.should_include_resource_param() else "",
    )


def _told(title: str, error: BaseException) -> SignInError | UnreachableError:
    told = one_line(str(error) or type(error).__name__, 500)
    if isinstance(error, SignInError | UnreachableError):
        return error
    if isinstance(error, _FAULTS):
        return SignInError(title, told, "Begin again; is the client registered with this redirect address?")
    if isinstance(error, httpx.HTTPError | TooLargeError | MCPError | OSError):
        return UnreachableError(title, told)
    raise error


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
