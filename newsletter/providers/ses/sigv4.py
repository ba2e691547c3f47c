"""
Sign requests to Amazon with Signature Version 4
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). Pure.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """
    An access key; `session_token` comes with temporary ones.
    """

    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def signed_headers(
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    credentials: Credentials,
    region: str,
    service: str,
    now: dt.datetime,
    method: str = "POST",
) -> dict[str, str]:
    """
    Return *headers* plus those that sign a request of *content* to *url*, which has no query.

    Amazon accepts a signature whose *now* is within five minutes of its own time.
    """
    stamp = now.astimezone(dt.UTC).strftime("%Y%m%dT%H%M%SZ")
    signed = {**headers, "Host": urlsplit(url).netloc, "X-Amz-Date": stamp}
    if credentials.session_token:
        signed["X-Amz-Security-Token"] = credentials.session_token
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    names, request = _canonical(method, url, content, signed)
    to_sign = "\n".join([_ALGORITHM, stamp, scope, hashlib.sha256(request).hexdigest()])
    key = f"AWS4{credentials.secret_access_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    signed["Authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key_id}/{scope}, "
        f"SignedHeaders={names}, Signature={_hmac(key, to_sign).hex()}"
    )
    return signed


def _canonical(
    method: str, url: str, content: bytes, headers: Mapping[str, str]
) -> tuple[str, bytes]:
    """
    Return the names of all *headers*, and the request in the canonical form that is hashed.
    """
    pairs = sorted((name.lower(), " ".join(value.split())) for name, value in headers.items())
    names = ";".join(name for name, _ in pairs)
    path = quote(urlsplit(url).path or "/", safe="/-_.~")
    canonical_headers = "".join(f"{name}:{value}\n" for name, value in pairs)
    body = hashlib.sha256(content).hexdigest()
    return names, "\n".join([method, path, "", canonical_headers, names, body]).encode()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
