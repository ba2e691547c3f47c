"""
A segment as it was typed and picked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.web.admin.path_numbers import number_or_none
from newsletter.web.admin.segments.rule_rows import MOST_ROWS, ROWS, RuleRow
from newsletter.web.typed_form import TypedForm


@dataclass(frozen=True, kw_only=True)
class TypedSegment:
    """
    What stands in the form. `picked` is the rule of the rows as the form showed them, so that a
    change of them can be seen.
    """

    name: str = ""
    rule: str = ""
    list_slug: str = ""
    rows: Sequence[RuleRow] = ()
    any_of: bool = False
    picked: str = ""


def read_typed(typed: TypedForm) -> TypedSegment:
    """
    Return what was typed and picked.
    """
    shown = number_or_none(typed.one("rows")) or ROWS
    rows = [
        RuleRow(
            subject=typed.one(f"subject-{n}"),
            comparison=typed.one(f"comparison-{n}"),
            value=typed.one(f"value-{n}").strip(),
            shown=typed.one(f"shown-{n}"),
        )
        for n in range(min(max(shown, ROWS), MOST_ROWS))
    ]
    return TypedSegment(
        name=typed.one("name").strip(),
        rule=typed.one("rule").strip(),
        list_slug=typed.one("list"),
        rows=rows,
        any_of=typed.one("joined") == "or",
        picked=typed.one("picked"),
    )
