"""
Signs messages for their sender's domain with an RSA key (DKIM, RFC 6376). Needs the extra `dkim`;
only an SMTP server that does not sign itself makes this necessary. (Ed25519, RFC 8463, is left out:
large receivers do not look at it.)

The body goes as it is (`simple`), for we send what we sign to the byte; headers, which servers fold
anew, go `relaxed`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from newsletter.errors import SettingsError

# What is signed where it is there: RFC 6376 section 5.4.1, and one-click unsubscribing (RFC 8058
# section 4 wants both signed).
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
# RFC 8301 section 3.2: verifiers refuse less.
_FEWEST_BITS = 1024


@dataclass(frozen=True)
class DkimKey:
    """
    The key published at `selector._domainkey.DOMAIN`; `sign` signs with it (RSA, SHA-256).
    """

    selector: str
    sign: Callable[[bytes], bytes]

    def signature(self, head: bytes, body: bytes, *, domain: str) -> bytes:
        """
        The header to stand before *head*, whose lines and those of *body* end with CRLF.
        """
        headers = _relaxed(head)
        names = [name for name in _SIGNED if name in headers]
        # Named once more than it is there, a From that is added ends the signature (section 8.15).
        listed = ":".join([*names, "from"])
        digest = base64.b64encode(hashlib.sha256(_simple(body)).digest()).decode("ascii")
        start = (
            f"v=1; a=rsa-sha256; c=relaxed/simple; d={domain}; s={self.selector};\r\n"
            f" h={_folded(listed, ':')};\r\n bh={digest};\r\n b="
        ).encode("ascii")
        own = b"dkim-signature:" + _relaxed_value(start)
        made = self.sign(b"".join([*(headers[name] for name in names), own]))
        in_64 = base64.b64encode(made).decode("ascii")
        lines = [in_64[at : at + _LINE] for at in range(0, len(in_64), _LINE)]
        return b"DKIM-Signature: " + start + "\r\n ".join(lines).encode("ascii") + b"\r\n"


def read_key(pem: str, *, selector: str, place: str) -> DkimKey:
    """
    The private key in *pem*; *place* is where it was named, for people.

    Raises:
        SettingsError: it is none, of another kind, too short, or the extra is not installed.
    """
    try:
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
    except ImportError as error:
        raise SettingsError(f"{place} needs more: pip install 'newsletter[dkim]'") from error
    try:
        key = serialization.load_pem_private_key(pem.encode("utf-8"), password=None)
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{place} is no private key in PEM without a password") from error
    if not isinstance(key, rsa.RSAPrivateKey) or key.key_size < _FEWEST_BITS:
        raise SettingsError(f"{place} must be an RSA key of 2048 bits: make one")
    own, sha256 = key, hashes.SHA256()
    return DkimKey(selector, lambda data: own.sign(data, padding.PKCS1v15(), sha256))


def _relaxed(head: bytes) -> dict[str, bytes]:
    """
    Each header of *head* by its name, in the form that is signed (RFC 6376 section 3.4.2). None of
    those that are signed stands there twice.
    """
    found: dict[str, bytes] = {}
    for line in _FOLD.sub(b"", head).split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            lower = name.strip().lower()
            found[lower.decode("ascii")] = lower + b":" + _relaxed_value(value) + b"\r\n"
    return found


def _relaxed_value(value: bytes) -> bytes:
    return _SPACES.sub(b" ", _FOLD.sub(b"", value)).strip()


def _simple(body: bytes) -> bytes:
    """
    *body* with exactly one line's end at its end (RFC 6376 section 3.4.3).
    """
    return body.rstrip(b"\r\n") + b"\r\n"


def _folded(text: str, separator: str) -> str:
    """
    *text* on lines of fewer than 76 characters, broken after a *separator*.
    """
    lines = [""]
    for piece in text.split(separator):
        if len(lines[-1]) + len(piece) > 60:
            lines.append("")
        lines[-1] += piece + separator
    return "\r\n  ".join(lines)[: -len(separator)]
