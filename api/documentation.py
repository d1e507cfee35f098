"""`/docs`: the OpenAPI document as one page that people read. Made here, whole: it loads nothing and runs nothing.

Rule: every text is escaped, and the style is allowed by its hash, so that the page needs no exception from the policy.
"""

import base64
import hashlib
import json
from collections.abc import Iterator
from html import escape
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from pgswarm.api.openapi import METHODS, describe

router = APIRouter()

STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #d0d7de; } summary { cursor: pointer; padding: .3rem 0; }
code, pre { font: 14px/1.4 ui-monospace, monospace; background: #f3f4f6; border-radius: 4px; }
code { padding: .1rem .3rem; } pre { padding: .7rem; overflow: auto; }
dt { margin-top: .4rem; } dd { margin: 0 0 0 1.5rem; }
.method { display: inline-block; width: 4.5rem; font-weight: 600; } .required { color: #b3261e; }
@media (prefers-color-scheme: dark) { body { background: #0d1117; color: #e6edf3; } code, pre { background: #161b22; } }
"""
_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY: Final = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'; base-uri 'none'"
DEEPEST: Final = 6


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Show every operation: what it does, what it takes, what it gives."""
    document = describe(request.app)
    return HTMLResponse("\n".join(_page(document)), headers={"Content-Security-Policy": POLICY})


def _page(document: dict[str, Any]) -> Iterator[str]:
    title = f"{escape(document['info']['title'])} {escape(document['info']['version'])}"
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}: API</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<style>{STYLE}</style></head><body><h1>{title}: API</h1>"
    for paragraph in document["info"]["description"].strip().split("\n\n"):
        yield f"<p>{_prose(paragraph)}</p>"
    yield '<p>The same for programs: <a href="/openapi.json">/openapi.json</a>.</p>'
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                groups.setdefault(operations[method].get("tags", ["other"])[0], []).append(
                    (method, path, operations[method])
                )
    for tag, found in groups.items():
        yield f"<h2>{escape(tag.capitalize())}</h2>"
        for method, path, operation in found:
            yield from _operation(document, method, path, operation)
    yield "</body></html>"


def _operation(document: dict[str, Any], method: str, path: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f'<details><summary><span class="method">{method.upper()}</span> <code>{escape(path)}</code>'
    yield f" {escape(operation['summary'])}</summary><p>{_prose(operation.get('description', ''))}</p>"
    if not operation.get("security"):
        yield "<p>Needs no token.</p>"
    if operation.get("parameters"):
        yield "<dl>"
        for parameter in operation["parameters"]:
            needed = ' <span class="required">required</span>' if parameter.get("required") else ""
            yield f"<dt><code>{escape(parameter['name'])}</code> in the {escape(parameter['in'])}{needed}</dt>"
            yield f"<dd>{_prose(parameter.get('description', ''))}</dd>"
        yield "</dl>"
    for media_type, said in operation.get("requestBody", {}).get("content", {}).items():
        yield f"<p>Body, <code>{escape(media_type)}</code>:</p>{_example(document, said)}"
    for status, response in sorted(operation["responses"].items()):
        yield f"<p><code>{escape(status)}</code> {_prose(response.get('description', ''))}</p>"
        if status.startswith("2"):
            for said in response.get("content", {}).values():
                yield _example(document, said)
    yield "</details>"


def _example(document: dict[str, Any], said: dict[str, Any]) -> str:
    shown = said["example"] if "example" in said else _sample(document, said.get("schema", {}), DEEPEST)
    text = shown if isinstance(shown, str) else json.dumps(shown, indent=2, ensure_ascii=False)
    return f"<pre>{escape(text)}</pre>" if text not in {"", "null"} else ""


def _sample(document: dict[str, Any], schema: dict[str, Any], left: int) -> Any:
    """Return a value that a schema allows: its own example, or what its type says."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name in ("example", "default", "const"):
        if name in schema:
            return schema[name]
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    if left == 0:
        return "…"
    for name in ("anyOf", "oneOf", "allOf"):
        if schema.get(name):
            return _sample(document, schema[name][0], left)
    return _of_type(document, schema, left - 1)


def _of_type(document: dict[str, Any], schema: dict[str, Any], left: int) -> Any:
    kind = schema.get("type")
    if kind == "object":
        return {name: _sample(document, inner, left) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [_sample(document, schema.get("items", {}), left)]
    if kind == "string":
        return schema.get("format", "text")
    plain: dict[str | None, Any] = {"integer": schema.get("minimum", 0), "number": 0.0, "boolean": False}
    return plain.get(kind)


def _prose(text: str) -> str:
    """Return text as HTML; what stands between backquotes is code."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
