"""
Write the text of a rule from rows that were picked: what is asked about, how it is compared, and
with what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ROWS, MOST_ROWS = 3, 30
ON_LIST, PENDING_ON_LIST, ENDED_ON_LIST = "on list", "pending on list", "ended on list"
ON_LISTS = (ON_LIST, PENDING_ON_LIST, ENDED_ON_LIST)
# How a comparison is written; {0} is what is asked about, {1} the value in quotes, {2} as it is.
COMPARISONS = {
    "is": "{0} = {1}",
    "is not": "{0} != {1}",
    "contains": "{0} contains {1}",
    "starts with": "{0} starts with {1}",
    "ends with": "{0} ends with {1}",
    "has": "{0} has {1}",
    "has not": "not {0} has {1}",
    "less": "{0} < {1}",
    "more": "{0} > {1}",
    "at most": "{0} <= {1}",
    "at least": "{0} >= {1}",
    "before": "{0} before {1}",
    "after": "{0} after {1}",
    "until": "{0} <= {1}",
    "from": "{0} >= {1}",
    "within": "{0} within {2} days",
    "longer ago": "{0} more than {2} days ago",
    "is set": "{0} is set",
    "is not set": "{0} is not set",
}
WITHOUT_VALUE = frozenset({"is set", "is not set"})
WITH_DAYS = frozenset({"within", "longer ago"})


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """
    A row as it was picked. One without `subject` says nothing. `shown` is what the form had
    controls for when it was sent.
    """

    subject: str = ""
    comparison: str = "is"
    value: str = ""
    shown: str = ""

    @property
    def is_complete(self) -> bool:
        """
        Return True if it says something.
        """
        return bool(self.subject and (self.value.strip() or self.comparison in WITHOUT_VALUE))

    @property
    def text(self) -> str:
        """
        Return the test that the row means.
        """
        value = self.value.strip()
        if self.subject in ON_LISTS:
            test = f"{self.subject} {_quoted(value)}"
            return f"not {test}" if self.comparison == "is not" else test
        written = COMPARISONS.get(self.comparison, COMPARISONS["is"])
        return written.format(self.subject, _quoted(value), value)


def rule_of(rows: Sequence[RuleRow], *, any_of: bool) -> str:
    """
    Return the rule that selects people for whom all rows are true, or *any_of* them.
    """
    return _joining(any_of).join(row.text for row in rows if row.is_complete)


def row_at(rows: Sequence[RuleRow], column: int, *, any_of: bool) -> int | None:
    """
    Return which row wrote the character at *column*, from 1, of `rule_of`; None behind them all.
    """
    end = 0
    for number, row in enumerate(rows):
        if row.is_complete:
            end += len(row.text) + len(_joining(any_of))
            if column <= end:
                return number
    return None


def _joining(any_of: bool) -> str:
    return " or " if any_of else " and "


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
