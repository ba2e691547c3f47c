"""
Everything the people side refuses, drawn once.

    SubscribersError            one line for a person: what, where, what to do
    ├── UnknownList             no list of that slug; the line names the nearest
    ├── UnknownSubscriber       nobody of that address or number
    ├── InvalidAddress          no address that can be mailed
    ├── InvalidLine             no name, subject or language that can be kept
    ├── InvalidSlug             no name a list can have
    ├── UnknownTimezone         no time zone of that name; the line names the nearest
    ├── ListExists              the slug is taken
    ├── ImportRefused           a file as a whole; nothing of it was written
    └── BadToken                a link's token that was not signed here, or for something else
"""

from __future__ import annotations


class SubscribersError(Exception):
    """
    The root. `str(error)` is the one line a person reads.
    """


class UnknownList(SubscribersError):
    """
    No mailing list of that slug.
    """


class UnknownSubscriber(SubscribersError):
    """
    Nobody of that address, or no subscription of that number.
    """


class InvalidAddress(SubscribersError):
    """
    A text that is not an address mail can be sent to; the line says what is wrong with it.
    """


class InvalidLine(SubscribersError):
    """
    A text that cannot stand in one line, or is not what it should be.
    """


class InvalidSlug(SubscribersError):
    """
    A text that cannot name a list in an address of a page.
    """


class UnknownTimezone(SubscribersError):
    """
    No time zone of that name in the IANA database.
    """


class ListExists(SubscribersError):
    """
    A list of that slug is there already.
    """


class ImportRefused(SubscribersError):
    """
    A file that cannot be imported as a whole.
    """


class BadToken(SubscribersError):
    """
    A token that is damaged, forged, or signed for another purpose.
    """
