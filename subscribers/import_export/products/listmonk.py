"""
listmonk: everybody in the database. The file does not say on which lists they are, nor from which
they unsubscribed (https://github.com/knadh/listmonk/issues/738), so nobody is active by it.
"""

from __future__ import annotations

import datetime as dt

from subscribers.import_export.cells import ReadTime, read_time
from subscribers.import_export.products.attributes import read_json
from subscribers.import_export.products.model import FileSigns, Product, words
from subscribers.import_export.products.status_columns import StatusWords

_WORDS = words(pending="enabled", suppressed="blocklisted blacklisted disabled")


def _is_origin_of(file: FileSigns) -> bool:
    return file.count("attributes attribs") >= 1 and file.has("email", "status")


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
    time_reader=_time_reader,
    attributes="attributes attribs",
    read_attributes=read_json,
)
