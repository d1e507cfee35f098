"""Folders as they are listed: rules of `.gitignore`, links, and what others could make slow."""

import time
from pathlib import Path

import pytest

from pgswarm.actions.intake import folders
from pgswarm.actions.intake.folders import folder_items, list_files
from pgswarm.actions.intake.git import address_of
from pgswarm.actions.intake.ignored import Line
from pgswarm.actions.intake.items import IntakeError, Item, LeftOut


@pytest.mark.parametrize(
    ("line", "fits", "fits_not"),
    [
        ("*a*a*b", ["xaab", "in/aaab"], ["aab/c", "aa"]),
        ("/*/*/*.md", ["a/b/c.md"], ["a/c.md", "a/b/c/d.md"]),
        ("**/x/**/y/*", ["x/y/z", "a/x/b/c/y/z"], ["x/y", "y/x/z"]),
        ("a*/**/*b", ["ax/b", "a/c/d/xb"], ["b", "x/b"]),
        ("*.[^o]*~*/", ["a.c~/", "in/a.c~b/"], ["a.c~", "a.o~/"]),
        ("\\!*a*a*", ["!aa"], ["aa"]),
    ],
)
def test_a_line_by_itself_means_what_it_means_to_git(line: str, fits: list[str], fits_not: list[str]) -> None:
    def says(path: str) -> bool:
        return Line(line).fits(path.rstrip("/").split("/"), is_folder=path.endswith("/"))

    assert [path for path in fits if not says(path)] == []
    assert [path for path in fits_not if says(path)] == []


def test_rules_of_others_cost_no_more_than_their_length(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("*a*a*a*a*a*a*b\n**/a/**/a/**/a/**/a/**/b\n!a*a*a*.md\n*.log\n")
    deep = tmp_path.joinpath(*["a"] * 60)
    deep.mkdir(parents=True)
    (deep / ("a" * 250)).write_text("kept")
    (deep / "x.log").write_text("not kept")
    begun = time.monotonic()
    assert [path.name for path in list_files(tmp_path)] == ["a" * 250]
    assert time.monotonic() - begun < 1


def test_a_folder_that_is_taken_back_may_hold_what_is_not(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("b*/\n*.log\n!a*/\n!/keep.log\n")
    for name in ("a.md", "ab/b/c.md", "ab/d.md", "ab/e.log", "keep.log"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    assert [path.name for path in list_files(tmp_path)] == ["a.md", "keep.log", "d.md"]


def test_what_takes_too_long_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("x")
    with pytest.raises(IntakeError, match="takes longer"):
        list_files(tmp_path, within_s=1e-9)


def test_a_file_that_became_a_link_after_it_was_listed_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "a.md").symlink_to(tmp_path / "secret")
    monkeypatch.setattr(folders, "list_files", lambda *_: [folder / "a.md"])
    (found,) = folder_items(folder, "papers")
    assert isinstance(found, LeftOut)
    assert found.path == "papers/a.md"


def test_names_that_memory_cannot_hold_are_left_out_alone(tmp_path: Path) -> None:
    for name in ("in\nside", "fine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text("x")
    found = {one.path: type(one) for one in folder_items(tmp_path, "papers")}
    assert found == {"papers/fine/a.md": Item, "papers/in\nside/a.md": LeftOut}


@pytest.mark.parametrize("way", ["../evil/x", "%2E%2e/evil/x", "a/./x", "a\\..\\x", "x?a=b", "x#y"])
def test_an_allowed_beginning_is_not_left_by_dots(way: str) -> None:
    allowed = ["https://git.example/acme/"]
    assert address_of("git+https://git.example/acme/x.y..z", allowed).endswith("x.y..z")
    with pytest.raises(IntakeError, match="plain"):
        address_of(f"git+https://git.example/acme/{way}", allowed)
