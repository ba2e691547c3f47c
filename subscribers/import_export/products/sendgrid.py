"""
SendGrid: contacts, which say nothing about a status, and a file for each kind of suppression.

https://www.twilio.com/docs/sendgrid/ui/sending-email/index-suppressions
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from subscribers.import_export.cells import ReadTime, read_time
from subscribers.import_export.products.model import FileSigns, Product
from subscribers.import_export.products.status_columns import CellMeaning, SaidStatus, said
from subscribers.import_export.status_words import RowStatus

_CONTACTS = (
    "alternateemails addressline1 addressline2 stateprovinceregion postalcode uniquename "
    "phonenumberid externalid anonymousid contactid whatsapp line facebook"
)
_SUPPRESSIONS = frozenset({"email", "created", "ip", "status", "groupid", "groupname"})
_NEVER = dt.datetime.fromtimestamp(0, dt.UTC)
_LATEST = dt.datetime(2100, 1, 1, tzinfo=dt.UTC).timestamp()


def _is_origin_of(file: FileSigns) -> bool:
    marks = file.count(_CONTACTS) + 2 * file.count("listnames")
    return marks >= 3 or _suppression(file) is not None


def _suppression(file: FileSigns) -> SaidStatus | None:
    """
    Return what a file of suppressions says about the people in it; None if it is another file.
    """
    columns = set(file.columns) - {"line", "reason", "statusoffile", ""}
    is_named = "suppression" in file.name or any(
        file.name.startswith(word) for word in ("bounce", "block", "spam", "unsubscribe", "invalid")
    )
    if not {"email", "created"} <= columns <= _SUPPRESSIONS:
        return None
    if "ip" in columns:
        return said(RowStatus.COMPLAINED, "spam report")
    if "status" in columns:
        # Blocks are refusals for now, and SendGrid goes on mailing these people.
        is_block = "block" in file.name
        return said(RowStatus.UNKNOWN, "block") if is_block else said(RowStatus.BOUNCED, "bounce")
    if not is_named and not _are_epochs(file.cells("created")):
        return None
    # With a line as well, it is our own file of rows with errors.
    if "reason" in file.columns and "line" not in file.columns:
        return said(RowStatus.BOUNCED, "invalid email")
    if "spam" in file.name:
        return said(RowStatus.COMPLAINED, "spam report")
    if "bounce" in file.name or "invalid" in file.name:
        return said(RowStatus.BOUNCED, "bounce")
    return said(RowStatus.UNSUBSCRIBED, "unsubscribe")


def _more_statuses(file: FileSigns) -> Mapping[str, CellMeaning | None]:
    # In a file of bounces, `status` is the code of the receiving server.
    return {"status": None} if file.has("created") else {}


def _are_epochs(cells: list[str]) -> bool:
    return bool(cells) and all(len(cell) == 10 and cell.isdecimal() for cell in cells)


def _hint(file: FileSigns) -> str | None:
    if _suppression(file) is not None:
        return None
    return (
        "SendGrid's contacts do not say who unsubscribed, bounced or complained: import its "
        "suppression files too"
    )


def _time_reader(_: FileSigns) -> ReadTime:
    return _read


def _read(cell: str) -> dt.datetime | None:
    text = cell.strip()
    if text.isdecimal() and text.isascii() and len(text) <= 10 and int(text) < _LATEST:
        return _NEVER + dt.timedelta(seconds=int(text))
    return read_time(text)


SENDGRID = Product(
    name="sendgrid",
    is_origin_of=_is_origin_of,
    fields={"email": "email", "signed_up_at": "createdat", "status_at": "created"},
    more_statuses=_more_statuses,
    file_status=_suppression,
    without_status=said(RowStatus.ACTIVE, "contact"),
    time_reader=_time_reader,
    hint=_hint,
)
