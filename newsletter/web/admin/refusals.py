"""
What staff see when an action refuses what they asked for.
"""

from __future__ import annotations

import enum

from newsletter import errors
from newsletter.web.admin.frame.words import StaffWords
from subscribers import errors as people

REFUSALS = (errors.NewsletterError, people.SubscribersError)
_UNKNOWN = (
    errors.NotFound,
    people.UnknownField,
    people.UnknownJob,
    people.UnknownList,
    people.UnknownRequest,
    people.UnknownSegment,
    people.UnknownSubscriber,
    people.UnknownTag,
)


class RefusalKind(enum.Enum):
    """
    Why something was refused, with the status of the answer. UNKNOWN says nothing more: a name in
    the error may be one that the member must not learn.
    """

    UNKNOWN = 404
    FORBIDDEN = 403
    UNAVAILABLE = 503
    REFUSED = 409


def kind_of(error: Exception) -> RefusalKind:
    """
    Return why an action raised *error*, one of `REFUSALS`.
    """
    if isinstance(error, _UNKNOWN):
        return RefusalKind.UNKNOWN
    if isinstance(error, errors.Forbidden):
        return RefusalKind.FORBIDDEN
    if isinstance(error, errors.StoreError):
        return RefusalKind.UNAVAILABLE
    return RefusalKind.REFUSED


def line_of(error: Exception, words: StaffWords) -> str:
    """
    Return what *error* says in the language of the page, as one line that begins with a capital
    letter.
    """
    line = " ".join(words.translate(str(error)).split())
    return line[:1].upper() + line[1:]
