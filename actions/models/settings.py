"""Which model is used, where it is and how long it may take: read once from the environment.

Rule: `offline/rules` only where nothing is configured. A configured model that fails is an error, never replaced.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pgswarm.actions.models.errors import ModelError

OFFLINE: Final = "offline/rules"
RECORDED: Final = "recorded:"
ONLY_MODEL: Final = "auto"
"""The one model that the server at OPENAI_BASE_URL has."""
OPENAI_URL: Final = "https://api.openai.com/v1"
OPENAI_MODEL: Final = "gpt-5.4-mini"
"""What is used at OpenAI itself where PGSWARM_MODEL is not set."""
ROLES: Final = ("router", "planner", "coder", "reviewer", "talker")

_PREFIX = "PGSWARM_MODEL_"
_NUMBERS = {
    "PGSWARM_MODEL_TIMEOUT_S": ("request_timeout_s", 120.0, 0.05, 3600.0),
    "PGSWARM_MODEL_CONNECT_S": ("connect_timeout_s", 10.0, 0.05, 600.0),
    "PGSWARM_MODEL_TRIES": ("tries", 5, 1, 20),
    "PGSWARM_MODEL_BACKOFF_S": ("backoff_s", 0.5, 0.0, 60.0),
    "PGSWARM_MODEL_MAX_TOKENS": ("max_output_tokens", 8192, 16, 1_000_000),
    "PGSWARM_MODEL_CONCURRENCY": ("concurrency", 8, 1, 10_000),
}


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Everything the model client needs to know; times in seconds, sizes in bytes."""

    base_url: str = OPENAI_URL
    api_key: str = field(default="", repr=False)
    model: str = OFFLINE
    role_models: Mapping[str, str] = field(default_factory=dict)
    request_timeout_s: float = 120.0
    connect_timeout_s: float = 10.0
    tries: int = 5
    """Of one request, the first included; each but the first after a jittered pause."""
    backoff_s: float = 0.5
    backoff_max_s: float = 20.0
    retry_after_max_s: float = 60.0
    """A server that asks for a longer pause is given up at once."""
    repairs: int = 2
    max_output_tokens: int = 8192
    max_answer_bytes: int = 8 * 1024 * 1024
    concurrency: int = 8
    """Requests to one model at the same time, in this process."""
    prices_file: Path | None = None
    record_file: Path | None = None
    embedding_model: str | None = None
    """What turns texts into vectors, at the same server; None: nothing does."""
    prompts_dir: Path | None = None
    """The operator's own prompts, which go before those of the package."""
    recordings_dir: Path | None = None
    """Where a swarm's own `model` option may take recordings from; without it only the operator names them."""

    @property
    def configured(self) -> frozenset[str]:
        """The models that the operator named."""
        return frozenset({self.model, *self.role_models.values()})

    def model_for(self, role: str, requested: str | None = None) -> str:
        """Return the model for a prompt's role; `requested` is the swarm's `model` option and goes first.

        Raises `ModelError` (`model_settings`) for a recording that the operator did not allow: an option comes from
        whoever started the swarm, and must not make a processor read any file.
        """
        if not requested:
            return self.role_models.get(role, self.model)
        if requested.startswith(RECORDED) and not self._may_replay(requested):
            raise ModelError(
                "model_settings",
                "this recording is not allowed as a swarm's model: set PGSWARM_MODEL to it where the processor starts, "
                "or PGSWARM_RECORDINGS to its folder",
            )
        return requested

    def _may_replay(self, requested: str) -> bool:
        if requested in self.configured:
            return True
        if self.recordings_dir is None:
            return False
        path = Path(requested.removeprefix(RECORDED)).resolve()
        return path.is_relative_to(self.recordings_dir.resolve())

    def describe(self) -> str:
        """Return one line for people: which model answers, and where."""
        if self.configured == {OFFLINE}:
            return "offline rules model: no OPENAI_API_KEY and no OPENAI_BASE_URL set"
        told = self._describe_one(self.model)
        for role, model in sorted(self.role_models.items()):
            told += f"; {role}: {self._describe_one(model)}"
        return told

    def _describe_one(self, model: str) -> str:
        if model == OFFLINE:
            return "offline rules model (as set)"
        if model.startswith(RECORDED):
            return f"recorded model {model.removeprefix(RECORDED)}"
        name = "the server's only model" if model == ONLY_MODEL else f"model {model}"
        if self.needs_key:
            return f"{name} at {self.host}, but no OPENAI_API_KEY is set: calls will fail"
        return f"{name} at {self.host}"

    @property
    def host(self) -> str:
        """The server's host and port, without anything secret that the URL may hold."""
        parts = urlsplit(self.base_url)
        return (parts.hostname or "") + (f":{parts.port}" if parts.port else "")

    @property
    def server(self) -> str:
        """The server's address, without anything secret that the URL may hold: what its abilities are kept under."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{self.host}{parts.path}"

    @property
    def needs_key(self) -> bool:
        """Whether the server is OpenAI's own, which takes no call without a key, and none is set."""
        return not self.api_key and self.base_url == OPENAI_URL

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "ModelSettings":
        """Read the environment; raise `ModelError` (`model_settings`) that names the variable and the remedy."""
        env = os.environ if env is None else env
        get = {name: value.strip() for name, value in env.items() if value.strip()}
        base_url = get.get("OPENAI_BASE_URL", "").rstrip("/")
        key = get.get("OPENAI_API_KEY", "")
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise ModelError("model_settings", "OPENAI_API_KEY holds what no key holds (spaces, control characters)")
        if not base_url:
            default = OPENAI_MODEL if key else OFFLINE
        else:
            _check_url(base_url)
            default = OPENAI_MODEL if base_url == OPENAI_URL else ONLY_MODEL
        _check_names(get)
        numbers = {name: _number(get, variable) for variable, (name, *_) in _NUMBERS.items()}
        return cls(
            base_url=base_url or OPENAI_URL,
            api_key=key,
            model=get.get("PGSWARM_MODEL", default),
            role_models={role: get[_PREFIX + role.upper()] for role in ROLES if _PREFIX + role.upper() in get},
            request_timeout_s=numbers["request_timeout_s"],
            connect_timeout_s=numbers["connect_timeout_s"],
            tries=int(numbers["tries"]),
            backoff_s=numbers["backoff_s"],
            max_output_tokens=int(numbers["max_output_tokens"]),
            concurrency=int(numbers["concurrency"]),
            prices_file=_path(get, "PGSWARM_PRICES"),
            record_file=_path(get, "PGSWARM_RECORD"),
            recordings_dir=_path(get, "PGSWARM_RECORDINGS"),
            embedding_model=get.get("PGSWARM_EMBEDDING_MODEL"),
            prompts_dir=_path(get, "PGSWARM_PROMPTS"),
        )


def _path(env: Mapping[str, str], variable: str) -> Path | None:
    return Path(env[variable]) if variable in env else None


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise ModelError(
            "model_settings", "OPENAI_BASE_URL is not an http(s) URL: write it like http://127.0.0.1:11434/v1"
        )


def _check_names(env: Mapping[str, str]) -> None:
    known = {_PREFIX + role.upper() for role in ROLES} | set(_NUMBERS)
    for name in sorted(env):
        if name.startswith(_PREFIX) and name not in known:
            raise ModelError(
                "model_settings", f"{name} is not a setting: the names are PGSWARM_MODEL, {', '.join(sorted(known))}"
            )


def _number(env: Mapping[str, str], variable: str) -> float:
    _, default, low, high = _NUMBERS[variable]
    text = env.get(variable)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise ModelError("model_settings", f"{variable} is {text!r}: give a number from {low:g} to {high:g}")
    return value
