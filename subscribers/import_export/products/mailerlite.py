"""
MailerLite: the subscribers of an account. The columns called `Subscribed` and `Unsubscribed` hold
times.

https://developers.mailerlite.com/docs/subscribers
"""

from __future__ import annotations

from subscribers.import_export.products.model import FileSigns, Product, words
from subscribers.import_export.products.status_columns import IfFilled, StatusWords, YesOrNo
from subscribers.import_export.status_words import RowStatus

_COLUMNS = (
    "subscribed subscribedat subscribedate subscribedon datesubscribed optedin optedinat optinip "
    "optintime ipaddress signupip unsubscribed unsubscribedat unsubscribedate unsubscribedon "
    "dateunsubscribed groups group sent opens opened clicks clicked zip"
)
_WORDS = words(
    active="active subscribed",
    pending="unconfirmed pending",
    unsubscribed="unsubscribed",
    bounced="bounced",
    # What readers marked as spam.
    complained="junk spam",
)
_HAPPENED = YesOrNo(yes=None, no=RowStatus.PENDING)
_LEFT = YesOrNo(yes=RowStatus.UNSUBSCRIBED)


def _is_origin_of(file: FileSigns) -> bool:
    return file.count("status subscriberstatus") >= 1 and file.count(_COLUMNS) >= 3


MAILERLITE = Product(
    name="mailerlite",
    is_origin_of=_is_origin_of,
    fields={
        "name": "",
        "first": "name firstname",
        "last": "lastname surname",
        "signed_up_at": "subscribed subscribedat subscribedate subscribedon datesubscribed",
        "consent_at": "optedin optedinat optintime",
        "status_at": "unsubscribed unsubscribedat unsubscribedate unsubscribedon dateunsubscribed",
    },
    statuses={
        "status": StatusWords(_WORDS),
        "subscriberstatus": StatusWords(_WORDS),
        "subscribed": _HAPPENED,
        "optedin": _HAPPENED,
        "confirmed": _HAPPENED,
        "unsubscribed": _LEFT,
        "unsubscribedate": IfFilled(RowStatus.UNSUBSCRIBED),
        "dateunsubscribed": IfFilled(RowStatus.UNSUBSCRIBED),
        "unsubscribedon": IfFilled(RowStatus.UNSUBSCRIBED),
    },
    tags={"groups": ",", "group": ","},
)
