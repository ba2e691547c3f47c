"""
Parse and clean single cells: an address with the text around it, a name, a time, and the guard
against cells that spreadsheets take for formulas.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Iterable

from subscribers.tags.notes import MAX_NOTE
from subscribers.validation.text_fields import DIRECTION_CONTROLS, MAX_NAME

# What spreadsheets take for a formula (owasp.org/www-community/attacks/CSV_Injection), some of them
# in full width too; a carriage return is read back as a line feed.
_SIGNS = "=+\\-@＝＋－＠"
_BEFORE = "'*[ \u00a0\u3000]*"
_FORMULA = re.compile(f"{_BEFORE}[{_SIGNS}\t\r\n]")
# Most cells begin with something else, which is quicker to find out.
_MAY_BEGIN_FORMULA = frozenset("'=+-@＝＋－＠ \u00a0\u3000\t\r\n")
# A spreadsheet that separates cells by one of these makes cells of its own of one of ours, whether
# it is quoted or not.
_SEPARATOR = re.compile("[;|\t\r\n]")
_AFTER_SEPARATOR = re.compile(f"(?<=[;|\t\r\n])(?={_BEFORE}[{_SIGNS}])")
_GUARD_AFTER_SEPARATOR = re.compile(f"(?<=[;|\t\r\n])'(?={_BEFORE}[{_SIGNS}])")
_CONTROL = frozenset({"Cc", "Cs"})
ReadTime = Callable[[str], dt.datetime | None]
# Between the values of one cell of a Google address book.
_NEXT_VALUE = " ::: "
# Nobody writes the month first with dots.
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: (\d{1,2}):(\d{2})(?::(\d{2}))?)?\Z")


def guard_formula(cell: str) -> str:
    """
    Put an apostrophe before what a spreadsheet would take for a formula, at the beginning of *cell*
    or after what may separate cells there, and before apostrophes that are there, so that
    `take_guard_off` always gives *cell* back.
    """
    if _SEPARATOR.search(cell):
        cell = _AFTER_SEPARATOR.sub("'", cell)
    return f"'{cell}" if cell[:1] in _MAY_BEGIN_FORMULA and _FORMULA.match(cell) else cell


def take_guard_off(cell: str) -> str:
    """
    Remove the apostrophes that `guard_formula`, or another program, put before formulas.
    """
    if "'" not in cell:
        return cell
    if _SEPARATOR.search(cell):
        cell = _GUARD_AFTER_SEPARATOR.sub("", cell)
    return cell[1:] if cell[0] == "'" and _FORMULA.match(cell) else cell


def split_email_cell(cell: str) -> tuple[str, str]:
    """
    Return the name and the address in a cell such as `Ada <ada@example.org>`,
    `ada@example.org (Ada)` or `mailto:ada@example.org`; the first one of an address book that joins
    several by `:::`.
    """
    if "<" not in cell and ":" not in cell and "(" not in cell:
        return "", cell
    text = cell.partition(_NEXT_VALUE)[0].strip()
    name = ""
    if text.endswith(">") and "<" in text:
        name, _, text = text[:-1].rpartition("<")
    elif text.endswith(")") and " (" in text:
        text, _, name = text[:-1].partition(" (")
    if text[:7].lower() == "mailto:":
        text = text[7:]
    return clean_name(name.strip().strip('"')), text


def clean_name(cell: str) -> str:
    """
    Return the name on one line, shortened, without control characters and those that change the
    direction of writing.
    """
    name = " ".join(cell.split())
    if not name.isprintable():
        name = "".join(letter for letter in name if _is_allowed(letter))
    return name[:MAX_NAME]


def clean_note(cell: str) -> str:
    """
    Return a note without control characters but line feeds and tabs, shortened.
    """
    note = cell.strip()
    if not note.isprintable():
        note = "".join(letter for letter in note if letter in "\n\t" or _is_allowed(letter))
    return note[:MAX_NOTE]


def join_notes(texts: Iterable[str]) -> str:
    """
    Return notes about a person as one cell.
    """
    return "\n\n".join(texts)


def read_time(cell: str) -> dt.datetime | None:
    """
    Parse an ISO 8601 time, or one such as 31.12.2026 18:30, taken as UTC if it has no offset.
    Return None for any other format, because a date such as 03/04/2026 is ambiguous.
    """
    if not cell:
        return None
    text = cell.strip().removesuffix(" UTC")
    try:
        return as_utc(dt.datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return _read_dotted(text)


def as_utc(time: dt.datetime) -> dt.datetime:
    """
    Return *time* in UTC, taken as UTC if it has no offset.
    """
    return time.replace(tzinfo=dt.UTC) if time.tzinfo is None else time.astimezone(dt.UTC)


def looks_like_time(cell: str) -> bool:
    """
    Return True if *cell* may be a date in any format.
    """
    return sum(map(cell.count, "-/.")) >= 2 and sum(map(str.isdigit, cell)) >= 4


def _read_dotted(text: str) -> dt.datetime | None:
    if found := _DOTTED.match(text):
        day, month, year, hour, minute, second = (int(part or 0) for part in found.groups())
        try:
            return dt.datetime(year, month, day, hour, minute, second, tzinfo=dt.UTC)
        except ValueError:
            return None
    return None


def _is_allowed(letter: str) -> bool:
    return unicodedata.category(letter) not in _CONTROL and letter not in DIRECTION_CONTROLS
