"""
Declare the built-in kinds of source. `pyproject.toml` names each as an entry point.
"""

from __future__ import annotations

from newsletter.errors import InvalidValue, SourceError
from newsletter.ingest.sources.imap.location import is_imap, read_location
from newsletter.model.source_kind import SourceKind, has_no_password, has_web_address
from newsletter.settings.plugins import SOURCES, declared, load
from subscribers.text.phrases import phrase

_OPENERS = "newsletter.ingest.sources.openers"


def _is_path(location: str) -> None:
    """
    Accept a path. Whether the folder exists is checked by the action, which knows where it starts.
    """
    has_no_password(location)


def _is_mailbox(location: str) -> None:
    if not is_imap(location):
        has_no_password(location)
        return
    try:
        read_location(location)
    except SourceError as error:
        raise InvalidValue(str(error)) from error


def _key_of_ghost(_location: str) -> str:
    return "Content API key"


def _key_of_mailbox(location: str) -> str:
    return "password" if is_imap(location) else ""


FOLDER = SourceKind(
    opener=f"{_OPENERS}:open_folder",
    check_location=_is_path,
    reads_server=lambda location: True,
    is_written_by_staff=True,
    lists_all=True,
)
FEED = SourceKind(opener=f"{_OPENERS}:open_feed", check_location=has_web_address)
WORDPRESS = SourceKind(opener=f"{_OPENERS}:open_wordpress", check_location=has_web_address)
GHOST = SourceKind(
    opener=f"{_OPENERS}:open_ghost", check_location=has_web_address, needed_key=_key_of_ghost
)
PAGE = SourceKind(opener=f"{_OPENERS}:open_page", check_location=has_web_address)
MAILBOX = SourceKind(
    opener=f"{_OPENERS}:open_mailbox",
    check_location=_is_mailbox,
    reads_server=lambda location: not is_imap(location),
    is_open_to_anybody=True,
    needed_key=_key_of_mailbox,
)


def source_kind(name: str) -> SourceKind:
    """
    Return the declaration of a kind of source.

    Raises:
        SettingsError: no installed package provides it, or it cannot be loaded.
    """
    kind: SourceKind = load(SOURCES, name, SourceKind)
    return kind


def check_kind(name: str) -> None:
    """
    Check that there is such a kind of source.

    Raises:
        InvalidValue: no installed package provides it.
    """
    if name not in declared(SOURCES):
        raise InvalidValue(
            phrase(
                "{name!r} is not a kind of source: write one of {kinds}",
                name=name,
                kinds=", ".join(declared(SOURCES)),
            )
        )
