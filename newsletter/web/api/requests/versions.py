"""
The versions of objects: strong ETags, and the conditions that name them (RFC 9110 section 13).
"""

from __future__ import annotations

import hashlib
import re

_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"')


def etag_of(body: bytes) -> str:
    """
    Return the strong ETag of a representation.
    """
    return f'"{hashlib.blake2b(body, digest_size=16).hexdigest()}"'


def matches_strongly(condition: str, etag: str) -> bool:
    """
    Return True if an If-Match allows a change of what has that ETag. A weak one never does.
    """
    return condition.strip() == "*" or etag in _ETAG.findall(condition)


def matches_weakly(condition: str, etag: str) -> bool:
    """
    Return True if an If-None-Match names that ETag, so that the client has it already.
    """
    found = (each.removeprefix("W/") for each in _ETAG.findall(condition))
    return condition.strip() == "*" or etag in found
