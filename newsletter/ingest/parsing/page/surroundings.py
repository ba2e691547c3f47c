"""
Find what its names show to be around the text of a web page: what its readers wrote, the foot of
the site, related pages. `main_content` takes it away before it looks for the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import html_tree

# Elements that surround the text itself, whatever their class, or that are a part of a line.
_NEVER = frozenset({"main", "article", "p", "a", "span", "h1", "h2", "h3", "h4"})
_COMMENTS = re.compile(
    r"(?!(?:no|has|with|hide|show|allow)[_-])(?:[a-z]{1,12}[_-])?"
    r"(?:comments?|comentarios?|commentaires?|kommentare?|commenti|reacties|disqus|livefyre)"
    r"(?:[_-]?(?:area|block|body|box|container|content|form|items?|lectores|list|section|stream"
    r"|thread|wrap)[\w-]{0,80})?",
    re.IGNORECASE,
)
_FOOT = re.compile(
    r"(?:site|page|main|global)?[_-]?foot(?:er)?|related(?:[_-]\w{1,40}){0,3}|form-legal",
    re.IGNORECASE,
)
_LONGEST_NAME = 120
# A footer with more text is the page's layout.
_LONGEST_FOOT = 3000


def surroundings(body: LexborNode) -> list[LexborNode]:
    """
    Return the outermost of the elements in *body* that are named so, except those with the only
    article or the first heading of the page.
    """
    return list(_outermost(body))


def _outermost(node: LexborNode) -> Iterator[LexborNode]:
    for child in node.iter():
        if _is_around(child):
            yield child
        else:
            yield from _outermost(child)


def _is_around(node: LexborNode) -> bool:
    if node.tag in _NEVER:
        return False
    said = node.attributes
    names = f"{said.get('id') or ''} {said.get('class') or ''}".split()
    names = [name for name in names if len(name) <= _LONGEST_NAME]
    if any(map(_COMMENTS.fullmatch, names)):
        return not _has_article(node)
    is_foot = any(map(_FOOT.fullmatch, names))
    return is_foot and not _has_article(node) and len(html_tree.text_of(node)) < _LONGEST_FOOT


def _has_article(node: LexborNode) -> bool:
    return node.css_first("h1, main, article:only-of-type") is not None
