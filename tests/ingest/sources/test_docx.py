"""
Word files converted to HTML, and those that are refused.
"""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest
from word_files import docx_file, pictured_word_file

from newsletter.errors import ReadError
from newsletter.ingest.parsing.read import read
from newsletter.ingest.sources.folder.docx import (
    MAX_BYTES,
    MAX_PARTS,
    html_of_docx,
    image_of_docx,
    images_named,
)
from newsletter.ingest.sources.folder.source import FolderSource, read_file
from newsletter.model.brief import MediaType, ReadingRules


def test_a_word_file_gives_its_paragraphs() -> None:
    assert html_of_docx(docx_file("One &amp; two", "Three")) == "<p>One &amp; two</p><p>Three</p>"


def test_a_caption_follows_its_image_and_the_image_is_named_by_its_part(shared: Path) -> None:
    brief = read(read_file(shared / "samples/sources/docx/intelbrief-word.docx"), ReadingRules())
    assert (brief.title, brief.caption) == ("The Quiet Quay", "The quay at Sarno, Feb. 5, 2024.")
    assert (brief.image_url, brief.warnings) == ("cid:word/media/image1.png", ())


def test_an_image_is_extracted_from_a_word_file_by_its_part() -> None:
    raw = pictured_word_file("One.", b"the picture")
    assert images_named(html_of_docx(raw)) == ("word/media/image1.png",)
    assert image_of_docx(raw, "word/media/image1.png") == b"the picture"


def test_an_image_that_a_word_file_only_links_to_is_not_fetched() -> None:
    raw = pictured_word_file("One.", b"", link="https://h.example/a.png")
    assert 'src="cid:linked"' in html_of_docx(raw)
    assert images_named(html_of_docx(raw)) == ()


@pytest.mark.parametrize(
    ("picture", "part", "reason"),
    [
        (b" " * (MAX_BYTES + 1), "word/media/image1.png", "it is larger than 10,485,760 bytes"),
        (b"", "word/media/none.png", "it cannot be extracted from the Word file"),
    ],
    ids=["too large", "missing"],
)
def test_an_image_that_cannot_be_extracted_is_one_line(
    picture: bytes, part: str, reason: str
) -> None:
    with pytest.raises(ReadError) as refused:
        image_of_docx(pictured_word_file("One.", picture), part)
    assert str(refused.value) == reason


def test_footnotes_of_word_are_footnotes(shared: Path) -> None:
    brief = read(read_file(shared / "samples/sources/docx/footnotes.docx"), ReadingRules())
    assert brief.footnotes == ("[1] A tachyon walks into a bar.", "[2] Fin.")
    assert brief.body_text == "Ouch[1].[2]"


def test_a_part_that_unpacks_to_too_much_is_refused() -> None:
    bomb = docx_file("a", more={"word/styles.xml": b" " * 5_000_000})
    with pytest.raises(ReadError, match="the Word file is far too large when unpacked"):
        html_of_docx(bomb)


def test_a_part_packed_too_tightly_is_refused() -> None:
    with pytest.raises(ReadError, match="the Word file is far too large when unpacked"):
        html_of_docx(docx_file("a", more={"word/styles.xml": b" " * 1_000_000}))


def test_many_parts_that_unpack_to_too_much_together_are_refused() -> None:
    noise = ("".join(f"{number:x} " for number in range(250_000))).encode()
    parts = {f"word/header{number}.xml": noise for number in range(4)}
    with pytest.raises(ReadError, match="the Word file is far too large when unpacked"):
        html_of_docx(docx_file("a", more=parts))


def test_a_part_with_a_false_size_is_not_unpacked_further_than_declared() -> None:
    whole = docx_file("a", more={"word/styles.xml": b" " * 5_000_000})
    size = struct.pack("<I", 5_000_000)
    lying = whole.replace(size, struct.pack("<I", 10))
    with pytest.raises(ReadError, match="the Word file cannot be read"):
        html_of_docx(lying)


def test_too_many_parts_are_refused() -> None:
    with pytest.raises(ReadError, match="over 1000 parts"):
        html_of_docx(docx_file("a", more={f"x{n}": b"" for n in range(MAX_PARTS)}))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_word_file_with_entities_is_refused(encoding: str) -> None:
    text = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    bad = docx_file("a", more={"word/styles.xml": text.encode(encoding)})
    with pytest.raises(ReadError, match="declares entities"):
        html_of_docx(bad)


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0 an old .doc"])
def test_a_file_that_is_not_a_word_file_is_refused_in_one_line(raw: bytes) -> None:
    with pytest.raises(ReadError, match=r"^the Word file cannot be read: [^\n]+$"):
        html_of_docx(raw)


def test_a_damaged_word_file_is_refused_in_one_line() -> None:
    whole = docx_file("a")
    with pytest.raises(ReadError, match="the Word file cannot be read"):
        html_of_docx(whole.replace(b"word/document.xml", b"word/elsewhere.xm"))


def test_an_image_in_a_word_file_is_never_unpacked() -> None:
    bomb = {"word/media/image1.png": b" " * 60_000_000}
    assert html_of_docx(docx_file("a", more=bomb)) == "<p>a</p>"


def test_without_mammoth_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mammoth", None)
    with pytest.raises(ReadError, match=r"pip install '\.\[docx\]'"):
        html_of_docx(docx_file("a"))


def test_a_folder_reads_its_word_files_and_notes_the_damaged_ones(tmp_path: Path) -> None:
    (tmp_path / "good.docx").write_bytes(docx_file("a"))
    (tmp_path / "torn.docx").write_bytes(docx_file("a")[:300])
    poll = FolderSource("drop", tmp_path, settle_s=0).fetch({})
    (item,) = poll.items
    assert (item.key, item.content, item.media_type) == ("good.docx", "<p>a</p>", MediaType.HTML)
    assert poll.notes == ("torn.docx: the Word file cannot be read: save it as .docx again",)
