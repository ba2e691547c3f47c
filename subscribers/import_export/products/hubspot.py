"""
HubSpot: contacts, and a second file of those who opted out or bounced. Contacts are everybody that
a company knows: only marketing contacts may be subscribers.

https://knowledge.hubspot.com/records/export-your-records
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from subscribers.import_export.cells import ReadTime
from subscribers.import_export.products.model import FileSigns, Product, words
from subscribers.import_export.products.status_columns import (
    CellMeaning,
    IfFilled,
    SaidStatus,
    StatusWords,
    YesOrNo,
    said,
)
from subscribers.import_export.products.times import time_reader
from subscribers.import_export.status_words import RowStatus, plain
from subscribers.text.phrases import phrase

_CONTACTS = (
    "recordid contactid contactowner lifecyclestage leadstatus marketingcontactstatus "
    "unsubscribedfromallemail emailhardbouncereason associatedcompany associatedcompanyids "
    "createdate lastactivitydate"
)
# As a contact is called that may be mailed, in the columns of other languages and of the API.
_PARTS = ("marketingkontakt", "contactmarketing", "contactodemarketing", "hsmarketable", "hsemail")
_CYCLES = ("lifecycle", "cycledevie", "ciclodevida", "ciclodivita")
_OPT_OUTS = "portalbounce portalunsubscribe portalspamreport globalbounce"
_OPTED_OUT = YesOrNo(yes=RowStatus.UNSUBSCRIBED, other=RowStatus.UNSUBSCRIBED)
# TRUE, or the reason.
_BOUNCED = YesOrNo(yes=RowStatus.BOUNCED, other=RowStatus.BOUNCED)
_MARKETING = StatusWords(
    words(
        active="marketingcontact marketing true yes marketingkontakt contactmarketing "
        "contactodemarketing",
        no_consent="nonmarketingcontact nonmarketing false no nichtmarketingkontakt "
        "keinmarketingkontakt contactnonmarketing contactoquenoesdemarketing",
    ),
    blank=RowStatus.NO_CONSENT,
)
# Whether a contact confirmed their address; for those of before double opt-in it is blank.
_CONFIRMATION = StatusWords(
    words(pending="pending requested notconfirmed unconfirmed", active="confirmed"), blank=None
)
_NOT_TYPES = frozenset({"email", "statusoffile", "line", "reason", *_OPT_OUTS.split()})
# What says nothing about which newsletter a type of email is.
_ANY_NEWSLETTER_WORDS = (
    "opted out of email emails e mail mailing marketing information news newsletter newsletters "
    "updates our the and for a"
)
_ANY_NEWSLETTER = frozenset(_ANY_NEWSLETTER_WORDS.split())
# A digit, or AM and PM.
_ENDS_OF_LOCAL = frozenset("0123456789mM.")
_WORD = re.compile(r"[^\W_]+")
# Above columns of times: `Create Date (GMT+1)`, or the name of a zone.
_OFFSET = re.compile(r"\((?:GMT|UTC)([+-]\d{1,2})(?::?([0-5]\d))?\)")
_ZONES = {
    "(PST)": -8, "(PDT)": -7, "(MST)": -7, "(MDT)": -6, "(CST)": -6, "(CDT)": -5, "(EST)": -5,
    "(EDT)": -4, "(BST)": 1, "(CET)": 1, "(MEZ)": 1, "(CEST)": 2, "(MESZ)": 2, "(EET)": 2,
    "(EEST)": 3,
}  # fmt: skip


def _is_origin_of(file: FileSigns) -> bool:
    is_cycle = any(part in column for column in file.columns for part in _CYCLES)
    marks = len(_columns_with(file, _PARTS)) + is_cycle
    return _is_opt_outs(file) or file.count(_CONTACTS) >= 2 or marks >= 2


def _columns_with(file: FileSigns, parts: Sequence[str]) -> list[str]:
    return [column for column in file.columns if any(part in column for part in parts)]


def _is_opt_outs(file: FileSigns) -> bool:
    return file.count(_OPT_OUTS) >= 2


def _file_status(file: FileSigns) -> SaidStatus | None:
    return said(RowStatus.NO_CONSENT, "no opt-out") if _is_opt_outs(file) else None


def _more_statuses(file: FileSigns) -> Mapping[str, CellMeaning | None]:
    """
    Return the columns of opt-outs from a type of email that the list is: one that is called like
    it, or that is about marketing as such.
    """
    types = {
        plain(column): _OPTED_OUT for column in _types(file) if _is_type_of_list(column, file.into)
    }
    # Each type of email by a number, which says nothing about the list that it is.
    numbered = {column: _OPTED_OUT for column in file.columns if column.startswith("hsemailoptout")}
    marketing = dict.fromkeys(_columns_with(file, _PARTS[:4]), _MARKETING)
    return {**marketing, **numbered, **types}


def _other_lists(file: FileSigns) -> Mapping[str, CellMeaning | None]:
    return {
        plain(column): _OPTED_OUT
        for column in _types(file)
        if not _is_type_of_list(column, file.into)
    }


def _types(file: FileSigns) -> list[str]:
    """
    Return the columns of opt-outs from one type of email.
    """
    columns = list(zip(file.header, file.columns, strict=True))
    if _is_opt_outs(file) and file.count(_CONTACTS) < 2:
        return [header for header, column in columns if column not in _NOT_TYPES]
    return [header for header, column in columns if column.startswith("optedoutofemail")]


def _is_type_of_list(column: str, into: Sequence[str]) -> bool:
    """
    Return True if the type of email is about every newsletter, or all that names it names the list,
    or the other way round: `Weekly Brief` is a list called `weekly`. For no list in particular, or
    one that is called no more than `Newsletter`, any type counts.
    """
    ours = _words(column)
    named = [theirs for theirs in map(_words, into) if theirs]
    if not ours or not named:
        return True
    return any(theirs <= ours or ours <= theirs for theirs in named)


def _words(name: str) -> frozenset[str]:
    return frozenset(_WORD.findall(name.casefold())) - _ANY_NEWSLETTER


def _hint(file: FileSigns) -> str | None:
    others = [column for column in _types(file) if not _is_type_of_list(column, file.into)]
    if not others:
        return None
    return phrase(
        "opt-outs from these types of email count for other lists only: {names}; if one is this "
        'list, add --map "{column}=status"',
        names=", ".join(others),
        column=others[0],
    )


def _time_reader(file: FileSigns) -> ReadTime:
    header = " ".join(file.header)
    hours, minutes = next((hours for zone, hours in _ZONES.items() if zone in header), 0), 0
    if found := _OFFSET.search(header):
        hours, minutes = int(found[1]), int(found[2] or 0)
    offset = dt.timedelta(hours=hours, minutes=-minutes if hours < 0 else minutes)

    read_local = time_reader(file.rows)

    def read(cell: str) -> dt.datetime | None:
        time = read_local(cell)
        is_local = time is not None and cell.strip()[-1:] in _ENDS_OF_LOCAL and "+" not in cell
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
        "marketingemailconfirmationstatus": _CONFIRMATION,
        "emailhardbouncereason": IfFilled(RowStatus.BOUNCED),
        "hsemailhardbouncereasonenum": IfFilled(RowStatus.BOUNCED),
        "hsemailhardbouncereason": IfFilled(RowStatus.BOUNCED),
        "hsemailbadaddress": _BOUNCED,
        "invalidemailaddress": _BOUNCED,
        "portalunsubscribe": _OPTED_OUT,
        "portalbounce": _BOUNCED,
        "globalbounce": _BOUNCED,
        "portalspamreport": YesOrNo(yes=RowStatus.COMPLAINED, other=RowStatus.COMPLAINED),
    },
    more_statuses=_more_statuses,
    other_lists=_other_lists,
    file_status=_file_status,
    without_status=said(RowStatus.NO_CONSENT, "contact"),
    time_reader=_time_reader,
    hint=_hint,
)
