"""
Write the text of a rule from rows that were picked: what is asked about, how it is compared, and
with what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ROWS = 3
ON_LIST, PENDING_ON_LIST = "on list", "pending on list"
# How a comparison is written; {0} is what is asked about, {1} the value in quotes, {2} as it is.
COMPARISONS = {
    "is": "{0} = {1}",
    "is not": "{0} != {1}",
    "contains": "{0} contains {1}",
    "starts with": "{0} starts with {1}",
    "ends with": "{0} ends with {1}",
    "has": "{0} has {1}",
    "less": "{0} < {1}",
    "more": "{0} > {1}",
    "before": "{0} before {1}",
    "after": "{0} after {1}",
    "within": "{0} within {2} days",
    "longer ago": "{0} more than {2} days ago",
    "is set": "{0} is set",
    "is not set": "{0} is not set",
}
_WITHOUT_VALUE = frozenset({"is set", "is not set"})


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    """
    A row as it was picked. One without `subject` says nothing.
    """

    subject: str = ""
    comparison: str = "is"
    value: str = ""

    @property
    def is_complete(self) -> bool:
        """
        Return True if it says something.
        """
        return bool(self.subject and (self.value.strip() or self.comparison in _WITHOUT_VALUE))

    @property
    def text(self) -> str:
        """
        Return the test that the row means.
        """
        value = self.value.strip()
        if self.subject in (ON_LIST, PENDING_ON_LIST):
            test = f"{self.subject} {_quoted(value)}"
            return f"not {test}" if self.comparison == "is not" else test
        written = COMPARISONS.get(self.comparison, COMPARISONS["is"])
        return written.format(self.subject, _quoted(value), value)


def rule_of(rows: Sequence[RuleRow], *, any_of: bool) -> str:
    """
    Return the rule that selects people for whom all rows are true, or *any_of* them.
    """
    return (" or " if any_of else " and ").join(row.text for row in rows if row.is_complete)


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
