"""
Check whether a page contains the full text of an excerpt. `open_item` calls it before it uses the
page's text.
"""

from __future__ import annotations

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.page.words import long_words

_FEWEST_CHARS = 5


def text_in(markup: str) -> str:
    """
    Return the text of *markup* as one line.
    """
    return html_tree.text_of(html_tree.body_of(markup))


def is_about_the_same(excerpt: str, page: str, *, title: str) -> bool:
    """
    Return True if *page* contains half of the longer words of *excerpt*, or of *title* if *excerpt*
    has none. Pages that ask for consent, a login or a moment of patience also have status 200.
    """
    sought = long_words(excerpt, _FEWEST_CHARS) or long_words(title, _FEWEST_CHARS)
    return bool(sought) and 2 * len(sought & long_words(page, _FEWEST_CHARS)) >= len(sought)
