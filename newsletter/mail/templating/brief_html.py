"""
Adapt a brief's sanitised HTML to its place in a template: headings continue from the one above, and
every table header has a scope. It runs inside the sandbox.
"""

from __future__ import annotations

import re

from markupsafe import Markup

_HEADING = re.compile(r"<(/?)h([1-6])\b")
_TABLE_PARTS = re.compile(r"<(table|tr|th)\b(?![^>]*\sscope=)")
# A table without a th before its end; a table inside it counts as part of it.
_PLAIN_TABLE = re.compile(r"<table\b((?![^>]*\srole=)[^>]*)>(?!(?:(?!</table>).)*<th\b)", re.DOTALL)
_DEEPEST = 6


def mail_html(html: str, level: int | None = None) -> Markup:
    """
    Return *html* as markup with its headings starting at *level*, or unchanged if it is None.

    No heading level is skipped.
    """
    fitted = _with_scopes(_with_roles(html))
    # The sandbox only receives HTML that `cleanup.sanitise` cleaned.
    return Markup(fitted if level is None else _with_levels(fitted, level))  # noqa: S704


def _with_levels(html: str, level: int) -> str:
    open_levels: list[int] = []

    def placed(match: re.Match[str]) -> str:
        own = int(match[2])
        if not match[1]:
            while open_levels and open_levels[-1] >= own:
                open_levels.pop()
            open_levels.append(own)
        return f"<{match[1]}h{min(level + len(open_levels) - 1, _DEEPEST)}"

    return _HEADING.sub(placed, html)


def _with_roles(html: str) -> str:
    """
    Mark tables without headers as presentation, so that screen readers do not announce cells.
    """
    return _PLAIN_TABLE.sub(r'<table role="presentation"\1>', html)


def _with_scopes(html: str) -> str:
    row = 0

    def scoped(match: re.Match[str]) -> str:
        nonlocal row
        row = {"table": 0, "tr": row + 1}.get(match[1], row)
        scope = "col" if row < 2 else "row"
        return f'<th scope="{scope}"' if match[1] == "th" else match[0]

    return _TABLE_PARTS.sub(scoped, html)
