"""
Substack: `email_list.NAME.csv`, in a ZIP archive with the posts, or the table of subscribers, which
does not say who turned email off. What a person pays is not whether they get email.
"""

from __future__ import annotations

from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.status_columns import IfContains, YesOrNo
from subscribers.import_export.status_words import RowStatus

_LIST = (
    "activesubscription expiry plan type stripeconnectedcustomerid firstpaymentat preferdigests "
    "digestenabled"
)
_TABLE = (
    "emailsreceived6mo emailsdropped6mo numemailsopened stripeplan paidupgradedate "
    "subscriptionsourcefree subscriptionsourcepaid useremailaddress"
)


def _is_origin_of(file: FileSigns) -> bool:
    marks = file.count(_LIST)
    is_list = file.has("emaildisabled") and marks >= 1
    return is_list or (file.has("activesubscription") and marks >= 2) or file.count(_TABLE) >= 1


def _hint(file: FileSigns) -> str | None:
    if file.has("emaildisabled"):
        return None
    return (
        "no column says who turned email off, so nobody becomes active: import email_list.NAME.csv "
        "from Substack's export instead"
    )


SUBSTACK = Product(
    name="substack",
    is_origin_of=_is_origin_of,
    fields={
        "email": "email useremailaddress",
        "name": "name username",
        "signed_up_at": "createdat startdate subscriptioncreatedat",
    },
    # Whether they see what others pay for.
    more_statuses=lambda _: {"issubscribed": None},
    statuses={
        "emaildisabled": YesOrNo(
            yes=RowStatus.UNSUBSCRIBED, no=RowStatus.ACTIVE, blank=RowStatus.PENDING
        ),
        # What remains of people who had their data deleted: HASH@deletion-request.substack.com.
        "email": IfContains(("@deletion-request.",), RowStatus.ERASED, "deletion request"),
    },
    hint=_hint,
)
