"""
Check the rows that were picked: that a comparison fits what is asked about, and that there is a
value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.segments.row_subjects import RowSubject
from newsletter.web.admin.segments.rule_rows import RuleRow
from newsletter.web.admin.staff_pages import FieldError

# What is meant by a comparison that does not fit.
_MEANT = {"is": "has", "contains": "has", "is not": "has not"}


@dataclass(frozen=True, kw_only=True)
class SettledRows:
    """
    The rows as they are taken. `renewed` are the places of those whose controls are others now, and
    `errors` say at a row what is missing from it.
    """

    rows: Sequence[RuleRow]
    renewed: Sequence[int]
    errors: Sequence[FieldError]


def settle(
    rows: Iterable[RuleRow],
    subjects: Mapping[str, RowSubject],
    words: StaffWords,
    *,
    is_scripted: bool,
) -> SettledRows:
    """
    Return the rows with the values that were meant. If the page *is_scripted*, it renews a row as
    soon as something else is asked about: the first comparison that fits is taken, and what is
    missing is still to come.
    """
    settled: list[RuleRow] = []
    errors: list[FieldError] = []
    renewed: list[int] = []
    for number, row in enumerate(rows):
        subject = subjects.get(row.subject)
        if subject is None:
            settled.append(RuleRow(shown=row.shown))
        else:
            row = _fitting(row, subject, is_scripted=is_scripted)
            wrong = _wrong(row, subject, words)
            if wrong and not is_scripted:
                errors.append(FieldError(name=f"value-{number}", text=wrong))
            settled.append(row)
        if shown_for(settled[-1], subjects) != row.shown:
            renewed.append(number)
    return SettledRows(rows=settled, renewed=renewed, errors=errors)


def shown_for(row: RuleRow, subjects: Mapping[str, RowSubject]) -> str:
    """
    Return for what a form has controls if it shows *row*.
    """
    subject = subjects.get(row.subject)
    return f"{row.subject}:{subject.control(row.comparison)}" if subject else ""


def _fitting(row: RuleRow, subject: RowSubject, *, is_scripted: bool) -> RuleRow:
    comparison = row.comparison
    if comparison not in subject.comparisons:
        comparison = _MEANT.get(comparison, "")
    if comparison not in subject.comparisons:
        comparison = subject.comparisons[0] if is_scripted else row.comparison
    control = subject.control(comparison)
    value = subject.value_of(row.value) if control == "menu" else row.value.strip()
    was_for_another = not row.shown.startswith(f"{subject.key}:") or not row.shown.endswith(control)
    if is_scripted and was_for_another and control != "menu":
        value = ""
    if value is None:
        value = "" if is_scripted else row.value
    return replace(row, comparison=comparison, value=value)


def _wrong(row: RuleRow, subject: RowSubject, words: StaffWords) -> str:
    _ = words.gettext
    if row.comparison not in subject.comparisons:
        return _(
            "Choose how %(what)s is compared: what you chose does not fit it.", what=subject.name
        )
    control = subject.control(row.comparison)
    if control == "none":
        return ""
    if not row.value:
        return _("A value is missing.")
    if control == "menu" and subject.value_of(row.value) is None:
        return _("There is no %(value)s: choose one of the menu.", value=row.value)
    if control == "days" and not (row.value.isascii() and row.value.isdecimal()):
        return _("Write a number of days, such as 30.")
    return ""
