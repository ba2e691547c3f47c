"""
listmonk: everybody in the database. The file does not say on which lists they are, nor from which
they unsubscribed (https://github.com/knadh/listmonk/issues/738), so nobody is active by it. The
files that we write for its import are read too: who subscribes, and the blocklist.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from subscribers.import_export.cells import ReadTime, read_time
from subscribers.import_export.products.attributes import read_json
from subscribers.import_export.products.model import FileSigns, Product, words
from subscribers.import_export.products.status_columns import (
    CellMeaning,
    IfContains,
    SaidStatus,
    StatusWords,
    said,
)
from subscribers.import_export.status_words import RowStatus, plain

_WORDS = words(pending="enabled", suppressed="blocklisted blacklisted disabled")
# If a query of the database put the status on a list beside it.
_ON_LIST = words(active="confirmed", pending="unconfirmed", unsubscribed="unsubscribed")


_OF_FILE = {"subscribe.csv": RowStatus.ACTIVE, "blocklist.csv": RowStatus.SUPPRESSED}


def _is_origin_of(file: FileSigns) -> bool:
    is_export = file.has("email", "status") or _file_status(file) is not None
    return is_export and file.count("attributes attribs uuid") >= 1


def _file_status(file: FileSigns) -> SaidStatus | None:
    named = next((name for name in _OF_FILE if file.name == plain(name)), None)
    return None if named is None else said(_OF_FILE[named], named.removesuffix(".csv"))


def _more_statuses(file: FileSigns) -> Mapping[str, CellMeaning | None]:
    if not file.has("subscriptionstatus"):
        # The lists of a person as JSON.
        return {"lists": IfContains(('"unsubscribed"',), RowStatus.UNSUBSCRIBED, "unsubscribed")}
    return {
        "subscriptionstatus": StatusWords(_ON_LIST),
        "status": StatusWords({**_WORDS, "enabled": RowStatus.ACTIVE}),
    }


def _time_reader(_: FileSigns) -> ReadTime:
    return _read


def _read(cell: str) -> dt.datetime | None:
    """
    Read a time as Go prints it: `2024-03-10 00:03:09.183465 +0000 UTC`.
    """
    day, _, rest = cell.strip().partition(" ")
    clock, _, rest = rest.partition(" ")
    return read_time(f"{day} {clock}{rest.partition(' ')[0]}") if clock else read_time(day)


LISTMONK = Product(
    name="listmonk",
    is_origin_of=_is_origin_of,
    fields={"signed_up_at": "createdat"},
    statuses={"status": StatusWords(_WORDS)},
    more_statuses=_more_statuses,
    file_status=_file_status,
    time_reader=_time_reader,
    attributes="attributes attribs",
    read_attributes=read_json,
)
