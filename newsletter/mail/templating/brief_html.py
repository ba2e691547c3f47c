"""
Adapt a brief's sanitised HTML to its place in a template: headings continue from the one above, and
every table header has a scope. It runs inside the sandbox.
"""

from __future__ import annotations

import re

from markupsafe import Markup

_HEADING = re.compile(r"<(/?)h([1-6])\b")
_TABLE_PARTS = re.compile(r"<(table|tr|th)\b(?![^<>]*\sscope=)")
_TABLE_TAGS = re.compile(r"<(?:(?P<table>table\b)(?P<attributes>[^<>]*)>|/table>|(?P<header>th\b))")
_ROLE = re.compile(r"\srole=")
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
    plain: set[int] = set()
    has_header = False
    # From the end: a table has a header if a th comes before the next end of a table.
    for tag in reversed(list(_TABLE_TAGS.finditer(html))):
        if tag["table"] is None:
            has_header = tag["header"] is not None
        elif not has_header and not _ROLE.search(tag["attributes"]):
            plain.add(tag.start())

    def marked(tag: re.Match[str]) -> str:
        is_plain = tag.start() in plain
        return f'<table role="presentation"{tag["attributes"]}>' if is_plain else tag[0]

    return _TABLE_TAGS.sub(marked, html)


def _with_scopes(html: str) -> str:
    row = 0

    def scoped(match: re.Match[str]) -> str:
        nonlocal row
        row = {"table": 0, "tr": row + 1}.get(match[1], row)
        scope = "col" if row < 2 else "row"
        return f'<th scope="{scope}"' if match[1] == "th" else match[0]

    return _TABLE_PARTS.sub(scoped, html)
