"""
Read and store what publishing adds to a mailing list.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from newsletter.errors import InvalidValue
from newsletter.model.mail import Sender
from newsletter.scheduling.quiet_hours import parse_quiet
from newsletter.store.issues.list_settings import load_list_settings, set_list_settings
from subscribers.model import OptIn
from subscribers.validation.address import parse_address
from subscribers.validation.text_fields import one_line
from subscribers.validation.timezones import parse_timezone


def parse_opt_in(word: str) -> OptIn:
    """
    Parse how people join a list.

    Raises:
        InvalidValue: the word is neither double nor single.
    """
    if word not in list(OptIn):
        raise InvalidValue(f"opt-in {word!r} is not valid: write double or single")
    return OptIn(word)


def parse_sender(text: str) -> Sender:
    """
    Parse `Name <address>`, or only an address, as a sender.

    Raises:
        InvalidAddress: there is no valid address in it.
        InvalidText: the name is longer than one line.
    """
    name, opened, address = text.strip().removesuffix(">").rpartition("<")
    name = one_line(name.strip(" ").strip('"'), "sender's name")
    return Sender(name, _email(address if opened else text))


def _email(address: str) -> str:
    return parse_address(address).email


def change_list_settings(
    connection: sa.Connection,
    list_id: int,
    *,
    sender: str | None,
    reply_to: str | None,
    needs_approval: bool | None,
    quiet: str | None = None,
    timezone: str | None = None,
) -> None:
    """
    Set what publishing adds to a list; None leaves a value as it is. Empty *quiet* hours remove
    them.

    Raises:
        InvalidAddress, InvalidText: the sender or reply-to is not valid.
        Refused, UnknownTimezone: the quiet hours or the time zone are not valid.
    """
    settings = load_list_settings(connection, list_id)
    if sender is not None:
        settings = replace(settings, sender=parse_sender(sender))
    if reply_to is not None:
        settings = replace(settings, reply_to=_email(reply_to))
    if needs_approval is not None:
        settings = replace(settings, needs_approval=needs_approval)
    if quiet is not None:
        settings = replace(settings, quiet=parse_quiet(quiet) if quiet else None)
    if timezone is not None:
        settings = replace(settings, timezone=parse_timezone(timezone))
    set_list_settings(connection, list_id, settings)
