"""
The declaration of a kind of source: how it is opened, and what its location looks like.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from newsletter.errors import InvalidValue
from subscribers.text.phrases import phrase


def has_no_password(location: str) -> None:
    """
    Refuse a URL with a user or password in it, because locations are shown and logged.

    Raises:
        InvalidValue: it has one.
    """
    if "@" in location.partition("://")[2].partition("/")[0]:
        raise InvalidValue(phrase("the address contains a user or password: leave them out"))


def has_web_address(location: str) -> None:
    """
    Refuse a location that is not a web address.

    Raises:
        InvalidValue: it does not start with http:// or https://, or it contains a password.
    """
    has_no_password(location)
    if not location.startswith(("http://", "https://")):
        raise InvalidValue(
            phrase(
                "{location}: the address of this kind starts with http:// or https://",
                location=location,
            )
        )


def is_path(location: str) -> bool:
    """
    Return True if a location is no URL.
    """
    return "://" not in location


def needs_no_key(_location: str) -> str:
    """
    Say that no source of the kind needs a key.
    """
    return ""


@dataclass(frozen=True, kw_only=True)
class SourceKind:
    """
    A kind of source, which an entry point in the group `newsletter.sources` names.

    `opener` is `package.module:function`. It is imported when a source of this kind is first
    opened; the function takes `SourceSettings` and `SourceTools` and returns a `Source`.
    `check_location` raises InvalidValue for a location that does not fit. `reads_server` says if a
    location is a path of the server, which only the command line may set. `is_written_by_staff`:
    what the parser warns of is told, because the staff can fix it. `is_open_to_anybody`: a person
    has to accept each item. `lists_all`: each poll contains every item that exists. `needed_key`
    names the secret without which a source at that location cannot be polled, if there is one.
    """

    opener: str
    check_location: Callable[[str], None] = has_web_address
    reads_server: Callable[[str], bool] = is_path
    is_written_by_staff: bool = False
    is_open_to_anybody: bool = False
    lists_all: bool = False
    needed_key: Callable[[str], str] = needs_no_key
