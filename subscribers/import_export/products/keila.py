"""
Keila: the contacts of a project, with their data as JSON.

https://www.keila.io/docs
"""

from __future__ import annotations

from subscribers.import_export.products.attributes import read_json
from subscribers.import_export.products.model import FileSigns, Product, words
from subscribers.import_export.products.status_columns import StatusWords

_WORDS = words(active="active", unsubscribed="unsubscribed", bounced="unreachable")


def _is_origin_of(file: FileSigns) -> bool:
    return file.has("email", "data") and file.count("status externalid") >= 1


KEILA = Product(
    name="keila",
    is_origin_of=_is_origin_of,
    statuses={"status": StatusWords(_WORDS)},
    attributes="data",
    read_attributes=read_json,
)
