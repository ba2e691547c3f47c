"""
Google Contacts: an address book, in which nobody agreed to anything, or one for Outlook. Cells join
several values with ` ::: `.
"""

from __future__ import annotations

from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.status_columns import SaidStatus, said
from subscribers.import_export.status_words import RowStatus

# The address book for Outlook, which Google Contacts writes too.
_OUTLOOK = (
    "email2address email3address emaildisplayname emailtype homephone homestreet businessphone "
    "businessstreet mobilephone otherphone primaryphone categories"
)


def _is_origin_of(file: FileSigns) -> bool:
    # `E-mail 1 - Value`, and so on in other languages.
    is_google = any("email1" in column for column in file.columns)
    return is_google or file.count(_OUTLOOK) >= 2


def _file_status(_: FileSigns) -> SaidStatus:
    return said(RowStatus.NO_CONSENT, "contact")


GOOGLE = Product(
    name="google",
    is_origin_of=_is_origin_of,
    fields={
        "email": "email1value email1wert email1valeur emailaddress email2value email3value "
        "email4value email2address email3address",
        "first": "firstname givenname",
        "last": "lastname familyname",
        "note": "notes",
    },
    file_status=_file_status,
)
