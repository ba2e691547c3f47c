"""
HubSpot: contacts, and a second file of those who opted out or bounced. Contacts are everybody that
a company knows: only marketing contacts may be subscribers.

https://knowledge.hubspot.com/records/export-your-records
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from subscribers.import_export.cells import ReadTime, read_time
from subscribers.import_export.products.model import FileSigns, Product, words
from subscribers.import_export.products.status_columns import (
    CellMeaning,
    IfFilled,
    SaidStatus,
    StatusWords,
    YesOrNo,
    said,
)
from subscribers.import_export.status_words import RowStatus

_CONTACTS = (
    "recordid contactid contactowner lifecyclestage leadstatus marketingcontactstatus "
    "unsubscribedfromallemail emailhardbouncereason associatedcompany associatedcompanyids"
)
_OPT_OUTS = "portalbounce portalunsubscribe portalspamreport globalbounce"
_OPTED_OUT = YesOrNo(yes=RowStatus.UNSUBSCRIBED, other=RowStatus.UNSUBSCRIBED)
# TRUE, or the reason.
_BOUNCED = YesOrNo(yes=RowStatus.BOUNCED, other=RowStatus.BOUNCED)
_MARKETING = StatusWords(
    words(
        active="marketingcontact marketing true yes", no_consent="nonmarketingcontact nonmarketing"
    ),
    blank=RowStatus.NO_CONSENT,
)
_NOT_TYPES = frozenset({"email", "statusoffile", "line", "reason", *_OPT_OUTS.split()})
# Above columns of times: `Create Date (GMT+1)`, or the name of a zone.
_OFFSET = re.compile(r"\((?:GMT|UTC)([+-]\d{1,2})(?::?([0-5]\d))?\)")
_ZONES = {
    "(PST)": -8, "(PDT)": -7, "(MST)": -7, "(MDT)": -6, "(CST)": -6, "(CDT)": -5, "(EST)": -5,
    "(EDT)": -4, "(BST)": 1, "(CET)": 1, "(MEZ)": 1, "(CEST)": 2, "(MESZ)": 2, "(EET)": 2,
    "(EEST)": 3,
}  # fmt: skip


def _is_origin_of(file: FileSigns) -> bool:
    return _is_opt_outs(file) or file.count(_CONTACTS) >= 2


def _is_opt_outs(file: FileSigns) -> bool:
    return file.count(_OPT_OUTS) >= 2


def _file_status(file: FileSigns) -> SaidStatus | None:
    return said(RowStatus.NO_CONSENT, "no opt-out") if _is_opt_outs(file) else None


def _more_statuses(file: FileSigns) -> Mapping[str, CellMeaning | None]:
    """
    Return the columns of opt-outs from one type of email: each ends the subscription to the list
    that the file is imported into.
    """
    if _is_opt_outs(file) and file.count(_CONTACTS) < 2:
        return {column: _OPTED_OUT for column in file.columns if column not in _NOT_TYPES}
    return {column: _OPTED_OUT for column in file.columns if column.startswith("optedoutofemail")}


def _time_reader(file: FileSigns) -> ReadTime:
    header = " ".join(file.header)
    hours, minutes = next((hours for zone, hours in _ZONES.items() if zone in header), 0), 0
    if found := _OFFSET.search(header):
        hours, minutes = int(found[1]), int(found[2] or 0)
    offset = dt.timedelta(hours=hours, minutes=-minutes if hours < 0 else minutes)

    def read(cell: str) -> dt.datetime | None:
        time = read_time(cell)
        is_local = time is not None and cell.strip()[-1:].isdigit() and "+" not in cell
        return time - offset if time is not None and is_local else time

    return read


HUBSPOT = Product(
    name="hubspot",
    is_origin_of=_is_origin_of,
    fields={
        "email": "email",
        "signed_up_at": "createdate*",
        "language": "preferredlanguage",
        "timezone": "timezone",
    },
    statuses={
        "marketingcontactstatus": _MARKETING,
        "unsubscribedfromallemail": _OPTED_OUT,
        "emailhardbouncereason": IfFilled(RowStatus.BOUNCED),
        "invalidemailaddress": _BOUNCED,
        "portalunsubscribe": _OPTED_OUT,
        "portalbounce": _BOUNCED,
        "globalbounce": _BOUNCED,
        "portalspamreport": YesOrNo(yes=RowStatus.COMPLAINED, other=RowStatus.COMPLAINED),
    },
    more_statuses=_more_statuses,
    file_status=_file_status,
    without_status=said(RowStatus.NO_CONSENT, "contact"),
    time_reader=_time_reader,
)
