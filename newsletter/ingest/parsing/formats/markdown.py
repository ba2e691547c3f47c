"""
Convert Markdown to HTML, without the template tags of static site generators.
"""

from __future__ import annotations

import re

from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

# Code is left alone: a brief may show a template tag as code.
_FENCE = re.compile(r"(?ms)^(```|~~~)[^\n]*\n.*?^\1[^\n]*$|`[^`\n]{1,200}`")
# Liquid (Jekyll), Hugo shortcodes, Kramdown attributes: they are not Markdown.
_TAGS = re.compile(
    r"\{%[^\n]{0,500}?%\}|\{\{[<%][^\n]{0,500}?[>%]\}\}|(?m:^[ \t]{0,3}\{:[^{}\n]{0,200}\}[ \t]*$)"
    r"|\{:[^{}\n]{0,200}\}"
)
_PARSER = (
    MarkdownIt("commonmark", {"html": True})
    .enable(["table", "strikethrough"])
    .use(footnote_plugin, inline=False)
    .use(deflist_plugin)
)
# `cleanup.images` and `sanitise` decide which addresses are allowed. If the parser refused one,
# readers would see the Markdown source.
_PARSER.validateLink = lambda url: True  # type: ignore[method-assign]


def markup_of(text: str) -> tuple[str, tuple[str, ...]]:
    """
    Convert *text* to HTML; return it and the template tags that were removed.
    """
    removed: list[str] = []
    pieces: list[str] = []
    end = 0
    for fence in _FENCE.finditer(text):
        pieces += [_without_tags(text[end : fence.start()], removed), fence[0]]
        end = fence.end()
    pieces.append(_without_tags(text[end:], removed))
    return render_markdown("".join(pieces)), tuple(removed)


def render_markdown(text: str) -> str:
    """
    Convert *text* to HTML as it is.
    """
    return str(_PARSER.render(text))


def _without_tags(text: str, removed: list[str]) -> str:
    removed += _TAGS.findall(text)
    return _TAGS.sub("", text)
