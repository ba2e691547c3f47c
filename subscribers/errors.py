"""
The errors of this package.

    SubscribersError            the message is one line for a person: what, where, what to do
    ├── UnknownList             no list of that slug; the message names the nearest
    ├── UnknownSubscriber       nobody of that address or number
    ├── InvalidAddress          not an address that can be mailed
    ├── InvalidText             not a valid name, subject or language
    ├── InvalidSlug             not a valid slug for a list
    ├── UnknownTimezone         no time zone of that name; the message names the nearest
    ├── ListExists              the slug is taken
    ├── ImportRefused           the file as a whole; nothing was imported
    └── BadToken                the token of a link was not signed here, or for another purpose
"""

from __future__ import annotations


class SubscribersError(Exception):
    """
    The root. `str(error)` is one line for a person.
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
    A text that is not a valid address; the message says why.
    """


class InvalidText(SubscribersError):
    """
    A text of more than one line, or one that is not valid for its field.
    """


class InvalidSlug(SubscribersError):
    """
    A text that cannot be a list's slug, which is part of URLs.
    """


class UnknownTimezone(SubscribersError):
    """
    No time zone of that name in the IANA database.
    """


class ListExists(SubscribersError):
    """
    There is a list of that slug already.
    """


class ImportRefused(SubscribersError):
    """
    A file that cannot be imported as a whole.
    """


class BadToken(SubscribersError):
    """
    A token that is damaged, forged, or signed for another purpose.
    """
