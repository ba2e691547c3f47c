"""
Bytes from outside are decoded in their own encoding, or refused in one line.
"""

from __future__ import annotations

import pytest
from charset_texts import HEADLINES, LONG, CharsetText
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import ReadError
from newsletter.ingest.parsing.formats.encoding import (
    decode,
    decode_html,
    decode_text,
    utf8_of,
)
from newsletter.ingest.parsing.formats.encoding_labels import label_in
from subscribers.text.encoding import codec_of


def not_read(texts: tuple[CharsetText, ...]) -> list[tuple[str, str]]:
    """
    Return the language and encoding of each text that is not decoded without a declaration.
    """
    return [
        (each.language, encoding)
        for each in texts
        for encoding in each.encodings
        if decode(each.text.encode(encoding)) != each.text
    ]


@pytest.mark.parametrize(
    "raw",
    [
        "Ö “a”".encode(),
        "\ufeffÖ “a”".encode(),
        "\ufeffÖ “a”".encode("utf-16-le"),
        "\ufeffÖ “a”".encode("utf-16-be"),
        "\ufeffÖ “a”".encode("utf-32-le"),
        "Ö “a”".encode("cp1252"),
    ],
)
def test_a_text_is_the_same_in_each_encoding(raw: bytes) -> None:
    assert decode(raw) == "Ö “a”"


def test_texts_in_28_languages_are_read_without_a_declaration() -> None:
    assert not_read(LONG) == []


def test_a_headline_alone_is_read_without_a_declaration() -> None:
    assert not_read(HEADLINES) == []


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_utf16_and_utf32_are_read_without_a_byte_order_mark(encoding: str) -> None:
    assert decode("Паромы — до марта.\r\n渡輪\r\n".encode(encoding)).startswith(
        "Паромы — до марта."
    )


@pytest.mark.parametrize(
    ("label", "raw", "text"),
    [
        ("iso-8859-1", b"\x93Tolls\x94 \x80 5", "“Tolls” € 5"),
        ("us-ascii", b"it\x92s", "it’s"),
        ("ISO-8859-9", "ığdır “ş”".encode("cp1254"), "ığdır “ş”"),
        ("gb2312", "朱镕基 – 桥".encode("gb18030"), "朱镕基 – 桥"),
        ("euc-kr", "똠방각하".encode("cp949"), "똠방각하"),
        ("ks_c_5601-1987", "펲시맨".encode("cp949"), "펲시맨"),
        ("shift_jis", "髙橋①".encode("cp932"), "髙橋①"),
        ("euc-jp", "①号橋".encode("euc_jis_2004"), "①号橋"),
        ("big5", "香港嘅𨋢".encode("big5hkscs"), "香港嘅𨋢"),
        ("tis-620", "ราคา “๕” บาท".encode("cp874"), "ราคา “๕” บาท"),
        ("unicode-1-1-utf-8", "Zoë".encode(), "Zoë"),
        ("x-user-defined", "Zoë".encode("cp1252"), "Zoë"),
        ("cp850", "Größe".encode("cp850"), "Größe"),
        ("iso-2022-kr", "낡은 다리".encode("iso2022_kr"), "낡은 다리"),
        ("hz-gb-2312", "市议会".encode("hz"), "市议会"),
        ('"utf-8";', "Zoë".encode(), "Zoë"),
    ],
)
def test_a_label_means_what_it_means_to_browsers(label: str, raw: bytes, text: str) -> None:
    assert decode_text(raw, label).text == text


@pytest.mark.parametrize("label", ["iso-2022-jp", None])
def test_the_numbers_in_circles_of_japanese_emails_are_read(label: str | None) -> None:
    # Row 13 of JIS X 0208, which only NEC defined: no codec of Python has it.
    raw = b"\x1b$B-!9f66\x1b(B and \x1b$B-j\x1b(B"
    assert decode_text(raw, label).text == "①号橋 and ㈱"


@pytest.mark.parametrize("label", ["utf-7", "punycode", "base64", "none", "", "é", "utf-16"])
def test_a_label_that_cannot_be_true_is_ignored(label: str) -> None:
    assert decode_text("“four” permits".encode("cp1252"), label).text == "“four” permits"
    assert decode_text(b"+ADw-b+AD4-", label).text == "+ADw-b+AD4-"


@pytest.mark.parametrize("label", ["iso-8859-1", "windows-1251", "gb2312", "koi8-r", "shift_jis"])
def test_valid_utf8_is_read_so_despite_its_label(label: str) -> None:
    text = "Zoë’s café – naïve façade, über"
    assert decode_text(text.encode(), label).text == text


@pytest.mark.parametrize(
    ("label", "text"), [("gb2312", "一药"), ("iso-8859-1", "groß…"), ("windows-1252", "CAFÉ”")]
)
def test_a_few_letters_that_are_utf8_by_chance_follow_their_label(label: str, text: str) -> None:
    raw = text.encode(codec_of(label) or "")
    assert raw.decode("utf-8")
    assert decode_text(raw, label).text == text


