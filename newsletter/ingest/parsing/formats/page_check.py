"""
Check whether what was read from a page is its article: it may be a list of links, a notice about
cookies or a login, or another article. `web_page` calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.ingest.parsing import html_tree

LINKS = "most of the text is links: compare it with the page, and edit or hold the brief"
NOTICE = (
    "the page shows a notice or a login instead of an article: open it in a browser, and paste the "
    "text into the brief"
)
OTHER = "the text does not fit the title of the page: compare them, and edit or hold the brief"
# Chinese and Japanese have no spaces, so two characters count as a word.
_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{2}|[^\W\d_\u3040-\u30ff\u3400-\u9fff]{4,}")
_ANY_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{1,2}|[^\W\u3040-\u30ff\u3400-\u9fff]+")
_COOKIE = re.compile(r"cookie|クッキー|çerez|privacy settings", re.IGNORECASE)
_FEWEST_COOKIES = 3
_WORDS_PER_COOKIE = 40
_FEWEST_WORDS = 40
_FEWEST_CHARS = 200
_FEWEST_SOUGHT = 3
# Fewer words do not tell what they are about.
_FEWEST_COMPARED = 10
_LOGIN = "input[type=password]"
_SCRIPTED = "noscript, meta[http-equiv=refresh i]"


class PageCheck:
    """
    What *tree* says of the page, to be compared with the text that is found in it. *titles* are the
    title and the description that it states.
    """

    def __init__(self, tree: LexborHTMLParser, titles: Iterable[str]) -> None:
        self._titles = [title for title in titles if title]
        self._has_login = tree.css_first(_LOGIN) is not None
        self._is_scripted = any(
            node.tag == "meta" or html_tree.text_of(node) for node in tree.css(_SCRIPTED)
        )

    def furniture(self, content: LexborNode, text: str) -> str | None:
        """
        Return a warning if *content*, whose text is *text*, is links or a notice; else None.
        """
        count = len(_ANY_WORD.findall(text))
        linked = sum(len(html_tree.text_of(link)) for link in content.css("a[href]"))
        if len(text) >= _FEWEST_CHARS and 2 * linked > len(text):
            return LINKS
        cookies = 0 if _COOKIE.search(" ".join(self._titles)) else len(_COOKIE.findall(text))
        if cookies >= _FEWEST_COOKIES and cookies * _WORDS_PER_COOKIE > count:
            return NOTICE
        return NOTICE if count < _FEWEST_WORDS and (self._has_login or self._is_scripted) else None

    def mismatch(self, text: str) -> str | None:
        """
        Return a warning if *text* has less than a third of the longer words of each title; else
        None.
        """
        sought = [words for title in self._titles if (words := _words(title))]
        if len(set[str]().union(*sought)) < _FEWEST_SOUGHT:
            return None
        if len(_ANY_WORD.findall(text)) < _FEWEST_COMPARED:
            return None
        present = _words(text)
        is_like = any(3 * len(words & present) >= len(words) for words in sought)
        return None if is_like else OTHER


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))
