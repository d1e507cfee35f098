"""What a tool returned, as JSON that is kept and text that is reported. Pure.

Bounded and cleaned; pictures, sound and files are named, not kept.
"""

import json
from collections.abc import Iterable
from typing import Any

import mcp_types as types

from pgswarm.actions.outside.report import MAX_TEXT
from pgswarm.actions.outside.texts import cleaned, too_deep, without
from pgswarm.actions.swarm.outputs import MAX_CHARS, output_of, with_output


def as_text(result: types.CallToolResult, secrets: Iterable[str]) -> str:
    """Return what the tool returned as text; its structured content as JSON where the text does not have it.

    A lone `result` is what servers wrap a plain value in: the text says that already.
    """
    parts = [_part(block) for block in result.content]
    text = "\n\n".join(part for part in parts if part.strip())
    if not any(isinstance(block, types.TextContent) for block in result.content):
        structured = _structured(result.structured_content)
        text = "\n\n".join(filter(None, (structured, text)))
    elif _hands_on(result.structured_content) and output_of(text) is None:
        text = with_output(text, result.structured_content)
    return cleaned(without(secrets, text), MAX_TEXT)


def _hands_on(value: Any) -> bool:
    if not isinstance(value, dict) or value.keys() <= {"result"} or too_deep(value):
        return False
    return len(json.dumps(value, ensure_ascii=False)) <= MAX_CHARS


def _structured(value: Any) -> str:
    if value is None:
        return ""
    if too_deep(value):
        return "(structured content, nested too deep to be kept)"
    return json.dumps(value, ensure_ascii=False, indent=1)


def _part(block: types.ContentBlock) -> str:
    match block:
        case types.TextContent(text=text):
            return text
        case types.ImageContent(mime_type=kind, data=data) | types.AudioContent(mime_type=kind, data=data):
            return f"({kind}, about {len(data) * 3 // 4:,} bytes: not kept)"
        case types.ResourceLink(name=name, uri=uri):
            return f"{name}: {uri}"
        case types.EmbeddedResource(resource=types.TextResourceContents(text=text)):
            return text
        case types.EmbeddedResource(resource=resource):
            return f"({resource.uri}, {resource.mime_type or 'binary'}: not kept)"
