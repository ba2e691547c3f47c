"""
Parse and clean single cells: an address with the text around it, a name, a time.
"""

from __future__ import annotations

import datetime as dt
import unicodedata

MAX_NAME = 200
_CONTROL = frozenset({"Cc", "Cs"})


def split_email_cell(cell: str) -> tuple[str, str]:
    """
    Return the name and the address in a cell such as `Ada <ada@example.org>` or
    `mailto:ada@example.org`.
    """
    if "<" not in cell and ":" not in cell:
        return "", cell
    text = cell.strip()
    name = ""
    if text.endswith(">") and "<" in text:
        name, _, text = text[:-1].rpartition("<")
    if text[:7].lower() == "mailto:":
        text = text[7:]
    return clean_name(name.strip().strip('"')), text


def clean_name(cell: str) -> str:
    """
    Return the name on one line, without control characters and without the apostrophe that some
    programs put before a name so that spreadsheets do not read it as a formula.
    """
    name = " ".join(cell.split())
    if name[:1] == "'" and name[1:].lstrip()[:1] in set("=+-@"):
        name = name[1:].lstrip()
    if not name.isprintable():
        name = "".join(letter for letter in name if unicodedata.category(letter) not in _CONTROL)
    return name[:MAX_NAME]


def read_time(cell: str) -> dt.datetime | None:
    """
    Parse an ISO 8601 time, taken as UTC if it has no offset. Return None for any other format,
    because a date such as 03/04/2026 is ambiguous.
    """
    if not cell:
        return None
    text = cell.strip().removesuffix(" UTC")
    try:
        time = dt.datetime.fromisoformat(text)
        return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
