"""An MCP server that wants OAuth, and its authorization server: strict, in one application, on one address.

It takes each refresh token once: who comes with a used one loses all that came of the same sign-in (RFC 9700, 4.14.2).
"""

import asyncio
import base64
import hashlib
import secrets
import threading
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode

from mcp.server.mcpserver import MCPServer
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT, SECRET = "client-7", "a very: secret/phrase+of the client"


@dataclass
class Guard:
    """What the authorization server knows, and what it was asked. `address` is set once it listens."""

    address: str = ""
    lifetime_s: float | None = 3_600
    clients: dict[str, dict[str, Any]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    access: dict[str, str] = field(default_factory=dict)
    refresh: dict[str, str] = field(default_factory=dict)
    used: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    reused: list[str] = field(default_factory=list)
    called_with: list[str] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()
        self.clients[CLIENT] = {"client_secret": SECRET}

    def begin(self) -> str:
        """Return a refresh token, as a person may have been given one."""
        token = secrets.token_urlsafe(24)
        self.refresh[token] = secrets.token_hex(4)
        return token

    def app(self, address: str) -> Any:
        """Return the application that listens at `address`."""
        self.address = address
        routes = [
            Route("/.well-known/oauth-protected-resource/mcp", self._resource),
            Route("/.well-known/oauth-authorization-server", self._metadata),
            Route("/register", self._register, methods=["POST"]),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
        ]
        server = MCPServer("vault")

        @server.tool(description="Say with which token this was called.")
        def whoami() -> str:
            return f"You came with {self.called_with[-1]}."

        return self._both(Starlette(routes=routes), server.streamable_http_app())

    def _both(self, outer: Any, inner: Any) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "lifespan" or scope["path"] == "/mcp":
                if scope["type"] == "http":
                    said = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
                    if said not in self.access:
                        about = f'Bearer resource_metadata="{self.address}/.well-known/oauth-protected-resource/mcp"'
                        await Response(status_code=401, headers={"WWW-Authenticate": about})(scope, receive, send)
                        return
                    self.called_with.append(said)
                await inner(scope, receive, send)
            else:
                await outer(scope, receive, send)

        return app

    async def _resource(self, _: Request) -> Response:
        return JSONResponse({"resource": f"{self.address}/mcp", "authorization_servers": [self.address]})

    async def _metadata(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "registration_endpoint": f"{self.address}/register",
                "response_types_supported": ["code"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _register(self, request: Request) -> Response:
        wanted = await request.json()
        client_id = f"client-{secrets.token_hex(4)}"
        self.clients[client_id] = {**wanted, "client_id": client_id}
        return JSONResponse(self.clients[client_id], 201)

    async def _authorize(self, request: Request) -> Response:
        """The person says yes at once."""
        asked = dict(request.query_params)
        client = self.clients[asked["client_id"]]
        assert asked["redirect_uri"] in client["redirect_uris"]
        code = secrets.token_urlsafe(12)
        self.codes[code] = asked
        back = {"code": code, "state": asked["state"]}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", 302)

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        client_id, secret = _client(request, form)
        self.asked.append(form["grant_type"])
        known = self.clients.get(client_id)
        if known is None or known.get("client_secret", "") != secret:
            return _no("invalid_client", 401)
        await asyncio.to_thread(self.gate.wait, 20)
        if form.get("resource") != f"{self.address}/mcp":
            return _no("invalid_target")
        if form["grant_type"] == "client_credentials":
            return self._give("machine", renewable=False)
        if form["grant_type"] == "authorization_code":
            asked = self.codes.pop(form["code"], {})
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            fits = base64.urlsafe_b64encode(digest).decode().rstrip("=") == asked.get("code_challenge")
            return self._give(secrets.token_hex(4)) if fits else _no("invalid_grant")
        came = form["refresh_token"]
        if came in self.used:
            self.reused.append(came)
            family = self.used[came]
            self.refresh = {token: of for token, of in self.refresh.items() if of != family}
            self.access = {token: of for token, of in self.access.items() if of != family}
        if came not in self.refresh:
            return _no("invalid_grant")
        self.used[came] = self.refresh.pop(came)
        return self._give(self.used[came])

    def _give(self, family: str, *, renewable: bool = True) -> Response:
        token, new = f"at-{secrets.token_urlsafe(24)}", f"rt-{secrets.token_urlsafe(24)}"
        self.access[token] = family
        said: dict[str, Any] = {"access_token": token, "token_type": "bearer"}
        if self.lifetime_s is not None:
            said["expires_in"] = self.lifetime_s
        if renewable:
            self.refresh[new] = family
            said["refresh_token"] = new
        return JSONResponse(said)


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    kind, _, rest = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        name, _, secret = base64.b64decode(rest).decode().partition(":")
        return unquote_plus(name), unquote_plus(secret)
    return form.get("client_id", ""), form.get("client_secret", "")


def _no(code: str, status: int = 400) -> Response:
    return JSONResponse({"error": code, "error_description": f"no\x1b[31m: {code}"}, status)
