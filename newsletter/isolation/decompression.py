"""
Decompress a body as it comes in, within limits: a small gzip file can hold gigabytes. Only
`fetcher` uses it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from newsletter.errors import FetchError
from subscribers.text.phrases import phrase

# How much is unpacked between two checks of the limits. The ratio is checked only above this size,
# because a short body (a list of empty tags) can be compressed even more.
STEP = 64 * 1024
_GZIP_START = b"\x1f"
_AUTO = zlib.MAX_WBITS | 32


class DecompressedBody:
    """
    The unpacked bytes of one response. *max_bytes* limits the size before and after unpacking,
    *max_ratio* the ratio of the two.
    """

    def __init__(self, *, coding: str, host: str, max_bytes: int, max_ratio: int) -> None:
        if coding not in ("", "identity", "gzip", "x-gzip", "deflate"):
            raise FetchError(
                phrase(
                    "{host} sent the content encoding {coding!r}, which was not requested",
                    host=host,
                    coding=coding[:40],
                )
            )
        self._is_packed = coding not in ("", "identity")
        self._is_deflate = coding == "deflate"
        self._host = host
        self._max_bytes = max_bytes
        self._max_ratio = max_ratio
        self._taken = 0
        self._out = bytearray()
        self._unpacker = zlib.decompressobj(_AUTO)

    def read(self, chunks: Iterable[bytes]) -> bytes:
        """
        Decompress all of *chunks*.

        Raises:
            FetchError: a limit is exceeded or the data is not valid.
        """
        try:
            for chunk in chunks:
                self._take(chunk)
        except zlib.error as error:
            raise FetchError(
                phrase("{host} sent a body that cannot be unpacked: try later", host=self._host)
            ) from error
        if self._is_packed and self._taken and not self._unpacker.eof:
            raise FetchError(
                phrase("{host} sent an incomplete response: try later", host=self._host)
            )
        return bytes(self._out)

    def _take(self, chunk: bytes) -> None:
        self._taken += len(chunk)
        if self._taken > self._max_bytes:
            raise self._too_large()
        if not self._is_packed:
            self._out += chunk
            return
        if self._is_deflate and self._taken == len(chunk) and not _is_zlib(chunk):
            self._unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
        self._unpack(chunk)

    def _unpack(self, packed: bytes) -> None:
        while True:
            if self._unpacker.eof:
                # RFC 1952 section 2.2: a gzip file is a series of members. Anything else after
                # the last one is padding.
                if not packed.startswith(_GZIP_START):
                    return
                self._unpacker = zlib.decompressobj(_AUTO)
            piece = self._unpacker.decompress(packed, STEP)
            self._out += piece
            self._check()
            packed = self._unpacker.unconsumed_tail or self._unpacker.unused_data
            if not packed and len(piece) < STEP:
                return

    def _check(self) -> None:
        size = len(self._out)
        if size > self._max_bytes:
            raise self._too_large()
        if size > STEP and size > self._max_ratio * self._taken:
            raise FetchError(
                phrase(
                    "{host} sent a body that unpacks to more than {limit} times its size: "
                    "ask the site's owner to fix it",
                    host=self._host,
                    limit=self._max_ratio,
                )
            )

    def _too_large(self) -> FetchError:
        return FetchError(
            phrase(
                "{host} sent more than {limit:,} bytes: use an address with fewer "
                "items, or raise [limits] fetch_max_bytes",
                host=self._host,
                limit=self._max_bytes,
            )
        )


def _is_zlib(start: bytes) -> bool:
    """
    Return True if *start* is the start of the zlib format, by the check in RFC 1950 section 2.2.
    `deflate` means this format (RFC 9110 section 8.4.1.2), but some servers send the bare stream.
    """
    return start[0] & 0x0F == 8 and (len(start) == 1 or int.from_bytes(start[:2]) % 31 == 0)
