"""Prompts as files: an own one before the text in code, that before the shipped one; all with version and hash."""

from pathlib import Path

import pytest

from pgswarm.actions.prompts import SHIPPED, PromptFileError, Prompts, shipped_prompts


def test_every_shipped_prompt_has_a_version_and_a_text() -> None:
    assert {"write", "summarise", "find_quotes"} <= {prompt.task for prompt in shipped_prompts()}
    assert all(prompt.version > 0 and prompt.text for prompt in shipped_prompts())


def test_own_file_goes_before_the_text_in_code_and_that_before_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "write.md").write_text("<!-- version: 7 -->\nWrite like a pirate.\n")
    mine = Prompts(tmp_path).of("write", "in code")
    assert (mine.text, mine.version, mine.source) == ("Write like a pirate.", 7, "own")
    assert mine.label == f"write@7 own {mine.digest}"
    assert Prompts().of("write", "in code").label.startswith("write@0 code ")
    assert Prompts().of("write").source == "shipped"


def test_hash_changes_with_the_text(tmp_path: Path) -> None:
    (tmp_path / "write.md").write_text("one")
    one = Prompts(tmp_path).of("write")
    (tmp_path / "write.md").write_text("two")
    assert Prompts(tmp_path).of("write").digest != one.digest
    assert one.version == 0


@pytest.mark.parametrize("task", ["../write", "no_such_task", "Write", "a/b"])
def test_task_without_a_prompt_is_an_error_and_leaves_the_folder_never(tmp_path: Path, task: str) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "write.md").write_text("outside")
    with pytest.raises(PromptFileError, match="no prompt"):
        Prompts(tmp_path / "own").of(task)
    assert Prompts(tmp_path / "own").of(task, "said").text == "said"


@pytest.mark.parametrize("content", [b"", b"<!-- version: 1 -->\n", b"\xff\xfe", b"a\x00b", b"x" * 100_001])
def test_file_that_cannot_be_used_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "route.md").write_bytes(content)
    with pytest.raises(PromptFileError, match=r"route\.md"):
        Prompts(tmp_path).of("route", "in code")


def test_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PromptFileError, match="PGSWARM_PROMPTS"):
        Prompts(tmp_path / "none")
    assert SHIPPED.is_dir()
