"""One way from bytes to text, whatever program wrote the file."""

import pytest

from pgswarm.schema.decode import NotTextError, decode

TEXT = "“Café” … 3 €\nzwei\tTeile\r\n"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-32", "utf-32"),
        ("cp1252", "cp1252"),
    ],
)
def test_text_of_every_common_encoding_comes_back_without_a_mark(encoding: str, told: str) -> None:
    decoded = decode(TEXT.encode(encoding), "x.txt")
    assert (decoded.text, decoded.encoding, decoded.guessed) == (TEXT, told, told == "cp1252")


@pytest.mark.parametrize(("encoding", "mark"), [("utf-16-le", b"\xff\xfe"), ("utf-16-be", b"\xfe\xff")])
def test_both_orders_of_utf_16_are_read(encoding: str, mark: bytes) -> None:
    assert decode(mark + TEXT.encode(encoding), "x.txt").text == TEXT


def test_empty_text_is_text() -> None:
    assert decode(b"", "x.txt").text == ""


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"%PDF-1.7\n", "a PDF"),
        (b"PK\x03\x04rest", "a zip archive or an office document"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"\x89PNG\r\n\x1a\n", "a PNG image"),
        (b"text with a NUL\0", "binary"),
        (b"caf\xe9 and a NUL\0", "binary"),
        (bytes(range(256)) * 4, "binary"),
        (b"\x01\x02\x03\x04 words", "binary"),
        (b"\xff\xfea", "damaged UTF-16"),
        ("x\0y".encode("utf-16"), "binary"),
        (b"\x83n\x81[\x83g", "unknown encoding"),
    ],
)
def test_what_is_no_text_is_refused_by_name_with_a_remedy(content: bytes, told: str) -> None:
    with pytest.raises(NotTextError, match=f"x.txt is .*{told}") as refused:
        decode(content, "x.txt")
    assert refused.value.hint
