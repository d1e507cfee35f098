"""Zip archives of others: what is in them comes, and nothing leads out, fills the disk or is guessed."""

import io
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from pgswarm.actions.intake import archive
from pgswarm.actions.intake.items import IntakeError, LeftOut


def packed(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytearray:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return bytearray(made.getvalue())


def unpack(content: bytes, into: Path, most_files: int = 10, max_bytes: int = 20_000_000) -> dict[str, str]:
    """Unpack; return what was left out, with the reasons."""
    left: list[LeftOut] = archive.unpack(io.BytesIO(content), into, most_files=most_files, max_bytes=max_bytes)
    return {one.path: one.reason for one in left}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_come_with_their_folders_and_hidden_ones_only_where_they_say_something(tmp_path: Path) -> None:
    wanted = {
        "book/a.md": b"A",
        "book/in/b.md": b"B",
        "book/.gitignore": b"*.tmp",
        "book/.git/HEAD": b"ref: refs/heads/x",
    }
    hidden = {"book/.git/objects/ab/cd": b"x", "book/.env": b"KEY=1", "book/.ssh/id": b"x", "__MACOSX/._a": b"x"}
    windows = {"book\\in\\c.md": b"C"}
    assert unpack(packed(wanted | hidden | windows), tmp_path) == {}
    assert files(tmp_path) == {**wanted, "book/in/c.md": b"C"}
    assert archive.root_of(tmp_path, "My papers.zip") == (tmp_path / "book", "book")
    (tmp_path / "beside.md").write_text("x")
    assert archive.root_of(tmp_path, "My papers.zip") == (tmp_path, "My papers")


@pytest.mark.parametrize("name", ["../a.md", "a/../../b.md", "/etc/a.md", "C:/a.md", "..\\a.md", "\\\\server\\a.md"])
def test_a_path_that_leads_out_refuses_the_archive_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(IntakeError, match="leads out of it"):
        unpack(packed({"fine.md": b"x", name: b"x"}), tmp_path)
    assert files(tmp_path) == {}


def test_links_and_devices_are_left_out(tmp_path: Path) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as opened:
        for name, kind in (("link.md", stat.S_IFLNK), ("pipe.md", stat.S_IFIFO)):
            info = zipfile.ZipInfo(name)
            info.external_attr = (kind | 0o644) << 16
            opened.writestr(info, "/etc/passwd")
    assert unpack(made.getvalue(), tmp_path) == {"link.md": "it is a link", "pipe.md": "it is no file"}
    assert files(tmp_path) == {}


def test_one_that_is_locked_is_refused_with_what_to_do(tmp_path: Path) -> None:
    content = packed({"a.md": b"secret"})
    content[6] |= 1  # the flag, in front of the file and in the list
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(IntakeError, match="locked by a password: pack it without one"):
        unpack(content, tmp_path)


def test_another_method_than_deflate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="another method than deflate"):
        unpack(packed({"a.md": b"x" * 100}, zipfile.ZIP_LZMA), tmp_path)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({f"{n}.md": b"x" for n in range(11)}, "more than 10 files"),
        ({f"{n}.md": bytes(range(256)) * 8_000 for n in range(10)}, "the limit is 20,000,000"),
        ({"bomb.md": b"0" * 12_000_000}, "times its size, the limit is 100"),
    ],
)
def test_more_than_is_allowed_is_refused_before_it_is_unpacked(
    tmp_path: Path, content: Mapping[str, bytes], told: str
) -> None:
    with pytest.raises(IntakeError, match=told):
        unpack(packed(content), tmp_path)
    assert files(tmp_path) == {}


def test_a_list_that_would_fill_the_memory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MOST_LISTED", 4)
    monkeypatch.setattr(archive, "_PIECE", 7)  # a mark lies across two pieces
    with pytest.raises(IntakeError, match="lists more than 4 files"):
        unpack(packed({f"{n}.md": b"" for n in range(5)}), tmp_path)


def test_a_file_that_says_to_be_smaller_than_it_is_and_a_damaged_one_are_left_out(tmp_path: Path) -> None:
    content = packed({"a.md": b"x" * 5_000, "b.md": b"fine"}, zipfile.ZIP_STORED)
    content[200] ^= 1
    left = unpack(content, tmp_path)
    assert list(left) == ["a.md"]
    assert "damaged" in left["a.md"]
    assert files(tmp_path) == {"b.md": b"fine"}
    lying = packed({"a.md": b"0" * 3_000_000})
    at = lying.index(b"PK\x01\x02") + 24
    lying[at : at + 4] = (1_000).to_bytes(4, "little")
    assert "damaged" in unpack(lying, tmp_path)["a.md"]


def test_two_files_in_one_place_and_broken_archives(tmp_path: Path) -> None:
    twice = packed({"a.md": b"one", "b.md": b"two", "a.md/c.md": b"three"})
    assert unpack(twice.replace(b"b.md", b"a.md"), tmp_path)["a.md"] == "there are two of it"
    assert files(tmp_path) == {"a.md": b"one"}
    for broken in (b"PK\x03\x04", bytes(packed({"a.md": b"x"})[:-10]), b"PK\x05\x06" + b"\xff" * 18):
        with pytest.raises(IntakeError, match="no zip archive that can be read"):
            unpack(broken, tmp_path)


def test_unpacking_ends_when_nobody_waits_for_it_any_more(tmp_path: Path) -> None:
    content = io.BytesIO(packed({f"{n}.md": b"x" for n in range(5)}))
    archive.unpack(content, tmp_path, most_files=10, max_bytes=1_000, stopped=lambda: True)
    assert len(files(tmp_path)) == 1


def test_an_office_document_is_no_archive() -> None:
    assert archive.is_archive("Papers.ZIP", b"PK\x03\x04")
    assert not archive.is_archive("sheet.xlsx", b"PK\x03\x04")
    assert not archive.is_archive("notes.zip", b"Note")
