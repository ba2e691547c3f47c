"""
Buttondown: the subscribers of a newsletter, with their metadata as Python prints a dict.

https://docs.buttondown.com/api-subscribers-type
"""

from __future__ import annotations

from subscribers.import_export.products.attributes import read_python
from subscribers.import_export.products.model import FileSigns, Product, words
from subscribers.import_export.products.status_columns import StatusWords

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
        file.has("secondaryid", "creationdate") and file.has("metadata")
    )


BUTTONDOWN = Product(
    name="buttondown",
    is_origin_of=_is_origin_of,
    fields={
        "signed_up_at": "subscriptiondate creationdate",
        "status_at": "unsubscriptiondate",
        "note": "notes",
    },
    statuses={"subscribertype": StatusWords(_WORDS)},
    tags={"tags": ";"},
    attributes="metadata",
    read_attributes=read_python,
)
