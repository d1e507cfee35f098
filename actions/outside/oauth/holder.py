"""The access token of one connection: fetched when it is wanted, renewed before it ends, or when it is refused.

One rule: tokens that a server gives out once are renewed by one processor at a time, and nobody sends the old ones
after it. The right to is a lease in the database; what came is kept even if the node that wanted it is cancelled.
"""

import asyncio
import hashlib
import time
from collections import deque
from typing import Final
from uuid import UUID, uuid4

import httpx2 as httpx
from mcp.shared.auth_utils import resource_url_from_server_url
from pydantic import ValidationError

from pgswarm.actions.outside.errors import TooLargeError, UnreachableError
from pgswarm.actions.outside.oauth import tokens
from pgswarm.actions.outside.oauth.errors import RefusedError, SignInError
from pgswarm.actions.outside.oauth.sealing import KEY, seal, unseal
from pgswarm.actions.outside.oauth.tokens import Tokens
from pgswarm.actions.outside.oauth.vault import Kept, Vault
from pgswarm.actions.outside.settings import OAuthSettings, resolved
from pgswarm.actions.outside.texts import one_line, without

LEASE_S: Final = 45.0
"""How long a renewal has the connection to itself: longer than it may take in all."""
LONGEST_S: Final = 20.0
"""For one request to the authorization server; a renewal has two at most."""
LOOK_S: Final = 0.1
YOUNG_S: Final = 10.0
"""A token younger than this that is refused is not renewed once more: the server refuses them all."""
_REMEMBERED: Final = 12


def about(title: str, url: str) -> str:
    """Return what the tokens of a connection are bound to: they never go to another address."""
    return f"{title} {url}"


