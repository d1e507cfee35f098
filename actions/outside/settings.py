"""The connections file: TOML, checked whole, with every complaint naming the field.

One rule: a secret is never written into the file. `${NAME}` in a header or an environment value stands for that
environment variable of the processor; what looks like a credential and is written out is refused.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pgswarm.actions.base import ActionError

FILE: Final = "PGSWARM_CONNECTIONS"
"""The environment variable that names the file."""

_REFERENCE: Final = re.compile(r"\$\{(\w+)\}")
_CREDENTIAL: Final = re.compile(r"authorization|cookie|key|token|secret|passw", re.IGNORECASE)
_MAX_BYTES: Final = 1024 * 1024


class ConnectionsError(ActionError):
    """The connections file cannot be used; the message names the field and the remedy."""

    def __init__(self, message: str) -> None:
        """Take a sentence that names the field."""
        super().__init__("bad_connections", message)


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address that begins with http:// or https://")
    if parts.username or parts.password:
        raise ValueError('holds a name or a password: give it as a header, headers = { Authorization = "…${NAME}" }')
    return url


WebAddress = Annotated[str, AfterValidator(_web_address)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Outside(_Table):
    """What every connection has. Times in seconds, sizes in bytes.

    `timeout_s` bounds one call; `connect_timeout_s` the way to a first answer; `concurrency` the calls at the same time
    from one processor; `only` are patterns (`*`, `?`) of the names that are taken, all by default.
    """

    timeout_s: float = Field(default=60, gt=0, le=3_600)
    connect_timeout_s: float = Field(default=10, gt=0, le=120)
    concurrency: int = Field(default=8, ge=1, le=1_000)
    max_bytes: int = Field(default=8 * 1024 * 1024, ge=1_024, le=256 * 1024 * 1024)
    only: tuple[str, ...] = ("*",)
    max_rounds: int = Field(default=10, ge=1, le=100)
    """How often one node may ask people on behalf of the other side."""


def _safe_address(url: str) -> str:
    parts = urlsplit(_web_address(url))
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ValueError("must begin with https://: secrets are sent there (http:// is for this machine alone)")
    return url


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine, by its name or its number."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


SafeAddress = Annotated[str, AfterValidator(_safe_address)]


class OAuthSettings(_Table):
    """How a server's access tokens are had: by this client's own secret, a refresh token, or a person's sign-in.

    `authorization_code` is `pgswarm outside login`. Secrets are references as `${NAME}`. The secret and the refresh
    token go to `token_url` alone, or to the one that `issuer`, the authorization server, names in its metadata.
    """

    grant: Literal["client_credentials", "refresh_token", "authorization_code"]
    client_id: str = ""
    client_secret: str = Field(default="", pattern=r"^(\$\{\w+\})?$")
    refresh_token: str = Field(default="", pattern=r"^(\$\{\w+\})?$")
    client_auth: Literal["basic", "post"] = "basic"
    """How the client shows its secret: in a header (`client_secret_basic`), or in the form (`client_secret_post`)."""
    issuer: SafeAddress | None = None
    token_url: SafeAddress | None = None
    scope: str = ""

    @model_validator(mode="after")
    def _whole(self) -> "OAuthSettings":
        needed = {
            "client_credentials": ("client_id", "client_secret"),
            "refresh_token": ("client_id", "refresh_token"),
            "authorization_code": (),
        }[self.grant]
        missing = [name for name in needed if not getattr(self, name)]
        if missing:
            raise ValueError(f'needs {" and ".join(missing)} for grant = "{self.grant}"')
        if needed and not (self.issuer or self.token_url):
            raise ValueError("needs issuer, or token_url: where its secrets may be sent")
        if self.refresh_token and self.grant != "refresh_token":
            raise ValueError('refresh_token belongs to grant = "refresh_token"')
        if self.client_secret and not self.client_id:
            raise ValueError("has a client_secret without its client_id")
        return self

    @property
    def is_kept(self) -> bool:
        """Whether its tokens are kept in the database: what a server gives out once cannot be fetched again."""
        return self.grant != "client_credentials"


class McpSettings(Outside):
    """A server of the Model Context Protocol: a command that is spoken to over its standard streams, or an address.

    `repeat` names who decides that a call may be made again after a crash without asking a person: the tool's own
    annotations (read-only or idempotent), nobody, or these tools.
    """

    command: tuple[str, ...] = ()
    folder: Path | None = None
    env: Mapping[str, str] = Field(default_factory=dict)
    url: WebAddress | None = None
    headers: Mapping[str, str] = Field(default_factory=dict)
    oauth: OAuthSettings | None = None
    protocol: Literal["auto", "legacy"] = "auto"
    """`legacy`: speak the protocol of 2025 from the start, to a server that the newer one confuses."""
    repeat: Literal["annotated", "never"] | tuple[str, ...] = "annotated"

    @model_validator(mode="after")
    def _one_way(self) -> "McpSettings":
        if bool(self.command) == (self.url is not None):
            raise ValueError('needs either command = ["program", "argument"] or url = "https://…"')
        if self.url is not None and (self.env or self.folder):
            raise ValueError("env and folder belong to a command, not to a url")
        if self.command and self.headers:
            raise ValueError("headers belong to a url, not to a command")
        if self.oauth is not None:
            if self.url is None:
                raise ValueError("oauth belongs to a url, not to a command")
            _safe_address(self.url)
            if any(name.casefold() == "authorization" for name in self.headers):
                raise ValueError("has both oauth and a header Authorization: leave one out")
        return self


class A2aSettings(Outside):
    """An agent that speaks A2A. `card` is the path of its card; a task may take `task_timeout_s` in all.

    `other_origin`: whether the card may name an interface on another host than `url`, which then gets the headers too.
    """

    url: WebAddress
    card: str = ".well-known/agent-card.json"
    headers: Mapping[str, str] = Field(default_factory=dict)
    task_timeout_s: float = Field(default=86_400, gt=0, le=30 * 86_400)
    poll_s: float = Field(default=1, gt=0, le=3_600)
    """The first pause between two looks at a task; each is half as long again as the one before, up to a minute."""
    other_origin: bool = False


class SearchSettings(_Table):
    """Where `web/search` asks. `provider` is `json` or the name of an entry point of `pgswarm.search_providers`.

    For `json`: `url` holds `{query}` and may hold `{count}`; `results` is the path of the list in the answer, and
    `title`, `link`, `snippet` the paths in each of its elements. Other providers get `options` as they stand.
    """

    provider: str = "json"
    url: WebAddress | None = None
    headers: Mapping[str, str] = Field(default_factory=dict)
    results: str = "results"
    title: str = "title"
    link: str = "url"
    snippet: str = "content"
    timeout_s: float = Field(default=20, gt=0, le=300)
    max_bytes: int = Field(default=2 * 1024 * 1024, ge=1_024, le=64 * 1024 * 1024)
    options: Mapping[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _address(self) -> "SearchSettings":
        if self.provider == "json" and (self.url is None or "{query}" not in self.url):
            raise ValueError('url must hold {query}, as in url = "https://search.example/search?q={query}&format=json"')
        return self


class WebSettings(_Table):
    """What `web/browse` may do. `allow` are addresses and networks beside the public ones, as in `10.1.0.0/16`."""

    browse: bool = True
    allow: tuple[str, ...] = ()
    ports: tuple[int, ...] = (80, 443)
    timeout_s: float = Field(default=30, gt=0, le=300)
    max_bytes: int = Field(default=5 * 1024 * 1024, ge=1_024, le=64 * 1024 * 1024)
    max_redirects: int = Field(default=5, ge=0, le=20)
    user_agent: str = Field(default="pgswarm", pattern=r"^[A-Za-z_-]{1,40}$")
    """The name by which robots.txt knows us, and which every request carries."""
    search: SearchSettings | None = None


class TablesSettings(_Table):
    """A database whose tables memory may be asked by `sql`. `url` is `${NAME}`: the variable that holds the address.

    `tables` are all that may be read, as `table` or `schema.table`; `role`: the role to read as.
    """

    url: str = Field(pattern=r"^\$\{\w+\}$")
    tables: tuple[str, ...] = Field(min_length=1)
    role: str | None = Field(default=None, pattern=r"^\w{1,63}$")
    timeout_s: float = Field(default=10, gt=0, le=300)
    max_rows: int = Field(default=50, ge=1, le=1_000)


class BranchSettings(_Table):
    """Where a branch of memory lives, or goes. `kind` is `files`, `http`, or an entry point of another package.

    It gets `options` as they stand; `${NAME}` in `options.headers` stands for an environment variable.
    """

    kind: str = Field(min_length=1, max_length=100)
    timeout_s: float = Field(default=20, gt=0, le=300)
    max_bytes: int = Field(default=2 * 1024 * 1024, ge=1_024, le=64 * 1024 * 1024)
    max_results: int = Field(default=20, ge=1, le=100)
    options: Mapping[str, Any] = Field(default_factory=dict)


class ImportSettings(_Table):
    """What may come into memory from elsewhere. `git` are beginnings of addresses of repositories; none: off.

    `max_files` and `max_bytes` (unpacked) bound a repository or an archive, `timeout_s` the time that it may take.
    """

    git: tuple[str, ...] = ()
    timeout_s: float = Field(default=300, gt=0, le=3_600)
    max_files: int = Field(default=20_000, ge=1, le=100_000)
    max_bytes: int = Field(default=500_000_000, ge=1_000, le=10_000_000_000)


Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]


class Connections(_Table):
    """The whole file."""

    mcp: Mapping[Name, McpSettings] = Field(default_factory=dict)
    a2a: Mapping[Name, A2aSettings] = Field(default_factory=dict)
    web: WebSettings = Field(default_factory=WebSettings)
    tables: Mapping[Name, TablesSettings] = Field(default_factory=dict)
    retrievers: Mapping[Name, BranchSettings] = Field(default_factory=dict)
    uploaders: Mapping[Name, BranchSettings] = Field(default_factory=dict)
    imports: ImportSettings = Field(default_factory=ImportSettings)

    @property
    def count(self) -> int:
        """How many servers and agents there are."""
        return len(self.mcp) + len(self.a2a)


def load(environment: Mapping[str, str] = os.environ) -> Connections:
    """Return what the file says, and nothing where none is named; raise `ConnectionsError`."""
    named = environment.get(FILE, "").strip()
    if not named:
        return Connections()
    path = Path(named).expanduser()
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConnectionsError(f"{FILE}: {path} has more than {_MAX_BYTES:,} bytes: is it the right file?")
        read = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConnectionsError(f"{FILE} names {path}, which cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConnectionsError(f"{FILE}: {path} is not TOML: {error}") from None
    try:
        found = Connections.model_validate(read)
    except ValidationError as error:
        raise ConnectionsError(f"{FILE}: {path}: {_told(error)}") from None
    _refuse_secrets(found)
    return found


def resolved(
    values: Mapping[str, str], field: str, environment: Mapping[str, str] = os.environ
) -> tuple[dict[str, str], frozenset[str]]:
    """Put environment variables in the place of their references; return the values, and the secrets among them.

    Raises `ConnectionsError` that names the field whose variable is not set.
    """
    secrets: set[str] = set()
    made: dict[str, str] = {}

    def put(match: re.Match[str]) -> str:
        value = environment.get(match[1])
        if not value:
            raise ConnectionsError(f"{field}.{key} names the environment variable {match[1]}, which is not set: set it")
        secrets.add(value)
        return value

    for key, value in values.items():
        made[key] = _REFERENCE.sub(put, value)
        if "\r" in made[key] or "\n" in made[key]:
            raise ConnectionsError(f"{field}.{key} holds a line break: take it out of the variable")
    return made, frozenset(secrets)


def _refuse_secrets(found: Connections) -> None:
    tables: dict[str, Mapping[str, str]] = {f"mcp.{name}.env": one.env for name, one in found.mcp.items()}
    tables |= {f"mcp.{name}.headers": one.headers for name, one in found.mcp.items()}
    tables |= {f"a2a.{name}.headers": one.headers for name, one in found.a2a.items()}
    if found.web.search is not None:
        tables["web.search.headers"] = found.web.search.headers
    for kind, branches in (("retrievers", found.retrievers), ("uploaders", found.uploaders)):
        for name, one in branches.items():
            tables[f"{kind}.{name}.options"] = {
                key: value for key, value in one.options.items() if isinstance(value, str)
            }
            headers = one.options.get("headers")
            if isinstance(headers, Mapping):
                tables[f"{kind}.{name}.options.headers"] = {str(key): str(value) for key, value in headers.items()}
    for field, values in tables.items():
        for key, value in values.items():
            if _CREDENTIAL.search(key) and value and not _REFERENCE.search(value):
                raise ConnectionsError(
                    f"{FILE}: {field}.{key} holds a secret: put it into an environment variable and write ${{NAME}}"
                )


def _told(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False, include_input=False)[:5]
    return "; ".join(f"{'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}" for one in problems)
