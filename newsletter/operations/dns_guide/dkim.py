"""
Check the public key of a DKIM record (RFC 6376 section 3.6.1): there, not revoked, long enough.
"""

from __future__ import annotations

import base64
import binascii

from newsletter.model.dns_record import OPEN
from newsletter.operations.dns_guide.row import DnsFinding, different, missing, right
from subscribers.text.phrases import phrase

# RFC 8301 section 3.2.
LEAST_BITS, GOOD_BITS = 1024, 2048
_SEQUENCE, _INTEGER, _BIT_STRING = 0x30, 0x02, 0x03
# RFC 8463: an Ed25519 key is its 32 bytes.
_ED25519_BYTES = 32


def compare_key(records: tuple[str, ...], expected: str) -> DnsFinding:
    """
    Compare the TXT records at a selector with the *expected* one, whose `p` may be open.
    """
    keys = [tags for text in records if "p" in (tags := tags_of(text))]
    if not keys:
        return (
            missing(phrase("Add this TXT record."))
            if not records
            else different(phrase("It is no DKIM key."))
        )
    if len(keys) > 1:
        return different(
            phrase(
                "There are {number} keys at this name: leave the current one alone.",
                number=len(keys),
            )
        )
    key, wanted = keys[0], tags_of(expected).get("p", OPEN)
    if key["p"] == "":
        return different(phrase("The key is revoked (p= is empty): publish the current key."))
    if wanted != OPEN and key["p"] != wanted:
        return different(
            phrase("It is another key than the one that signs: publish this record instead.")
        )
    if key.get("k", "rsa") == "ed25519":
        return _compare_ed25519(key["p"])
    bits = rsa_bits(key["p"])
    if bits is None:
        return different(
            phrase("The key cannot be read: copy the record again, without line breaks.")
        )
    if bits < LEAST_BITS:
        return different(
            phrase("The key has {bits} bits, and receivers ignore it: make one of 2048.", bits=bits)
        )
    if bits < GOOD_BITS:
        return right(
            phrase("The key has {bits} bits; change to one of 2048 when you can.", bits=bits)
        )
    return right(phrase("The key is marked as a test (t=y): remove that.") if _is_test(key) else "")


def _compare_ed25519(text: str) -> DnsFinding:
    found = _decoded(text)
    if found is None or len(found) != _ED25519_BYTES:
        return different(
            phrase("The key cannot be read: copy the record again, without line breaks.")
        )
    return right(phrase("Many receivers do not check Ed25519 keys: publish an RSA key too."))


def _is_test(key: dict[str, str]) -> bool:
    return "y" in key.get("t", "").split(":")


def tags_of(text: str) -> dict[str, str]:
    """
    Return the tags of a record such as `v=DKIM1; p=…` (RFC 6376 section 3.2), without spaces in the
    values.
    """
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): "".join(value.split()) for name, mark, value in pairs if mark}


def rsa_bits(text: str) -> int | None:
    """
    Return how many bits the modulus of an RSA key in base64 has, None if it is not one: as
    SubjectPublicKeyInfo, or as RSAPublicKey alone (RFC 6376 erratum 3017).
    """
    der = _decoded(text)
    try:
        outer, _ = _element(der or b"", _SEQUENCE)
        if outer[:1] == bytes([_SEQUENCE]):
            _, rest = _element(outer, _SEQUENCE)
            inner, _ = _element(rest, _BIT_STRING)
            outer, _ = _element(inner[1:], _SEQUENCE)
        modulus, _ = _element(outer, _INTEGER)
    except (ValueError, IndexError):
        return None
    return int.from_bytes(modulus, "big").bit_length() or None


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _element(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """
    Return the content of the first element of *der*, which must have this *tag*, and what follows.

    Raises:
        ValueError: it has another tag, or is cut off.
        IndexError: there is no element.
    """
    if der[0] != tag:
        raise ValueError(tag)
    length, start = der[1], 2
    if length & 0x80:
        start += length & 0x7F
        length = int.from_bytes(der[2:start], "big")
    if len(der) < start + length:
        raise ValueError(length)
    return der[start : start + length], der[start + length :]
