"""
Mailchimp: an audience as a ZIP archive, with a file for each status.

https://mailchimp.com/help/view-export-contacts/
"""

from __future__ import annotations

from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.status_columns import (
    CellMeaning,
    IfContains,
    SaidStatus,
    StatusWords,
    said,
)
from subscribers.import_export.status_words import RowStatus

_COLUMNS = (
    "memberrating optintime optinip confirmtime confirmip gmtoff dstoff leid euid unsubtime "
    "unsubcampaigntitle unsubcampaignid unsubreason cleantime cleancampaigntitle cleancampaignid "
    "lastchanged"
)
# `subscribed_email_audience_export_HASH.csv`, before 2020 `subscribed_members_export_HASH.csv`.
# The longer words come first.
_OF_FILE = {
    # Of people who get text messages; whether they get email is in the other files.
    "smsonly": RowStatus.NO_CONSENT,
    "archived": RowStatus.NO_CONSENT,
    "nonsubscribed": RowStatus.NO_CONSENT,
    "unsubscribed": RowStatus.UNSUBSCRIBED,
    "subscribed": RowStatus.ACTIVE,
    "cleaned": RowStatus.BOUNCED,
}
_EXPORTS = ("emailaudienceexport", "membersexport", "audienceexport", "segmentexport")
_OF_PHONES = "smsaudienceexport"


def _is_origin_of(file: FileSigns) -> bool:
    return file.count(_COLUMNS) >= 3 or (
        any(words in file.name for words in _EXPORTS) and _word_in_name(file) is not None
    )


def _word_in_name(file: FileSigns) -> str | None:
    """
    Return the status in the name of the file, which may have something else before it, such as
    `Copy of `.
    """
    for word in _OF_FILE:
        if file.name.startswith(word) or any(f"{word}{words}" in file.name for words in _EXPORTS):
            return word
    return None


def _file_status(file: FileSigns) -> SaidStatus | None:
    named = "smsonly" if _OF_PHONES in file.name else _word_in_name(file)
    found = [said(_OF_FILE[named], named)] if named else []
    if file.has("cleantime"):
        found.append(said(RowStatus.BOUNCED, "cleaned"))
    if file.has("unsubtime"):
        found.append(said(RowStatus.UNSUBSCRIBED, "unsubscribed"))
    return max(found, default=None)


def _hint(file: FileSigns) -> str | None:
    if _file_status(file) is not None:
        return None
    return (
        "the name of the file does not say who is subscribed: give it the name that it had in "
        "Mailchimp's export, such as subscribed_email_audience_export.csv"
    )


_STATUS = StatusWords(
    {**_OF_FILE, "pending": RowStatus.PENDING, "transactional": RowStatus.NO_CONSENT}
)
_STATUSES: dict[str, CellMeaning] = {
    "status": _STATUS,
    # The answers of people who unsubscribe, and what Mailchimp writes after a complaint.
    "unsubreason": IfContains(("spam", "abuse"), RowStatus.COMPLAINED),
}

MAILCHIMP = Product(
    name="mailchimp",
    is_origin_of=_is_origin_of,
    fields={
        "consent_at": "confirmtime optintime",
        "signed_up_at": "optintime confirmtime",
        "status_at": "cleantime unsubtime",
        "note": "notes",
    },
    statuses=_STATUSES,
    file_status=_file_status,
    tags={"tags": ","},
    hint=_hint,
    is_first_column_email=True,
)
