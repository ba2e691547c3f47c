"""
Sign messages for their sender's domain with an RSA key (DKIM, RFC 6376). Needs the extra `dkim`; it
is needed only for an SMTP server that does not sign itself.

Ed25519 (RFC 8463) is not supported, because large receivers do not check it. The body is signed
unchanged (`simple`), because we send exactly the bytes that we sign; headers are signed `relaxed`,
because servers may fold them again.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from newsletter.errors import SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# The headers to sign if present: RFC 6376 section 5.4.1, and both headers of one-click unsubscribe
# (RFC 8058 section 4).
_SIGNED = (
    "from",
    "to",
    "reply-to",
    "subject",
    "message-id",
    "date",
    "mime-version",
    "content-type",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
)
_SPACES = re.compile(rb"[ \t]+")
_FOLD = re.compile(rb"\r\n(?=[ \t])")
_LINE = 72
# RFC 8301 section 3.2: verifiers refuse shorter keys.
_FEWEST_BITS = 1024


@dataclass(frozen=True)
class DkimKey:
    """
    The key published at `selector._domainkey.DOMAIN`; `sign` signs with it (RSA, SHA-256).
    """

    selector: str
    sign: Callable[[bytes], bytes]

    def sign_message(self, header_block: bytes, body: bytes, *, domain: str) -> bytes:
        """
        Return the DKIM-Signature header to put before *header_block*.

        The lines of *header_block* and *body* end with CRLF.
        """
        headers = _relaxed(header_block)
        names = [name for name in _SIGNED if name in headers]
        # Listed once more than it occurs, so that an added From is detected (section 8.15).
        listed = ":".join([*names, "from"])
        digest = base64.b64encode(hashlib.sha256(_simple(body)).digest()).decode("ascii")
        start = (
            f"v=1; a=rsa-sha256; c=relaxed/simple; d={domain}; s={self.selector};\r\n"
            f" h={_folded(listed, ':')};\r\n bh={digest};\r\n b="
        ).encode("ascii")
        unsigned = b"dkim-signature:" + _relaxed_value(start)
        signature = self.sign(b"".join([*(headers[name] for name in names), unsigned]))
        encoded = base64.b64encode(signature).decode("ascii")
        lines = [encoded[at : at + _LINE] for at in range(0, len(encoded), _LINE)]
        return b"DKIM-Signature: " + start + "\r\n ".join(lines).encode("ascii") + b"\r\n"


def read_key(pem: str, *, selector: str, place: str) -> DkimKey:
    """
    Read the private key in *pem*; *place* is its setting, for messages.

    Raises:
        SettingsError: it is not an RSA key, is too short, or the extra is not installed.
    """
    key = _private_key(pem, place)
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    sha256 = hashes.SHA256()
    return DkimKey(selector, lambda data: key.sign(data, padding.PKCS1v15(), sha256))


def public_key_of(pem: str, *, place: str) -> str:
    """
    Return the public key of the private key in *pem* as the tag `p` of its record has it.

    Raises:
        SettingsError: it is not an RSA key, is too short, or the extra is not installed.
    """
    key = _private_key(pem, place)
    from cryptography.hazmat.primitives import serialization

    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode("ascii")


def _private_key(pem: str, place: str) -> RSAPrivateKey:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa
    except ImportError as error:
        raise SettingsError(f"{place} needs an extra: pip install 'newsletter[dkim]'") from error
    try:
        key = serialization.load_pem_private_key(pem.encode("utf-8"), password=None)
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{place} is not a PEM private key without a password") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _FEWEST_BITS:
        raise SettingsError(f"{place} must be an RSA key of 2048 bits: create one")
    return key


def _relaxed(header_block: bytes) -> dict[str, bytes]:
    """
    Return each header of *header_block* by name, in relaxed form (RFC 6376 section 3.4.2).

    No signed header occurs twice.
    """
    found: dict[str, bytes] = {}
    for line in _FOLD.sub(b"", header_block).split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            lower = name.strip().lower()
            found[lower.decode("ascii")] = lower + b":" + _relaxed_value(value) + b"\r\n"
    return found


def _relaxed_value(value: bytes) -> bytes:
    return _SPACES.sub(b" ", _FOLD.sub(b"", value)).strip()


def _simple(body: bytes) -> bytes:
    """
    Return *body* with exactly one CRLF at its end (RFC 6376 section 3.4.3).
    """
    return body.rstrip(b"\r\n") + b"\r\n"


def _folded(text: str, separator: str) -> str:
    """
    Fold *text* to lines of fewer than 76 characters, broken after a *separator*.
    """
    lines = [""]
    for piece in text.split(separator):
        if len(lines[-1]) + len(piece) > 60:
            lines.append("")
        lines[-1] += piece + separator
    return "\r\n  ".join(lines)[: -len(separator)]
