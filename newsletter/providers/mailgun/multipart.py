"""
Encode a form as `multipart/form-data` (RFC 7578), for providers that do not accept JSON.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def encode_form(fields: Sequence[tuple[str, str]]) -> tuple[bytes, str]:
    """
    Return the body with *fields* in order, and its Content-Type.

    The same fields give the same bytes.

    Raises:
        UnicodeEncodeError: a value contains a lone surrogate, which UTF-8 cannot encode.
    """
    written = [(_escape_name(name), value.encode()) for name, value in fields]
    # A hash of the content, so that the boundary cannot occur in the content.
    digest = hashlib.sha256(b"\n".join(value for _, value in written)).hexdigest()
    boundary = f"form-{digest[:40]}"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + value
        for name, value in written
    ]
    body = b"\r\n".join([*parts, f"--{boundary}--\r\n".encode()])
    return body, f"multipart/form-data; boundary={boundary}"


def _escape_name(name: str) -> str:
    """
    Escape a field name as browsers do (RFC 7578 section 2).
    """
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")
