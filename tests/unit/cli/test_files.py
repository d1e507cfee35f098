"""Files as `run` takes them: text of any common kind, and a clear word about everything else."""

import os
from pathlib import Path

import pytest

from pgswarm.cli.exits import BadInputError
from pgswarm.cli.run import files
from pgswarm.cli.run.files import read_files
from support.pdf import a_pdf

REFUSED = {
    "empty": (b"", "is empty"),
    "blank": (b" \n\t", "is empty"),
    "binary": (b"a\0b", "is binary"),
    "pdf": (b"%PDF-1.7", "is a PDF"),
    "workbook": (b"PK\x03\x04...", "office document"),
    "another encoding": (b"one\ntwo\n\x83n\x81[\x83g", r"unknown encoding .* line 3\)"),
    "damaged UTF-16": (b"\xff\xfea", "damaged UTF-16"),
}


@pytest.mark.parametrize(("content", "told"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_is_no_text_is_refused_by_name(tmp_path: Path, content: bytes, told: str) -> None:
    file = tmp_path / "given.txt"
    file.write_bytes(content)
    with pytest.raises(BadInputError, match=f"given.txt.*{told}") as raised:
        read_files([str(file)])
    assert raised.value.remedy


@pytest.mark.parametrize("content", ["é,1\n".encode(), "é,1\n".encode("utf-8-sig"), "é,1\n".encode("utf-16")])
def test_every_unicode_text_comes_as_plain_utf_8(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "Table.CSV"
    file.write_bytes(content)
    (read,) = read_files([str(file)])
    assert (read.name, read.kind, read.content, read.note) == ("Table.CSV", "csv", "é,1\n".encode(), "")


def test_windows_1252_is_read_and_said(tmp_path: Path) -> None:
    (tmp_path / "old.txt").write_bytes("“café” … 3 €".encode("cp1252"))
    (read,) = read_files([str(tmp_path / "old.txt")])
    assert read.content.decode() == "“café” … 3 €"
    assert read.note.endswith("old.txt is not UTF-8: it is read as Windows-1252.")


def test_of_a_pdf_its_text_is_read_and_one_without_is_refused(tmp_path: Path) -> None:
    (tmp_path / "offer.PDF").write_bytes(a_pdf("We deliver turbines."))
    (read,) = read_files([str(tmp_path / "offer.PDF")])
    assert (read.name, read.kind) == ("offer.PDF.md", "markdown")
    assert "We deliver turbines." in read.content.decode()
    (tmp_path / "broken.pdf").write_bytes(b"%PDF-1.4 no more")
    with pytest.raises(BadInputError, match=r"broken.pdf: its text cannot be read"):
        read_files([str(tmp_path / "broken.pdf")])


def test_a_missing_file_a_directory_and_a_pipe_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, told in (
        (tmp_path / "none", "no such file"),
        (tmp_path, "is a directory"),
        (tmp_path / "pipe", "not a regular"),
    ):
        with pytest.raises(BadInputError, match=told):
            read_files([str(path)])


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    with (tmp_path / "huge.txt").open("wb") as file:
        file.truncate(files.MOST_BYTES + 1)
    with pytest.raises(BadInputError, match=r"50,000,001 bytes, the limit is 50,000,000"):
        read_files([str(tmp_path / "huge.txt")])


def test_two_files_of_one_name_are_refused_unless_they_are_the_same(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").write_text("same")
    paths = [str(tmp_path / folder / "x.txt") for folder in ("a", "b")]
    assert len(read_files(paths)) == 1
    (tmp_path / "b/x.txt").write_text("other")
    with pytest.raises(BadInputError, match=r"two files are called x\.txt"):
        read_files(paths)


def test_a_name_that_steers_the_terminal_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2J.txt").write_text("x")
    with pytest.raises(BadInputError, match="cannot be stored") as raised:
        read_files([str(tmp_path / "a\x1b[2J.txt")])
    assert "\x1b" not in raised.value.message
