"""
Sign the numbers in links, and compute the hashes by which erased addresses are recognised.

A token is one letter that identifies the secret, the number, and 128 bits of HMAC-SHA256 over
purpose and number. Nothing is stored; a token does not expire and is valid only for its purpose.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence

from subscribers.errors import BadToken
from subscribers.text.phrases import phrase

FINGERPRINT_PREFIX = "@"
"""
The first character of the hash of an erased address. No address starts with it, so that hashes can
be stored in the column of addresses.
"""

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_MAC_BYTES = 16
_MAC_LETTERS = 22
_FILLED_LETTERS = 24
_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_MAX_LETTERS = 11  # a 64-bit number
_MIN_SECRET = 16


def new_secret() -> str:
    """
    Return a new secret for signing links: 256 random bits, as text.
    """
    return secrets.token_urlsafe(32)


class KeyRing:
    """
    The secret of a site and its former ones, whose tokens are still valid.
    """

    def __init__(self, secret: bytes, former: Sequence[bytes] = ()) -> None:
        self._secrets = (secret, *former)
        if any(len(each) < _MIN_SECRET for each in self._secrets):
            raise ValueError(f"the secret must be at least {_MIN_SECRET} bytes long")
        self._hmacs = tuple(Hmac(key) for key in self._secrets)
        self._key_letters = tuple(_key_letter(key) for key in self._secrets)

    def sign(self, purpose: str, number: int) -> str:
        """
        Return the token of *number* for *purpose*: 24 to 34 letters, digits, `-` and `_`.
        """
        return self.sign_all(purpose, [number])[0]

    def sign_all(self, purpose: str, numbers: Sequence[int]) -> list[str]:
        """
        Return the token of each of *numbers*, in order. Signing a thousand in one call takes half
        as long as one at a time.
        """
        letter = self._key_letters[0]
        macs = _macs(self._hmacs[0], purpose, numbers)
        return [f"{letter}{_encode(n)}{mac}" for n, mac in zip(numbers, macs, strict=True)]

    def read(self, purpose: str, token: str) -> int:
        """
        Return the number in *token*.

        Raises:
            BadToken: the token was not made by `sign` for this purpose.
        """
        letter, digits, mac = token[:1], token[1:-_MAC_LETTERS], token[-_MAC_LETTERS:]
        number = _decode(digits)
        for key, key_letter in zip(self._hmacs, self._key_letters, strict=True):
            # As bytes: compare_digest raises TypeError on text outside ASCII.
            given = mac.encode("utf-8", "surrogatepass")
            expected = _macs(key, purpose, [number])[0].encode()
            if hmac.compare_digest(given, expected) and letter == key_letter:
                return number
        raise BadToken(
            phrase("this link is damaged or was not made here: open it from the email again")
        )

    def words(self, purpose: str) -> tuple[str, ...]:
        """
        Return the secret words for *purpose*, each of 22 letters, digits, `-` and `_`: first that
        of the current secret, then those of the former ones.
        """
        return tuple(_word(key, purpose) for key in self._secrets)

    def fingerprint(self, email_key: str) -> str:
        """
        Return the keyed hash of an address, made with the current secret.
        """
        return _fingerprint(self._secrets[0], email_key)

    def fingerprints(self, email_key: str) -> tuple[str, ...]:
        """
        Return the keyed hashes under which an erased address may be stored: first that of the
        current secret, then those of the former ones.
        """
        return tuple(_fingerprint(key, email_key) for key in self._secrets)


def _key_letter(key: bytes) -> str:
    """
    Return the letter that identifies the key. Two keys may share it; the HMAC decides.
    """
    return _ALPHABET[hmac.digest(key, b"mark", "sha256")[0] & 63]


class Hmac:
    """
    HMAC-SHA256 of many texts under one key.

    The key's two blocks are hashed once (RFC 2104, section 4). That takes a third of the time of
    `hmac.digest`, which matters because every reader's links need one.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) > _BLOCK:
            key = hashlib.sha256(key).digest()
        padded = key.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(padded.translate(_INNER))
        self._outer = hashlib.sha256(padded.translate(_OUTER))

    def digests(self, start: bytes, ends: Iterable[bytes]) -> list[bytes]:
        """
        Return the 32 bytes for *start* followed by each of *ends*.
        """
        started, digests = self._inner.copy(), []
        started.update(start)
        for end in ends:
            inner, outer = started.copy(), self._outer.copy()
            inner.update(end)
            outer.update(inner.digest())
            digests.append(outer.digest())
        return digests


def _macs(key: Hmac, purpose: str, numbers: Iterable[int]) -> list[str]:
    return _letters(key.digests(f"token\0{purpose}\0".encode(), [b"%d" % n for n in numbers]))


def _letters(macs: Iterable[bytes]) -> list[str]:
    """
    Return the first 128 bits of each in URL-safe base64 without padding.
    """
    # When each is padded to 18 bytes, it becomes 24 letters, so one call can encode all of them.
    filled = b"".join([mac[:_MAC_BYTES] + b"\0\0" for mac in macs])
    letters = binascii.b2a_base64(filled, newline=False).translate(_URL_SAFE).decode("ascii")
    return [letters[at : at + _MAC_LETTERS] for at in range(0, len(letters), _FILLED_LETTERS)]


def _word(key: bytes, purpose: str) -> str:
    return _letters([hmac.digest(key, f"word\0{purpose}".encode(), "sha256")])[0]


def _fingerprint(key: bytes, email_key: str) -> str:
    return FINGERPRINT_PREFIX + hmac.digest(key, b"address\0" + email_key.encode(), "sha256").hex()


def _encode(number: int) -> str:
    if not 0 <= number < 1 << 63:
        raise ValueError("only numbers from 0 to 2**63 - 1 can be signed")
    letters = ""
    while number >= len(_PAIRS):
        letters = _PAIRS[number & 4095] + letters
        number >>= 12
    return (_PAIRS[number] if number >= len(_ALPHABET) else _ALPHABET[number]) + letters


def _decode(letters: str) -> int:
    """
    Return the number that `_encode` writes as *letters*.
    """
    number = 0
    for letter in letters[: _MAX_LETTERS + 1]:
        number = number * 64 + _VALUES.get(letter, 1 << 63)
    if number >= 1 << 63 or _encode(number) != letters:
        raise BadToken(phrase("this link is damaged or incomplete: open it from the email again"))
    return number
