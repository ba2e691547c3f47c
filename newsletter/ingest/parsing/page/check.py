"""
Check whether what was read from a page is its article: it may be a list of links, a notice about
cookies or a login, or another article. `web_page` calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.ingest.parsing import html_tree, urls
from newsletter.ingest.parsing.page.words import long_words
from newsletter.ingest.parsing.phrases.page_not_found import says_not_found

LINKS = "most of the text is links: compare it with the page, and edit or hold the brief"
NOTICE = (
    "the page shows a notice or a login instead of an article: open it in a browser, and paste the "
    "text into the brief"
)
OTHER = "the text does not fit the title of the page: compare them, and edit or hold the brief"
MISSING = "the page says that it was not found: check its address, and hold the brief"
PART = (
    "the page is for subscribers: if the text is only its beginning, paste the rest into the "
    "brief, or hold it"
)
# Chinese and Japanese have no spaces, so two characters count as a word.
_ANY_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]{1,2}|[^\W\u3040-\u30ff\u3400-\u9fff]+")
_COOKIE = re.compile(r"cookie|クッキー|çerez|privacy settings", re.IGNORECASE)
# A page with more words is an article about pages that are gone.
_MOST_WORDS_IF_MISSING = 120
_LONG_WORD = 4
_HEADINGS = "h2 > a[href], h3 > a[href], h4 > a[href], a[href] > h2, a[href] > h3, a[href] > h4"
_FEWEST_TEASERS = 3
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
    What *tree* says of the page at *base*, to be compared with the text that is found in it.
    *titles* are the title and the description that it states; *is_free* is False if it says that
    only subscribers can read it.
    """

    def __init__(
        self,
        tree: LexborHTMLParser,
        titles: Iterable[str],
        *,
        base: str | None = None,
        is_free: bool = True,
    ) -> None:
        self._is_free = is_free
        self._teasers = set(_teasers(tree, base))
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
        if count < _MOST_WORDS_IF_MISSING and any(map(says_not_found, self._titles)):
            return MISSING
        cookies = 0 if _COOKIE.search(" ".join(self._titles)) else len(_COOKIE.findall(text))
        if cookies >= _FEWEST_COOKIES and cookies * _WORDS_PER_COOKIE > count:
            return NOTICE
        if count < _FEWEST_WORDS and (self._has_login or self._is_scripted):
            return NOTICE
        if self._are_teasers(content, text):
            return LINKS
        return NOTICE if self._is_empty(content, text) else None

    def _are_teasers(self, content: LexborNode, text: str) -> bool:
        found = [
            len(said) for said in map(html_tree.text_of, content.css("p")) if said in self._teasers
        ]
        return len(found) >= _FEWEST_TEASERS and 2 * sum(found) > len(text)

    def _is_empty(self, content: LexborNode, text: str) -> bool:
        """
        Return True if *text* is shorter than what the page states that it is about.
        """
        is_short = len(_ANY_WORD.findall(text)) < _FEWEST_COMPARED
        has_media = content.css_first("img, video, audio, iframe, figure") is not None
        return is_short and not has_media and len(text) < max(map(len, self._titles), default=0)

    def mismatch(self, text: str) -> str | None:
        """
        Return a warning if the page is for subscribers, or if *text* has less than a third of the
        longer words of each title; else None.
        """
        if not self._is_free:
            return PART
        sought = [words for title in self._titles if (words := long_words(title, _LONG_WORD))]
        if len(set[str]().union(*sought)) < _FEWEST_SOUGHT:
            return None
        if len(_ANY_WORD.findall(text)) < _FEWEST_COMPARED:
            return None
        present = long_words(text, _LONG_WORD)
        is_like = any(3 * len(words & present) >= len(words) for words in sought)
        return None if is_like else OTHER


def _teasers(tree: LexborHTMLParser, base: str | None) -> Iterator[str]:
    """
    Yield the text that follows each heading that leads to another page of the same site.
    """
    for node in tree.css(_HEADINGS):
        outer = node.parent
        if outer is None or not _leads_inside(node if node.tag == "a" else outer, base):
            continue
        after = outer.next
        while after is not None and not after.is_element_node:
            after = after.next
        if after is not None and (text := html_tree.text_of(after)):
            yield text


def _leads_inside(link: LexborNode, base: str | None) -> bool:
    href = link.attributes.get("href") or ""
    host = urlsplit(urls.absolute(href, base) or "").hostname
    return not href.startswith("#") and (host is None or host == urlsplit(base or "").hostname)