def test_a_text_that_is_utf8_but_for_a_few_bytes_stays_utf8() -> None:
    raw = "Zoë’s café – naïve".encode() + b" and \x93so\x94, caf\xe9, na\xc3"
    for label in (None, "utf-8"):
        assert decode_text(raw, label).text == "Zoë’s café – naïve and “so”, café, na\ufffd"


def test_one_bad_byte_does_not_change_the_encoding_that_is_declared() -> None:
    text = "旧桥明年春天以前关闭"
    assert decode_text(text.encode("gb18030") + b"\xff", "gb2312").text == f"{text}\ufffd"


def test_only_an_uncertain_guess_is_a_warning() -> None:
    assert decode_text(LONG[1].text.encode("cp1252")).warning is None
    assert decode_text("naïve".encode("cp1252"), "windows-1252").warning is None
    assert decode_text("Jiří".encode("cp1250")).warning == (
        "the encoding of the text is unknown and was guessed to be Windows-1257: check letters "
        "with accents, and save the text as UTF-8 if they are wrong"
    )


@pytest.mark.parametrize(
    "declared",
    [
        "<meta charset=windows-1251>",
        "<META HTTP-EQUIV='Content-Type' CONTENT='text/html;charset=windows-1251'>",
        f"<script>{'x' * 5000}</script><meta charset='windows-1251'>",
        "<!-- <meta charset=koi8-r> --><meta charset=windows-1251>",
        "<meta name=description content='charset=koi8-r'><meta charset=windows-1251>",
        "<meta charset=windows-1251><meta charset=koi8-r>",
        "<meta charset=unknown><meta charset=windows-1251>",
        "<?xml version='1.0' encoding='windows-1251'?><html>",
    ],
)
def test_a_page_is_read_as_it_declares(declared: str) -> None:
    page = f"{declared}<p>Мост"
    assert decode_html(page.encode("cp1251")).text == page


def test_the_transport_counts_above_the_page_and_xhtml_above_its_meta() -> None:
    page = "<?xml version='1.0' encoding='koi8-r'?><meta charset=windows-1251><p>Мост"
    raw = page.encode("koi8-r")
    assert decode_html(raw, "koi8-r").text == page
    assert decode_html(raw, is_xhtml=True).text == page
    assert decode_html(page.encode("cp1251")).text == page


def test_a_page_that_calls_itself_utf16_is_utf8() -> None:
    assert decode_html("<meta charset=utf-16><p>Zoë".encode()).text.endswith("Zoë")


def test_a_page_is_guessed_by_its_text_not_by_its_scripts() -> None:
    script = "<script>var a = 'Ещё немного кириллицы, которой нет в тексте страницы'</script>"
    text = "<p>Für Gäste aus München: „Größe“ zählt über alles.</p>"
    raw = script.encode("cp1251") + text.encode("cp1252")
    assert decode_html(raw).text.endswith(text)


def test_an_xml_document_becomes_utf8_and_says_so() -> None:
    document = "<?xml version='1.0' encoding='windows-1251'?><a>Мост</a>"
    for encoding in ("cp1251", "utf-8", "utf-8-sig", "utf-16", "utf-32-be"):
        raw, warning = utf8_of(document.encode(encoding))
        assert (raw.decode(), warning) == (document.replace("windows-1251", "utf-8"), None)


@pytest.mark.parametrize(
    ("content_type", "label"),
    [
        ("text/html; charset=utf-8", "utf-8"),
        ('text/xml;Charset = "ISO-8859-1"; x=y', "ISO-8859-1"),
        ("text/html", None),
        ("", None),
    ],
)
def test_a_content_type_names_a_label(content_type: str, label: str | None) -> None:
    assert label_in(content_type) == label


def test_a_binary_file_is_refused() -> None:
    for raw in (b"PK\x03\x04\x00\x00", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)):
        with pytest.raises(ReadError, match="binary"):
            decode(raw)


def test_a_broken_utf16_file_is_refused() -> None:
    with pytest.raises(ReadError, match="utf-16-le"):
        decode(b"\xff\xfe\x00\xd8")


def test_a_nul_in_a_long_text_is_left_out() -> None:
    for text in ("The council ", "Die Brücke über "):
        raw = text.encode() * 3000 + b"\x00met."
        assert decode(raw) == text * 3000 + "met."


@given(
    st.binary(), st.sampled_from([None, "utf-8", "iso-8859-1", "gb2312", "utf-16", "hz", "cp037"])
)
def test_any_bytes_give_text_or_a_read_error(raw: bytes, label: str | None) -> None:
    for read in (decode_text, decode_html, utf8_of):
        try:
            text, *_ = read(raw, label)
        except ReadError:
            continue
        assert "\x00" not in (text if isinstance(text, str) else text.decode())
