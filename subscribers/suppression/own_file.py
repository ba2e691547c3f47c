"""
Read back what an export of suppressions wrote: why each address is suppressed, where, until when.

What is damaged in a line errs to the stricter: an end that cannot be read is none, and a list that
cannot be read stands for all lists.
"""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Sequence

from subscribers.errors import InvalidText
from subscribers.suppression.bulk import NewSuppression
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.read_key import read_suppressed
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import one_line

HEADING = ("address", "reason", "scope", "since", "expires_at", "note")
_MOST_LETTERS = 60
_SLUG_LETTERS = frozenset(string.ascii_lowercase + string.digits + "-")


def is_own_heading(line: str) -> bool:
    """
    Return True if that is the first line of an export. Former ones had no notes.
    """
    return tuple(line.strip().split(","))[:5] == HEADING[:5]


def read_own_row(
    cells: Sequence[str], default: NewSuppression, *, now: dt.datetime
) -> tuple[str, NewSuppression] | None:
    """
    Return the key of a row and what is to be stored about it; None if it names nothing. *default*
    has the reason and the note of a row without them.
    """
    key = read_suppressed(list(cells[:1]))
    if key is None:
        return None
    _, reason, scope, since, ends, note, *_ = [*cells, *[""] * len(HEADING)]
    at = _time(since)
    return key, NewSuppression(
        reason=_reason(reason) or default.reason,
        scope=scope if len(scope) <= _MOST_LETTERS and set(scope) <= _SLUG_LETTERS else ALL_LISTS,
        since=None if at is None else min(at, now),
        expires_at=_time(ends),
        note=_note(note) or default.note,
    )


def _reason(text: str) -> SuppressionReason | None:
    known = {each.value: each for each in SuppressionReason}
    # Only our own keyed hashes are those of erased people.
    return None if text == SuppressionReason.ERASED else known.get(text)


def _time(text: str) -> dt.datetime | None:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if found.tzinfo is None else found.astimezone(dt.UTC)


def _note(text: str) -> str:
    try:
        return one_line(text, phrase("note"))
    except InvalidText:
        return ""
