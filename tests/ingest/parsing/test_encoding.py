"""
Bytes are decoded, or refused in one line.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import ReadError
from newsletter.ingest.parsing.formats.encoding import decode


@pytest.mark.parametrize(
    "raw",
    [
        "Ö “a”".encode(),
        "\ufeffÖ “a”".encode(),
        "\ufeffÖ “a”".encode("utf-16-le"),
        "\ufeffÖ “a”".encode("utf-16-be"),
        "Ö “a”".encode("cp1252"),
    ],
)
def test_a_text_is_the_same_in_each_encoding(raw: bytes) -> None:
    assert decode(raw) == "Ö “a”"


def test_a_binary_file_is_refused() -> None:
    with pytest.raises(ReadError, match="binary"):
        decode(b"PK\x03\x04\x00\x00")


def test_a_broken_utf16_file_is_refused() -> None:
    with pytest.raises(ReadError, match="utf-16-le"):
        decode(b"\xff\xfe\x00\xd8")


@given(st.binary())
def test_any_bytes_give_text_or_a_read_error(raw: bytes) -> None:
    try:
        text = decode(raw)
    except ReadError:
        text = ""
    assert "\x00" not in text
