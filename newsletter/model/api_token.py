"""
The tokens of the API, and the text that a program sends: `nl_NUMBER_SECRET`.

The secret is 256 random bits in 43 letters and digits; six more are a CRC-32 of everything before
them, by which a scanner tells a leaked token from any other text, and we refuse a mistyped one
without asking the database.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import zlib
from dataclasses import dataclass

from newsletter.model.access import Permission

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECRET_BYTES = 32
_SECRET_LETTERS = 43  # 62**43 > 2**256
_CHECKSUM_LETTERS = 6  # 62**6 > 2**32
_FORM = re.compile(
    rb"nl_(?P<number>[1-9][0-9]{0,17})_[0-9A-Za-z]{%d}" % (_SECRET_LETTERS + _CHECKSUM_LETTERS)
)


@dataclass(frozen=True, kw_only=True)
class ApiToken:
    """
    A token of the API. `lists` holds the slugs of the lists it is limited to, or is None.
    `staff_id` is the account of its maker, or None if a command on the machine made it.
    """

    id: int
    name: str
    scopes: frozenset[Permission]
    lists: frozenset[str] | None
    staff_id: int | None
    created_by: str
    created_at: dt.datetime
    expires_at: dt.datetime | None = None
    last_used_at: dt.datetime | None = None
    revoked_at: dt.datetime | None = None

    def is_valid(self, now: dt.datetime) -> bool:
        """
        Return True if it was not revoked and has not expired.
        """
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


def token_text(number: int, secret: bytes) -> str:
    """
    Return the text of the token with that number, made of 32 random bytes.
    """
    if len(secret) != SECRET_BYTES:
        raise ValueError("the secret of a token has 32 bytes")
    start = f"nl_{number}_{_base62(int.from_bytes(secret), _SECRET_LETTERS)}"
    return start + _checksum(start.encode())


def number_in(text: bytes) -> int | None:
    """
    Return the number in the text of a token; None if it does not have the form of one.
    """
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    start, checksum = text[:-_CHECKSUM_LETTERS], text[-_CHECKSUM_LETTERS:]
    return int(found["number"]) if _checksum(start).encode() == checksum else None


def hash_of(text: bytes) -> bytes:
    """
    Return what is stored of a token.
    """
    return hashlib.sha256(text).digest()


def _checksum(start: bytes) -> str:
    return _base62(zlib.crc32(start), _CHECKSUM_LETTERS)


def _base62(number: int, letters: int) -> str:
    text = ""
    for _ in range(letters):
        number, digit = divmod(number, len(_DIGITS))
        text = _DIGITS[digit] + text
    return text
