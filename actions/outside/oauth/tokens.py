"""Tokens, and the requests by which they are had: pure, but for `ask`.

Sources: RFC 6749 (sections 2.3.1, 4.4, 5.1, 5.2, 6), RFC 8414 (metadata), RFC 8707 (`resource`).
"""

import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote_plus

import httpx2 as httpx
from mcp.client.auth.utils import build_oauth_authorization_server_metadata_discovery_urls, issuers_match
from mcp.shared.auth import OAuthMetadata
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pgswarm.actions.outside.bounded import Bounded
from pgswarm.actions.outside.oauth.errors import RefusedError
from pgswarm.actions.outside.settings import SafeAddress
from pgswarm.actions.outside.texts import one_line

MAX_BYTES: Final = 256 * 1024
_VISIBLE: Final = r"^[!-~]+$"
"""Anything else would not be a header's value."""
_SAFE: Final[TypeAdapter[str]] = TypeAdapter(SafeAddress)
_NO: Final = (
    "access_denied",
    "invalid_client",
    "invalid_grant",
    "invalid_request",
    "invalid_scope",
    "invalid_target",
    "unauthorized_client",
    "unsupported_grant_type",
)


class Tokens(BaseModel):
    """What a connection has, and where and as whom it is renewed. Times are seconds of the epoch."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    access_token: str
    obtained_at: float
    expires_at: float | None = None
    refresh_token: str = ""
    scope: str = ""
    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    in_header: bool = True
    """Where the client's secret goes; else into the body."""
    resource: str = ""
    seed: str = ""
    """Of which configured refresh token it came: another one in the configuration begins anew."""

    def is_fresh(self, now: float) -> bool:
        """Say whether it holds for a while yet: half a minute, or a fifth of a short life."""
        if self.expires_at is None:
            return True
        return now < self.expires_at - min(30.0, (self.expires_at - self.obtained_at) / 5)


class _Answer(BaseModel):
    """The answer of a token endpoint (RFC 6749, section 5.1)."""

    access_token: str = Field(pattern=_VISIBLE, max_length=20_000)
    kind: str = Field(default="Bearer", alias="token_type", max_length=100)
    expires_in: float | None = Field(default=None, gt=0)
    refresh_token: str | None = Field(default=None, max_length=20_000)
    scope: str | None = Field(default=None, max_length=5_000)


async def ask(http: httpx.AsyncClient, form: Mapping[str, str], known: Tokens) -> Tokens:
    """Ask for a token at `known.token_url` and return it with what stays as it is known.

    Raises `RefusedError` where the server says no for good, and `httpx.HTTPError` where nothing usable came.
    """
    data = dict(form)
    if known.resource:
        data["resource"] = known.resource
    auth: httpx.BasicAuth | None = None
    if known.client_secret and known.in_header:
        auth = httpx.BasicAuth(quote_plus(known.client_id), quote_plus(known.client_secret))
    else:
        data["client_id"] = known.client_id
    if known.client_secret and not known.in_header:
        data["client_secret"] = known.client_secret
    request = http.build_request("POST", known.token_url, data=data, headers={"Accept": "application/json"})
    now = time.time()
    response = await http.send(request, auth=auth, follow_redirects=False)
    if response.status_code not in (200, 201):
        raise _refusal(response)
    try:
        came = _Answer.model_validate_json(response.content)
    except ValidationError:
        raise httpx.RemoteProtocolError("the token endpoint answers with what is no token", request=request) from None
    if came.kind.casefold() != "bearer":
        raise RefusedError(f"its tokens are of the type {one_line(came.kind, 50)!r}, and only Bearer is known")
    return known.model_copy(
        update={
            "access_token": came.access_token,
            "obtained_at": now,
            "expires_at": None if came.expires_in is None else now + came.expires_in,
            "refresh_token": came.refresh_token or known.refresh_token,
            "scope": came.scope if came.scope is not None else known.scope,
        }
    )


async def find_token_url(http: httpx.AsyncClient, issuer: str) -> str:
    """Return the token endpoint that an authorization server names in its metadata; it must name itself, too.

    Raises as `ask` does.
    """
    urls = build_oauth_authorization_server_metadata_discovery_urls(issuer, issuer)
    for url in urls:
        response = await http.get(url, headers={"Accept": "application/json"}, follow_redirects=False)
        if response.status_code in (404, 405):
            continue
        if response.status_code != 200:  # noqa: PLR2004 - HTTP's own number
            raise httpx.RemoteProtocolError(f"{url} answers {response.status_code}", request=response.request)
        try:
            metadata = OAuthMetadata.model_validate_json(response.content)
            if not issuers_match(str(metadata.issuer), issuer):
                raise RefusedError(
                    f"the metadata of {issuer} is that of another: {one_line(str(metadata.issuer), 200)}"
                )
            return _SAFE.validate_python(str(metadata.token_endpoint))
        except ValidationError:
            raise RefusedError(f"{url} is no metadata of an authorization server that can be used") from None
    raise RefusedError(f"{issuer} has no metadata at {urls[0]}: give token_url")


def safe_address(url: str) -> str:
    """Return an address that secrets may be sent to; raise `ValueError`."""
    return _SAFE.validate_python(url)


def client(timeout_s: float) -> httpx.AsyncClient:
    """Return a client for an authorization server: it follows nothing, and reads no more than `MAX_BYTES`."""
    bounded = Bounded(httpx.AsyncHTTPTransport(), MAX_BYTES)
    return httpx.AsyncClient(headers={"User-Agent": "pgswarm"}, timeout=timeout_s, transport=bounded)


def _refusal(response: httpx.Response) -> Exception:
    try:
        said: Any = response.json()
    except ValueError:
        said = None
    code = said.get("error") if isinstance(said, dict) else None
    if response.status_code < 500 and code in _NO:  # noqa: PLR2004 - HTTP's own number
        about = one_line(str(said.get("error_description") or ""), 300)
        return RefusedError(f"{code}: {about}" if about else str(code))
    return httpx.RemoteProtocolError(f"the token endpoint answers {response.status_code}", request=response.request)
