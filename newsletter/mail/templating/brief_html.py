"""
A brief's sanitised HTML made to fit the place a template gives it: its headings go on from the
headline above them, and every heading of a table says what it heads. It runs inside the sandbox.
"""

from __future__ import annotations

import re

from markupsafe import Markup

_HEADING = re.compile(r"<(/?)h([1-6])\b")
_TABLE_PARTS = re.compile(r"<(table|tr|th)\b(?![^>]*\sscope=)")
# A table in which no th comes before its end; one inside it counts with it.
_PLAIN_TABLE = re.compile(r"<table\b((?![^>]*\srole=)[^>]*)>(?!(?:(?!</table>).)*<th\b)", re.DOTALL)
_DEEPEST = 6


def mail_html(html: str, level: int | None = None) -> Markup:
    """
    *html* as markup, its headings from *level* on (as they are without one): none is left out
    between one and the next below it.
    """
    fitted = _with_scopes(_with_roles(html))
    # The sandbox reads only what `reading.sanitise` let through.
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
    *html* with a table that heads nothing said to be for its looks: programs that read aloud
    would count its rows and columns.
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
