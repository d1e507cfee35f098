"""Runs as JSON: what a remote runner is sent, and what it answers. Pure.

Rule: neither side trusts the other. Each field is checked, paths too; sizes are bounded by the size of the body.
"""

import base64

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pgswarm.actions.sandbox.paths import inside
from pgswarm.actions.sandbox.types import NO_FILES, File, LeftOut, Limits, Ran, Reason, SandboxError, Tree


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class WireFile(_Strict):
    """A file: its content in base64."""

    content: str
    executable: bool = False


class WireLimits(_Strict):
    """The bounds of a run; see `Limits`."""

    wall_s: float
    memory_bytes: int
    disk_bytes: int
    files: int
    processes: int
    output_bytes: int


class WireRun(_Strict):
    """A run that is asked for."""

    command: list[str] = Field(min_length=1, max_length=1000)
    files: dict[str, WireFile | None]
    stdin: str
    limits: WireLimits
    packages: list[str]
    modules: dict[str, WireFile | None] = Field(default_factory=dict)


class WireRan(_Strict):
    """What became of it."""

    exit_code: int | None
    stdout: str
    stderr: str
    reason: Reason
    files: dict[str, WireFile | None]
    removed: list[str]
    left_out: list[tuple[str, str]]
    truncated: bool
    wall_ms: int


def encode_run(
    command: list[str], files: Tree, stdin: bytes, limits: Limits, packages: list[str], *, modules: Tree = NO_FILES
) -> bytes:
    """Return a run as the body of a request."""
    told = WireRun(
        command=command,
        files=_encoded(files),
        stdin=base64.b64encode(stdin).decode(),
        limits=WireLimits(**{name: getattr(limits, name) for name in WireLimits.model_fields}),
        packages=packages,
        modules=_encoded(modules),
    )
    return told.model_dump_json().encode()


def decode_run(body: bytes) -> tuple[list[str], Tree, bytes, Limits, list[str], Tree]:
    """Return what a request asks for; raise `SandboxError` (`bad_request`) that names what is wrong."""
    try:
        told = WireRun.model_validate_json(body)
        limits = Limits(**told.limits.model_dump())
        stdin = base64.b64decode(told.stdin, validate=True)
        return told.command, _decoded(told.files), stdin, limits, told.packages, _decoded(told.modules)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise SandboxError("bad_request", f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except ValueError as error:
        raise SandboxError("bad_request", str(error)) from None


def encode_ran(ran: Ran) -> bytes:
    """Return what became of a run as the body of an answer."""
    told = WireRan(
        exit_code=ran.exit_code,
        stdout=ran.stdout,
        stderr=ran.stderr,
        reason=ran.reason,
        files=_encoded(ran.files),
        removed=list(ran.removed),
        left_out=[(left.path, left.why) for left in ran.left_out],
        truncated=ran.truncated,
        wall_ms=ran.wall_ms,
    )
    return told.model_dump_json().encode()


def decode_ran(body: bytes) -> Ran:
    """Return what a runner answers; raise `SandboxError` (`bad_runner`) where it is no such answer."""
    try:
        told = WireRan.model_validate_json(body)
        return Ran(
            exit_code=told.exit_code,
            stdout=told.stdout.replace("\0", "\N{SYMBOL FOR NULL}"),
            stderr=told.stderr.replace("\0", "\N{SYMBOL FOR NULL}"),
            reason=told.reason,
            files=_decoded(told.files),
            removed=[inside(path) for path in told.removed],
            left_out=[LeftOut(path, why) for path, why in told.left_out],
            truncated=told.truncated,
            wall_ms=told.wall_ms,
        )
    except ValueError as error:  # ValidationError is one
        raise SandboxError("bad_runner", f"The runner's answer is none: {str(error)[:300]}") from None


def _encoded(files: Tree) -> dict[str, WireFile | None]:
    return {
        path: WireFile(content=base64.b64encode(file.content).decode(), executable=file.executable) if file else None
        for path, file in files.items()
    }


def _decoded(files: dict[str, WireFile | None]) -> Tree:
    return {
        inside(path): File(base64.b64decode(file.content, validate=True), file.executable) if file else None
        for path, file in files.items()
    }