class Holder:
    """Gives the token of one connection to all calls of this processor."""

    def __init__(self, title: str, url: str, settings: OAuthSettings, vault: Vault | None, timeout_s: float) -> None:
        """Take the connection, and where its tokens are kept; without a vault only those that are not kept."""
        self._title = title
        self._url = url
        self._settings = settings
        self._vault = vault
        self._timeout_s = min(timeout_s, LONGEST_S)
        self._lock = asyncio.Lock()
        self._held: Tokens | None = None
        self._refused: UUID | None = None
        self._token_url: str | None = settings.token_url
        self._seen: deque[str] = deque(maxlen=_REMEMBERED)
        self._running: set[asyncio.Task[Tokens]] = set()

    def secrets(self) -> frozenset[str]:
        """Return what no text of the server may hold."""
        given = resolved(self._configured(), f"{self._title}.oauth")[1]
        return given | frozenset(self._seen)

    async def token(self, refused: str | None = None) -> str:
        """Return an access token, another one than `refused`.

        Raises `SignInError`, `UnreachableError` (the authorization server does not answer), `ConnectionsError`.
        """
        async with self._lock:
            if not self._is_good(self._held, refused):
                self._look_young(self._held, refused)
                task = asyncio.create_task(self._found(refused))  # a cancelled node must not lose what was given once
                self._running.add(task)
                task.add_done_callback(self._running.discard)
                task.add_done_callback(lambda done: done.cancelled() or done.exception())
                self._held = await asyncio.shield(task)
                secrets = (self._held.access_token, self._held.refresh_token, self._held.client_secret)
                self._seen.extend(secret for secret in secrets if secret and secret not in self._seen)
            assert self._held is not None  # noqa: S101 - it was just found
            return self._held.access_token

    def _is_good(self, held: Tokens | None, refused: str | None) -> bool:
        return held is not None and held.is_fresh(time.time()) and held.access_token != refused

    def _look_young(self, known: Tokens | None, refused: str | None) -> None:
        if known is not None and known.access_token == refused and time.time() - known.obtained_at < YOUNG_S:
            raise UnreachableError(self._title, "it refuses an access token that was given just now")

    async def _found(self, refused: str | None) -> Tokens:
        try:
            if not self._settings.is_kept:
                return await self._fetched(await self._start(), {"grant_type": "client_credentials"})
            return await self._renewed(refused)
        except RefusedError as error:
            raise self._trouble(str(error)) from None

    async def _renewed(self, refused: str | None) -> Tokens:
        """Take what another processor has brought, or renew it."""
        if self._vault is None:
            raise UnreachableError(self._title, "its tokens are kept in the database, which cannot be asked here")
        until = time.monotonic() + self._timeout_s
        while time.monotonic() < until:
            kept = await self._vault.read(self._title)
            known = self._opened(kept)
            if known is not None and self._is_good(known, refused):
                return known
            self._look_young(known, refused)
            if kept.renewing:
                await asyncio.sleep(LOOK_S)
                continue
            begun = await self._begun(known, kept.version)
            renewal = uuid4()
            if not await self._vault.begin(self._title, kept.version, renewal, LEASE_S):
                continue
            new = await self._with_right(begun, kept.version, renewal)
            if new is not None:
                return new
        raise UnreachableError(self._title, "another processor is renewing its token")

    async def _with_right(self, known: Tokens, version: UUID | None, renewal: UUID) -> Tokens | None:
        """Renew, and keep what came; None where a newer sign-in counts."""
        assert self._vault is not None  # noqa: S101 - the caller looked
        new: Tokens | None = None
        try:
            if not known.token_url:
                known = known.model_copy(update={"token_url": await self._where()})
            new = await self._fetched(known, {"grant_type": "refresh_token", "refresh_token": known.refresh_token})
        except RefusedError:
            self._refused = version
            raise
        finally:
            if new is None:
                await self._vault.end(self._title, renewal)
        sealed = seal(new.model_dump_json().encode(), about(self._title, self._url))
        return new if await self._vault.keep(self._title, sealed, uuid4(), renewal) else None

    async def _begun(self, known: Tokens | None, version: UUID | None) -> Tokens:
        """Return what to renew: what is kept, or what the configuration begins with."""
        if self._settings.grant == "refresh_token":
            start = await self._start()
            if known is None or known.seed != start.seed:
                return start
        if known is None:
            raise self._trouble("nobody has signed in")
        if version == self._refused:
            raise self._trouble("its authorization server does not renew the token any more")
        if not known.refresh_token:
            raise self._trouble("the token has ended, and it gave none to renew it with")
        seal(b"", "")  # without a key nothing could be kept of what comes: better not to ask
        return known

    def _opened(self, kept: Kept) -> Tokens | None:
        if kept.sealed is None:
            return None
        plain = unseal(kept.sealed, about(self._title, self._url))
        try:
            if plain is not None:
                return Tokens.model_validate_json(plain)
        except ValidationError:
            plain = None
        raise SignInError(
            self._title,
            f"the token that is kept cannot be opened with {KEY}, or was given for another url",
            f"Give all processors the same key, or begin anew: pgswarm outside forget {self._name}",
        )

    async def _start(self) -> Tokens:
        given, _ = resolved(self._configured(), f"{self._title}.oauth")
        refresh_token = given.get("refresh_token", "")
        return Tokens(
            access_token="",
            obtained_at=0,
            expires_at=0,
            refresh_token=refresh_token,
            scope=self._settings.scope,
            token_url=await self._where(),
            client_id=self._settings.client_id,
            client_secret=given.get("client_secret", ""),
            in_header=self._settings.client_auth == "basic",
            resource=resource_url_from_server_url(self._url),
            seed=hashlib.sha256(refresh_token.encode()).hexdigest()[:16] if refresh_token else "",
        )

    async def _where(self) -> str:
        if self._token_url is None:
            issuer = self._settings.issuer
            if issuer is None:
                raise RefusedError("it is not known where its tokens are renewed")
            try:
                async with asyncio.timeout(self._timeout_s), tokens.client(self._timeout_s) as http:
                    self._token_url = await tokens.find_token_url(http, issuer)
            except (httpx.HTTPError, TooLargeError, TimeoutError) as error:
                raise UnreachableError(self._title, self._told(error)) from None
        return self._token_url

    async def _fetched(self, known: Tokens, form: dict[str, str]) -> Tokens:
        if self._settings.scope:
            form["scope"] = self._settings.scope
        try:
            async with asyncio.timeout(self._timeout_s), tokens.client(self._timeout_s) as http:
                return await tokens.ask(http, form, known)
        except (httpx.HTTPError, TooLargeError, TimeoutError) as error:
            raise UnreachableError(self._title, self._told(error)) from None

    def _told(self, error: Exception) -> str:
        told = without(self.secrets(), str(error) or type(error).__name__)
        return f"its authorization server does not give a token: {one_line(told, 500)}"

    def _trouble(self, reason: str) -> SignInError:
        remedy = {
            "client_credentials": "Correct client_id, client_secret and scope in the connections file",
            "refresh_token": "Set a new refresh token where the connections file names it",
            "authorization_code": f"Sign in: pgswarm outside login {self._name}",
        }[self._settings.grant]
        return SignInError(self._title, one_line(without(self.secrets(), reason), 500), remedy)

    @property
    def _name(self) -> str:
        return self._title.partition(".")[2]

    def _configured(self) -> dict[str, str]:
        given = {"client_secret": self._settings.client_secret, "refresh_token": self._settings.refresh_token}
        return {name: value for name, value in given.items() if value}
