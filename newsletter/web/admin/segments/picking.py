"""
What becomes of a rule when rows are picked: a rule that the rows did not write is not replaced
before somebody said so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.web.admin.segments.read_rows import PickedRows
from newsletter.web.admin.segments.row_subjects import RowSubject
from newsletter.web.admin.segments.rule_rows import RuleRow, rule_of
from newsletter.web.admin.segments.settled_rows import SettledRows
from newsletter.web.admin.segments.typed_segment import TypedSegment
from newsletter.web.admin.staff_pages import FieldError


@dataclass(frozen=True, kw_only=True)
class Picking:
    """
    A segment as it was typed, with its rows `settled`; `as_text` are the rows that its rule can be
    shown as, None if it asks what rows cannot say.
    """

    typed: TypedSegment
    subjects: Mapping[str, RowSubject]
    settled: SettledRows
    as_text: PickedRows | None

    @property
    def rule(self) -> str:
        """
        Return the rule that the rows write.
        """
        return rule_of(self.settled.rows, any_of=self.typed.any_of)

    @property
    def is_changed(self) -> bool:
        """
        Return True if other rows were picked than the form showed.
        """
        return self.rule != self.typed.picked

    @property
    def would_replace(self) -> bool:
        """
        Return True if the rule was not written by the rows that the form showed.
        """
        written = self.as_text.rule if self.as_text else None
        return bool(self.typed.rule) and written != self.typed.picked

    @property
    def written(self) -> TypedSegment:
        """
        Return the segment with the rule of its rows.
        """
        return replace(self.typed, rule=self.rule, picked=self.rule, rows=self.settled.rows)

    @property
    def read(self) -> TypedSegment:
        """
        Return the segment with the rows of its rule.
        """
        found = self.as_text or PickedRows()
        return replace(self.typed, rows=found.rows, any_of=found.any_of, picked=found.rule)

    @property
    def kept(self) -> TypedSegment:
        """
        Return the segment with the rows as they were picked and the rule as it was typed. Rows
        that nobody changed or began follow the rule.
        """
        is_begun = any(row.subject and not row.is_complete for row in self.settled.rows)
        if self.as_text and not (self.is_changed or is_begun or self.settled.errors):
            return self.read
        return replace(self.typed, rows=self.settled.rows)


@dataclass(frozen=True, kw_only=True)
class ShownSegment:
    """
    What the form shows. With `replaces`, it asks whether the rule may become that of the rows.
    """

    segment: TypedSegment
    errors: Sequence[FieldError] = ()
    replaces: bool = False
    renewed: Sequence[int] = ()


def pick(picking: Picking, *, may_replace: bool) -> ShownSegment:
    """
    Return the form with the rule that the rows write; or with what is missing from a row, or with
    the question.
    """
    settled = picking.settled
    if settled.errors:
        return ShownSegment(segment=picking.kept, errors=settled.errors)
    if not picking.is_changed:
        return ShownSegment(segment=picking.kept, renewed=settled.renewed)
    if picking.would_replace and not may_replace:
        return ShownSegment(segment=picking.kept, replaces=True, renewed=settled.renewed)
    return ShownSegment(segment=picking.written, renewed=settled.renewed)


def with_places(rows: Sequence[RuleRow], number: int) -> list[RuleRow]:
    """
    Return the rows with empty ones behind them, so that there are at least *number*.
    """
    return [*rows, *[RuleRow()] * (number - len(rows))]
