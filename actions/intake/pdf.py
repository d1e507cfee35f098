"""The text of a PDF, read in a process of its own: a file of others may be made to take all memory, or to never end.

The result is Markdown with a heading for each page, so that a passage says on which page it stands.
"""

import asyncio
import os
import sys
from typing import Final

from pgswarm.actions.intake.items import IntakeError, Item

WITHIN_S: Final = 120.0
SUFFIX: Final = ".md"


async def pdf_text(content: bytes, name: str) -> str:
    """Return the text; raise `IntakeError` where it has none, is locked or broken, or takes too long."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        "pgswarm.actions.intake.pdf_reader",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LANG": "C.UTF-8", "PYTHONUTF8": "1"},
    )
    try:
        async with asyncio.timeout(WITHIN_S):
            out, err = await process.communicate(content)
    except TimeoutError:
        raise IntakeError(f"{name}: its text takes longer than {WITHIN_S:g} s to read: import a part of it") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        lines = err.decode("utf-8", "replace").strip().splitlines() or ["it took too much memory or time"]
        raise IntakeError(f"{name}: its text cannot be read: {lines[-1][:300]}")
    text = out.decode("utf-8", "replace")
    if not text.strip():
        raise IntakeError(f"{name} has no text, only pictures: let a program recognise it first (OCR)")
    return text


def text_item(pdf: Item, text: str) -> Item:
    """Return the text of a PDF as an entry beside it, derived from it: out of date when the PDF changes."""
    fields = {**pdf.fields, "media_type": "application/pdf"}
    return Item(pdf.path + SUFFIX, "markdown", text.encode(), fields, derived_from=pdf.path)
