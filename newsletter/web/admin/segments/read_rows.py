"""
Read the rows of a form from a rule, if rows can say what it asks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.web.admin.segments.row_subjects import key_of
from newsletter.web.admin.segments.rule_rows import (
    ENDED_ON_LIST,
    MOST_ROWS,
    ON_LIST,
    PENDING_ON_LIST,
    RuleRow,
    rule_of,
)
from subscribers.model import SubscriptionState
from subscribers.segments.model import (
    AllOf,
    AnyOf,
    Comparison,
    Not,
    OnList,
    Operator,
    Rule,
)
from subscribers.segments.operators import ValueKind, kind_of

_ON_LIST = {
    SubscriptionState.ACTIVE: ON_LIST,
    SubscriptionState.PENDING: PENDING_ON_LIST,
    SubscriptionState.ENDED: ENDED_ON_LIST,
}
_COMPARED = {
    Operator.EQUAL: "is",
    Operator.UNEQUAL: "is not",
    Operator.LESS: "less",
    Operator.AT_MOST: "at most",
    Operator.GREATER: "more",
    Operator.AT_LEAST: "at least",
    Operator.CONTAINS: "contains",
    Operator.STARTS_WITH: "starts with",
    Operator.ENDS_WITH: "ends with",
    Operator.HAS: "has",
    Operator.IS_SET: "is set",
    Operator.IS_NOT_SET: "is not set",
    Operator.WITHIN: "within",
    Operator.DAYS_AGO: "longer ago",
}
_DATED = {
    Operator.LESS: "before",
    Operator.AT_MOST: "until",
    Operator.GREATER: "after",
    Operator.AT_LEAST: "from",
}


@dataclass(frozen=True, kw_only=True)
class PickedRows:
    """
    Rows, and whether one of them is enough.
    """

    rows: Sequence[RuleRow] = ()
    any_of: bool = False

    @property
    def rule(self) -> str:
        """
        Return the rule that they write.
        """
        return rule_of(self.rows, any_of=self.any_of)


def rows_of(rule: Rule) -> PickedRows | None:
    """
    Return the rows that ask what *rule* asks; None if rows cannot say it.
    """
    parts = rule.parts if isinstance(rule, AllOf | AnyOf) else (rule,)
    rows = [row for part in parts if (row := _row_of(part)) is not None]
    if len(rows) < len(parts) or len(rows) > MOST_ROWS:
        return None
    return PickedRows(rows=rows, any_of=isinstance(rule, AnyOf))


def _row_of(rule: Rule) -> RuleRow | None:
    match rule:
        case OnList(slug=slug, state=state):
            return RuleRow(subject=_ON_LIST[state], value=slug)
        case Not(part=OnList(slug=slug, state=state)):
            return RuleRow(subject=_ON_LIST[state], comparison="is not", value=slug)
        case Not(part=Comparison(subject=subject, operator=Operator.HAS, values=(value,))):
            return RuleRow(subject=key_of(subject), comparison="has not", value=value)
        case Comparison(list_slug=None):
            return _compared(rule)
    return None


def _compared(test: Comparison) -> RuleRow | None:
    is_date = kind_of(test.subject) is ValueKind.DATE
    named = {**_COMPARED, **(_DATED if is_date else {})}
    is_part_of_set = test.operator is Operator.CONTAINS and kind_of(test.subject) is ValueKind.SET
    comparison = "has" if is_part_of_set else named.get(test.operator)
    if comparison is None or len(test.values) > 1:
        return None
    value = test.values[0] if test.values else ""
    return RuleRow(subject=key_of(test.subject), comparison=comparison, value=value)
