"""
Cleans single cells: an address with its trimmings, a name, a time.
"""

from __future__ import annotations

import datetime as dt
import unicodedata

MAX_NAME = 200
_CONTROL = frozenset({"Cc", "Cs"})


def split_email_cell(cell: str) -> tuple[str, str]:
    """
    The name and the address in a cell like `Ada <ada@example.org>` or `mailto:ada@example.org`.
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
    The name on one line, without control characters and without the apostrophe that a
    spreadsheet's formula guard puts in front.
    """
    name = " ".join(cell.split())
    if name[:1] == "'" and name[1:].lstrip()[:1] in set("=+-@"):
        name = name[1:].lstrip()
    if not name.isprintable():
        name = "".join(letter for letter in name if unicodedata.category(letter) not in _CONTROL)
    return name[:MAX_NAME]


def read_time(cell: str) -> dt.datetime | None:
    """
    The time in an ISO 8601 cell, read as UTC where it names no zone; None for any other form,
    for a day-first date would be a guess.
    """
    if not cell:
        return None
    text = cell.strip().removesuffix(" UTC")
    try:
        time = dt.datetime.fromisoformat(text)
        return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
