"""
Brevo, formerly Sendinblue: contacts, whose attributes are called as in the language of the account.

The block list does not say whether a person unsubscribed, complained or bounced.
"""

from __future__ import annotations

from collections.abc import Mapping

from subscribers.import_export.cells import ReadTime
from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.status_columns import CellMeaning, YesOrNo
from subscribers.import_export.products.times import time_reader
from subscribers.import_export.status_words import RowStatus

_COLUMNS = (
    "contactid addedtime modifiedtime sms landlinenumber whatsapp doubleoptin interests "
    "emailblacklisted emailblocklisted smsblacklisted emailmarketing smsmarketing"
)
_OTHERS = "alternateemails stateprovinceregion anonymousid uniquename lifecyclestage recordid"
# What an account may add to an export: the subscription to email, in words or as a flag.
_SUBSCRIPTIONS = (
    "emailmarketing emailmarketingstatus emailmarketingsubscriptionstatus emailsubscriptionstatus "
    "emailsubscribed"
)
_SUBSCRIBED = YesOrNo(yes=RowStatus.ACTIVE, no=RowStatus.SUPPRESSED, blank=RowStatus.PENDING)
_BLOCKED = YesOrNo(yes=RowStatus.SUPPRESSED, no=RowStatus.ACTIVE, blank=RowStatus.ACTIVE)


def _is_origin_of(file: FileSigns) -> bool:
    marks = file.count(_COLUMNS) + len(_block_columns(file))
    return marks >= 2 and file.count(_OTHERS) == 0


def _block_columns(file: FileSigns) -> list[str]:
    return [
        column
        for column in file.columns
        if ("blacklist" in column or "blocklist" in column)
        and not column.startswith(("sms", "whatsapp"))
    ]


def _more_statuses(file: FileSigns) -> Mapping[str, CellMeaning | None]:
    found = {
        **dict.fromkeys(_SUBSCRIPTIONS.split(), _SUBSCRIBED),
        **dict.fromkeys(_block_columns(file), _BLOCKED),
    }
    return {**found, "unsubscribed": _BLOCKED, "emailstatus": _BLOCKED}


def _hint(file: FileSigns) -> str | None:
    if (
        _block_columns(file)
        or file.count(f"unsubscribed emailstatus status optin {_SUBSCRIPTIONS}") > 0
    ):
        return None
    return (
        "no column says who is blocklisted, so nobody becomes active: export the contacts again "
        "with that column"
    )


def _time_reader(file: FileSigns) -> ReadTime:
    """
    Return a reader of times with the day first, as Brevo writes them unless the account says
    otherwise, which shows in a second number over 12.
    """
    return time_reader(file.rows, is_day_first=True)


BREVO = Product(
    name="brevo",
    is_origin_of=_is_origin_of,
    fields={"signed_up_at": "addedtime", "consent_at": "doubleoptintime"},
    more_statuses=_more_statuses,
    time_reader=_time_reader,
    hint=_hint,
)
