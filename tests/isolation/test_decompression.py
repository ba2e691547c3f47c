"""
Unpacking compressed bodies, and stopping bombs.
"""

from __future__ import annotations

import gzip
import os
import tracemalloc
import zlib

import pytest

from newsletter.errors import FetchError
from newsletter.isolation.decompression import DecompressedBody

TEXT = b"<rss>" + os.urandom(90_000).hex().encode() + b"</rss>"
BARE = zlib.compressobj(wbits=-15)


def unpacked(*chunks: bytes, coding: str = "gzip", max_bytes: int = 1_000_000) -> bytes:
    body = DecompressedBody(coding=coding, host="h.example", max_bytes=max_bytes, max_ratio=100)
    return body.read(chunks)


def pieces(whole: bytes, size: int) -> list[bytes]:
    return [whole[at : at + size] for at in range(0, len(whole), size)]


@pytest.mark.parametrize("size", [1, 7, 1000, 10**6])
@pytest.mark.parametrize(
    ("coding", "packed"),
    [
        ("gzip", gzip.compress(TEXT)),
        ("x-gzip", gzip.compress(TEXT[:99]) + gzip.compress(TEXT[99:]) + b"\x00" * 20),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", BARE.compress(TEXT) + BARE.flush()),
        ("identity", TEXT),
        ("", TEXT),
    ],
)
def test_a_body_is_unpacked_however_it_is_cut(coding: str, packed: bytes, size: int) -> None:
    assert unpacked(*pieces(packed, size), coding=coding) == TEXT


def test_a_gzip_bomb_is_stopped_before_it_fills_the_memory() -> None:
    bomb = gzip.compress(b"\x00" * 200_000_000, compresslevel=9)
    tracemalloc.start()
    with pytest.raises(FetchError, match=r"^h\.example .* unpacks to more than 100 times its size"):
        unpacked(bomb, max_bytes=500_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000_000


@pytest.mark.parametrize("coding", ["gzip", "identity"])
def test_a_body_larger_than_the_limit_is_refused(coding: str) -> None:
    sent = gzip.compress(TEXT) if coding == "gzip" else TEXT
    with pytest.raises(FetchError, match=r"more than 100,000 bytes: .*fetch_max_bytes"):
        unpacked(*pieces(sent, 4096), coding=coding, max_bytes=100_000)


@pytest.mark.parametrize(
    ("packed", "line"),
    [
        (gzip.compress(TEXT)[:-500], "h.example sent an incomplete response: try later"),
        (b"plain text", "h.example sent a body that cannot be unpacked: try later"),
    ],
)
def test_a_packed_body_that_is_broken_is_refused(packed: bytes, line: str) -> None:
    with pytest.raises(FetchError) as caught:
        unpacked(packed)
    assert str(caught.value) == line


def test_a_content_encoding_that_was_not_requested_is_refused() -> None:
    with pytest.raises(FetchError, match="the content encoding 'br', which was not requested"):
        unpacked(b"x", coding="br")
