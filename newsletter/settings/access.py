"""
`[audit]`: how long the audit trail is kept; `[api]`: how often programs may call the API, and from
which web pages.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from newsletter.settings.sections import Section


class AuditSettings(Section):
    """
    The audit trail of what staff and programs did.
    """

    keep_days: int = Field(default=730, ge=0)
    """How many days entries are kept; 0 for ever."""


def _is_origin(value: str) -> str:
    parts = urlsplit(value)
    is_plain = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc
    if not is_plain or value != f"{parts.scheme}://{parts.netloc}" or value != value.lower():
        raise ValueError(f"{value!r} is not an origin: write one such as https://www.example.org")
    return value


class ApiSettings(Section):
    """
    The limits of each token in each process of `newsletter serve`, and the web pages that may use
    the API.
    """

    reads_per_minute: int = Field(default=6_000, ge=0)
    """How many requests that read a token may make in a minute; 0 for no limit."""
    writes_per_minute: int = Field(default=3_000, ge=0)
    """How many requests that change something it may make in a minute; 0 for no limit."""
    bulk_per_minute: int = Field(default=120, ge=0)
    """How many requests about many people it may make in a minute; 0 for no limit."""
    origins: tuple[Annotated[str, AfterValidator(_is_origin)], ...] = ()
    """
    The origins of web pages whose scripts may use the API, such as `["https://www.example.org"]`;
    none by default.
    """
