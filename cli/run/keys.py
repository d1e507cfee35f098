"""A line that is typed while the screen above it changes: what the keys do to it.

Rule: pure: bytes of a terminal in, at most one finished line out. Only what every terminal sends the same way is known;
other control keys and escape sequences do nothing.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Final

END_OF_INPUT: Final = "\x04"  # Ctrl-D
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\[O])?")
UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?\Z")


class TypedLine:
    """What has been typed since the last Enter."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._kept = ""

    def feed(self, data: bytes) -> Iterator[str | None]:
        """Take what the terminal sent; yield each finished line, and None for the end of the input."""
        keys = self._kept + self._decoder.decode(data)
        unfinished = UNFINISHED.search(keys)
        self._kept = unfinished.group() if unfinished else ""
        keys = keys[: len(keys) - len(self._kept)]
        for key in ESCAPE.sub("", keys):
            if key in "\r\n":
                line, self.text = self.text, ""
                yield line
            elif key == END_OF_INPUT:
                if not self.text:
                    yield None
            else:
                self._press(key)

    def _press(self, key: str) -> None:
        match key:
            case "\x7f" | "\b":
                self.text = self.text[:-1]
            case "\x15":  # Ctrl-U
                self.text = ""
            case "\x17":  # Ctrl-W
                self.text = re.sub(r"\S*\s*$", "", self.text)
            case "\t":
                self.text += " "
            case _ if key.isprintable():
                self.text += key
