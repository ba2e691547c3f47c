"""
The columns that say something about a person's status in files of any product: those of a name that
is known, and those that are recognised by parts of their names or by their cells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from subscribers.import_export.cells import looks_like_time
from subscribers.import_export.products.consent_words import consent_meaning
from subscribers.import_export.products.state_headings import STATE_HEADINGS
from subscribers.import_export.products.status_columns import (
    CellMeaning,
    IfContains,
    IfFilled,
    StatusWords,
    YesOrNo,
)
from subscribers.import_export.status_words import (
    IF_FILLED,
    IF_NO,
    IF_YES,
    NO,
    STATUS_OF_FILE,
    STATUS_WORD_COLUMNS,
    WORDS,
    YES,
    RowStatus,
    plain,
)

_S = RowStatus
_NAMED: Mapping[str, CellMeaning] = {
    **{column: StatusWords(WORDS) for column in STATUS_WORD_COLUMNS},
    **{
        column: YesOrNo(yes=_S.ACTIVE, no=status, blank=_S.PENDING)
        for column, status in IF_NO.items()
    },
    **{column: YesOrNo(yes=status) for column, status in IF_YES.items()},
    **{column: IfFilled(status) for column, status in IF_FILLED.items()},
}
_DELIVERY = IfContains(("bounce", "undeliver", "unzustell"), _S.BOUNCED)
_OF_FILE = StatusWords({plain(status): status for status in RowStatus}, blank=None)
_BLOCKED = YesOrNo(yes=_S.SUPPRESSED)
# In Kit `state` is a status, in MailerLite part of a country; the values decide.
_MAYBE_STATUS = frozenset({"state", "statut", "stato", "estado", "zustand", "abostatus"})
_ABOUT_EMAIL = ("mail", "newsletter", "subscri", "consent", "permission", "marketing", "optin")
# The words that are about nothing but email.
_CERTAIN = frozenset(
    {"subscribed", "unsubscribed", "nonsubscribed", "unconfirmed", "optedin", "optedout"}
    | {"abonniert", "abgemeldet", "abonné", "désabonné", "désinscrit"}
)
_TAGS = frozenset({"tags", "tag", "labels", "label", "groups", "group", "segments", "segment"})
# What a flag in a column is about whose name has that part.
_PARTS: Mapping[RowStatus, str] = {
    _S.COMPLAINED: "complained markedasspam spamreport",
    _S.BOUNCED: "bounced",
    _S.SUPPRESSED: "sperrliste listenoire listanegra donotcontact donotemail donotmail",
    _S.UNSUBSCRIBED: "unsubscribe optedout optout abgemeldet désabonn desabonn désinscri "
    "desinscri dadodebaja disiscri uitgeschreven afgemeld",
}
# How the name of a column ends that has a yes, a no, or when, whatever else is in it.
_HAPPENED = (
    "unsubscribed", "optedout", "optout", "complained", "bounced", "abgemeldet", "uitgeschreven",
    "afgemeld",
)  # fmt: skip
# What "no" means in a column whose name has that part, and does not say the opposite.
_IF_NO: Mapping[RowStatus, str] = {
    _S.PENDING: "bestätigt confirmé confirmado confermato bevestigd",
    _S.UNSUBSCRIBED: "subscribed optin",
}
_TIMES = ("date", "time", "datum", "fecha")
_NOT_EMAIL = (
    "sms",
    "whatsapp",
    "phone",
    "number",
    "count",
    "rate",
    "total",
    "unsubscribes",
    "link",
)
# The codes of receiving servers, in lists of emails that came back.
_SMTP_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")


def generic_meaning(column: str, cells: Sequence[str], *, is_product: bool) -> CellMeaning | None:
    """
    Return what the *cells* of a column of that normalised name mean, in the file of a product or of
    anybody; None if they say nothing about a person's status.
    """
    if column in STATUS_WORD_COLUMNS and cells and all(map(_SMTP_CODE.fullmatch, cells)):
        return IfFilled(_S.BOUNCED)
    if found := _NAMED.get(column) or (None if is_product else STATE_HEADINGS.get(column)):
        return found
    if column == "deliverystatus":
        return _DELIVERY
    if column == plain(STATUS_OF_FILE):
        return _OF_FILE
    if found := consent_meaning(column, cells, is_product=is_product):
        return found
    if any(part in column.replace("account", "") for part in _NOT_EMAIL):
        return None
    if "blacklist" in column or "blocklist" in column:
        return _BLOCKED
    words = [plain(cell) for cell in cells]
    if _may_be_status(column) and any(word in WORDS for word in words):
        return StatusWords(WORDS)
    are_words = any(word in _CERTAIN for word in words) and all(word in WORDS for word in words)
    if are_words and not is_product and column not in _TAGS:
        return StatusWords(WORDS)
    return _by_part(column, cells, is_product=is_product)


def _may_be_status(column: str) -> bool:
    return column in _MAYBE_STATUS or (
        "status" in column and any(part in column for part in _ABOUT_EMAIL)
    )


def _by_part(column: str, cells: Sequence[str], *, is_product: bool) -> CellMeaning | None:
    """
    Return the meaning of a column that is called such as `Date unsubscribed`.
    """
    flags = [plain(cell) in YES or plain(cell) in NO for cell in cells]
    are_flags = all(flags)
    if status := _status_of_part(column, _PARTS):
        if not are_flags and status is _S.BOUNCED and all(map(str.isdecimal, cells)):
            return None  # how many emails came back
        if are_flags or all(map(looks_like_time, cells)):
            return YesOrNo(yes=status)
        if any(part in column for part in _TIMES):
            return IfFilled(status)
        is_flag = any(flags) or any(map(looks_like_time, cells))
        is_named_so = column.endswith(_HAPPENED) and not is_product
        return YesOrNo(yes=status) if is_flag or is_named_so else None
    # A product has a status of its own, and flags beside it may be about something else.
    if is_product or not are_flags or not cells:
        return None
    if_no = _status_of_part(column, _IF_NO)
    return YesOrNo(yes=_S.ACTIVE, no=if_no, blank=_S.PENDING) if if_no else None


def _status_of_part(column: str, parts_of: Mapping[RowStatus, str]) -> RowStatus | None:
    found = (
        status
        for status, parts in parts_of.items()
        if any(part in column for part in parts.split())
    )
    return next(found, None)
