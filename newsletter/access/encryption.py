"""
Encrypt short secrets before they are stored or sent out, with keys made from the secrets of the
installation, which are not in the database.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets

from subscribers.tokens import KeyRing

_NONCE_BYTES = 12
_MOST_LETTERS = 4096


class TextCipher:
    """
    Encrypts and decrypts texts, each for one purpose, with AES-256 in Galois/Counter Mode.
    """

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    def encrypt(self, text: str, purpose: str) -> str:
        """
        Return *text* encrypted, in letters that are safe in a URL, a cookie and a form.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_BYTES)
        encrypted = AESGCM(self._secrets()[0]).encrypt(nonce, text.encode(), purpose.encode())
        return base64.urlsafe_b64encode(nonce + encrypted).decode().rstrip("=")

    def decrypt(self, text: str, purpose: str) -> str | None:
        """
        Return what was encrypted for *purpose*; None if *text* was not made here for that.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        raw = _decoded(text)
        if raw is None:
            return None
        nonce, encrypted = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        for key in self._secrets():
            try:
                return AESGCM(key).decrypt(nonce, encrypted, purpose.encode()).decode()
            except InvalidTag:
                continue
        return None

    def _secrets(self) -> list[bytes]:
        """
        Return the keys, the current one first.
        """
        return [
            hashlib.sha256(f"{first}{second}".encode()).digest()
            for first, second in zip(
                self._keys.words("seal\0first"), self._keys.words("seal\0second"), strict=True
            )
        ]


def _decoded(text: str) -> bytes | None:
    if len(text) > _MOST_LETTERS or not text.isascii():
        return None
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    # The last letter holds bits that no byte needs; only one spelling is accepted.
    is_exact = base64.urlsafe_b64encode(raw).decode().rstrip("=") == text
    return raw if is_exact and len(raw) > _NONCE_BYTES else None
