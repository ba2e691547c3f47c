"""
Google Contacts: an address book, in which nobody agreed to anything. Cells join several values with
` ::: `.
"""

from __future__ import annotations

from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.status_columns import SaidStatus, said
from subscribers.import_export.status_words import RowStatus


def _is_origin_of(file: FileSigns) -> bool:
    return file.has("email1value")


def _file_status(_: FileSigns) -> SaidStatus:
    return said(RowStatus.NO_CONSENT, "contact")


GOOGLE = Product(
    name="google",
    is_origin_of=_is_origin_of,
    fields={
        "email": "email1value email2value email3value email4value",
        "first": "firstname givenname",
        "last": "lastname familyname",
        "note": "notes",
    },
    file_status=_file_status,
)
