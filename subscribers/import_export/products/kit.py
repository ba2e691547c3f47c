"""
Kit, formerly ConvertKit: the subscribers of an account. They have a first name only.

https://developers.kit.com/api-reference/subscribers/list-subscribers
"""

from __future__ import annotations

from collections.abc import Mapping

from subscribers.import_export.products.model import FileSigns, Product, words
from subscribers.import_export.products.status_columns import CellMeaning, StatusWords
from subscribers.import_export.status_words import plain

_WORDS = words(
    active="active subscribed confirmed",
    # "Inactive" are those who have not confirmed.
    pending="inactive unconfirmed",
    unsubscribed="cancelled canceled unsubscribed",
    bounced="bounced",
    complained="complained",
)


# What others than Kit do not call people who are not active.
_KIT_ONLY = ("cancelled", "complained", "bounced", "unconfirmed")


def _is_origin_of(file: FileSigns) -> bool:
    # Beside a status, the state is where somebody lives.
    said = file.cells("status") or file.cells("state")
    return (
        file.has("firstname")
        and file.count("createdat subscribedat") >= 1
        and file.count("id tags emailaddress") >= 1
        and file.count("tier subscribertype groups") == 0
        and bool(said)
        and (_is_certain(file) or not file.has("lastname"))
        and sum(plain(cell) in _WORDS for cell in said) > len(said) / 2
    )


def _is_certain(file: FileSigns) -> bool:
    """
    Return True if the file cannot be from a product by whose word "inactive" people have left.
    """
    has_words = any(plain(cell) in _KIT_ONLY for cell in file.cells("status"))
    return file.count("emailaddress state") >= 1 or has_words


def _more_statuses(file: FileSigns) -> Mapping[str, CellMeaning | None]:
    return {"state": None if file.has("status") else StatusWords(_WORDS)}


KIT = Product(
    name="kit",
    is_origin_of=_is_origin_of,
    fields={"email": "emailaddress email", "signed_up_at": "createdat"},
    statuses={"status": StatusWords(_WORDS)},
    more_statuses=_more_statuses,
    tags={"tags": ","},
)
