"""
Buttondown: the subscribers of a newsletter, with their metadata as Python prints a dict.

https://docs.buttondown.com/api-subscribers-type
"""

from __future__ import annotations

from collections.abc import Mapping

from subscribers.import_export.products.attributes import read_python
from subscribers.import_export.products.model import FileSigns, Product, words
from subscribers.import_export.products.status_columns import CellMeaning, StatusWords
from subscribers.import_export.status_words import plain

_WORDS = words(
    # The types of people who pay or paid: all of them get email.
    active="regular premium gifted trialed churned churning pastdue paused unpaid",
    pending="unactivated upcoming",
    unsubscribed="unsubscribed removed",
    suppressed="blocked",
    bounced="undeliverable",
    complained="complained spammy",
)


def _is_origin_of(file: FileSigns) -> bool:
    return file.has("subscribertype") or (
        file.count("secondaryid creationdate metadata") >= 2
        and (file.has("secondaryid") or _has_types(file))
    )


def _has_types(file: FileSigns) -> bool:
    """
    Return True if `type` is what is called `subscriber_type` elsewhere.
    """
    return any(plain(cell) in _WORDS for cell in file.cells("type"))


def _more_statuses(file: FileSigns) -> Mapping[str, CellMeaning | None]:
    return {"type": StatusWords(_WORDS)} if _has_types(file) else {}


BUTTONDOWN = Product(
    name="buttondown",
    is_origin_of=_is_origin_of,
    fields={
        "signed_up_at": "subscriptiondate creationdate",
        "status_at": "unsubscriptiondate",
        "note": "notes",
    },
    statuses={"subscribertype": StatusWords(_WORDS)},
    more_statuses=_more_statuses,
    tags={"tags": ";"},
    attributes="metadata",
    read_attributes=read_python,
)
