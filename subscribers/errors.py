"""
The errors of this package.

    SubscribersError            the message is one line for a person: what, where, what to do
    ├── UnknownList             no list has that slug; the message names the nearest
    ├── UnknownSubscriber       no person has that address or number
    ├── SubscriberExists        somebody has that address already
    ├── InvalidAddress          not an address that can be mailed
    ├── InvalidText             not a valid name, subject or language
    │   └── InvalidFieldValues  not the values of declared fields; it has a sentence for each
    ├── InvalidSlug             not a valid slug for a list
    ├── UnknownTimezone         no time zone has that name; the message names the nearest
    ├── UnknownRequest          no open request has that number
    ├── ListExists              the slug is already taken
    ├── ListInUse               people are or were on the list
    ├── UnknownField            no declared field has that name; the message names the nearest
    ├── FieldExists             the name of the field is already taken
    ├── RuleError               not a valid rule of a segment; it has the column
    ├── UnknownSegment          no segment has that name; the message names the nearest
    ├── SegmentExists           the name of the segment is already taken
    ├── UnknownTag              no tag has that name; the message names the nearest
    ├── TagExists               the new name of the tag is already taken
    ├── ImportRefused           the whole file was refused; nothing was imported
    │   └── ImportBlocked       not because of the file: the import can be continued later
    ├── UnknownJob              no import or export has that number
    ├── JobRefused              an import or export is not in a state for this
    ├── JobLost                 the job was removed while this process worked it
    └── BadToken                the token of a link was not signed here, or for another purpose
"""

from __future__ import annotations

from collections.abc import Mapping

from subscribers.text.phrases import joined, phrase


class SubscribersError(Exception):
    """
    The root. `str(error)` is one line for a person. If it is known, `field` is the field whose
    value is not valid, and `wanted` what there is none of, as it was asked for.
    """

    def __init__(self, message: str = "", *, field: str = "", wanted: str = "") -> None:
        super().__init__(message)
        self.field = field
        self.wanted = wanted


class UnknownList(SubscribersError):
    """
    Raised if no mailing list has that slug.
    """


class UnknownSubscriber(SubscribersError):
    """
    Raised if no person has that address, or no subscription that number.
    """


class SubscriberExists(SubscribersError):
    """
    Raised if a person with that address is to be made, and there is one.
    """


class InvalidAddress(SubscribersError):
    """
    Raised for a text that is not a valid address; the message says why.
    """


class InvalidText(SubscribersError):
    """
    Raised for a text of more than one line, or one that is not valid for its field.
    """


class InvalidFieldValues(InvalidText):
    """
    Raised for values that their declared fields cannot have. `by_field` says of each what is wrong.
    """

    def __init__(self, by_field: Mapping[str, str]) -> None:
        super().__init__(joined("; ", by_field.values()))
        self.by_field = by_field


class InvalidSlug(SubscribersError):
    """
    Raised for a text that cannot be the slug of a list, which is part of URLs.
    """


class UnknownTimezone(SubscribersError):
    """
    Raised if the IANA database has no time zone of that name.
    """


class UnknownRequest(SubscribersError):
    """
    Raised if no request has that number, or it is already closed.
    """


class ListExists(SubscribersError):
    """
    Raised if a list already has that slug.
    """


class ListInUse(SubscribersError):
    """
    Raised if a list cannot be removed, because people are or were on it.
    """


class UnknownField(SubscribersError):
    """
    Raised if no declared field has that name.
    """


class FieldExists(SubscribersError):
    """
    Raised if a declared field already has that name.
    """


class RuleError(SubscribersError):
    """
    Raised for a text that is not a rule. `column` is where, from 1; `message` says what was
    expected.
    """

    def __init__(self, column: int, message: str) -> None:
        super().__init__(phrase("column {column}: {message}", column=column, message=message))
        self.column = column
        self.message = message


class UnknownSegment(SubscribersError):
    """
    Raised if no segment has that name.
    """


class SegmentExists(SubscribersError):
    """
    Raised if a segment already has that name.
    """


class UnknownTag(SubscribersError):
    """
    Raised if no tag has that name.
    """


class TagExists(SubscribersError):
    """
    Raised if a tag already has that name.
    """


class ImportRefused(SubscribersError):
    """
    Raised for a file that cannot be imported at all.
    """


class ImportBlocked(ImportRefused):
    """
    Raised if something other than its files prevents an import, which can be continued once that is
    corrected.
    """


class UnknownJob(SubscribersError):
    """
    Raised if no import or export has that number.
    """


class JobRefused(SubscribersError):
    """
    Raised for an import or export that cannot be continued or undone now.
    """


class JobLost(SubscribersError):
    """
    Raised in a process whose import or export was removed, or is worked by another one.
    """


class BadToken(SubscribersError):
    """
    Raised for a token that is damaged, forged, or signed for another purpose.
    """
