"""The page about the states is the table in words."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_states_page_is_what_the_table_gives() -> None:
    made = runpy.run_path(str(DOCS / "draw_states.py"))
    assert (DOCS / "states.md").read_text() == made["page"](), "run `python docs/draw_states.py`"
