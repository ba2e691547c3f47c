"""
Find the main content of a web page: the element that its theme marks, or else the text that
trafilatura finds, located in the page's own tree so that its images, links and tables are kept.
`web_page` calls it; `words` says where in the tree the words of that text are.
"""

from __future__ import annotations

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

from newsletter.ingest.parsing import html_tree
from newsletter.ingest.parsing.page.words import PageWords

# The elements in which WordPress themes, Elementor and Ghost put the content, and nothing else.
_THEMES = ".entry-content, .elementor-widget-theme-post-content, .gh-content"
# Elements that can be used without the elements around them.
_CONTAINERS = "body, main, article, section, div, td, center, form"
# The names of elements with what readers wrote, the foot of a site, and related pages, of which
# trafilatura 2.3.1 knows only some.
_AROUND = re.compile(
    r"(?!(?:no|has|with|hide|show|allow)[_-])(?:[a-z]{1,12}[_-])?"
    r"(?:comments?|comentarios?|commentaires?|kommentare?|commenti|reacties)(?:[_-][\w-]{0,80})?"
    r"|(?:site[_-]?|page[_-]?)?foot(?:er)?|related(?:[_-][\w-]{0,80})?",
    re.IGNORECASE,
)
# What belongs to the text around it although trafilatura leaves it out.
_FIGURES = "figure, .wp-caption, blockquote.twitter-tweet, blockquote.instagram-media"
_LINKED_HEADING = (
    "h2 > a[href], h3 > a[href], h4 > a[href], a[href] > h2, a[href] > h3, a[href] > h4"
)
_FEWEST_CHARS = 20
_FEWEST_OF_TEXT = 200
# How much of the text an element must have to be used without the rest of the page.
_MOST = 0.75
_KEPT = 0.5
_LOST = 0.1
# trafilatura 2.3.1 takes time quadratic in these, up to a second at these limits.
_MAX_ELEMENTS = 15_000
_MAX_LISTS = 1_000
_ELEMENT = re.compile(r"<[a-z]", re.IGNORECASE)
_LIST = re.compile(r"<(?:ul|ol|dl|table)\b", re.IGNORECASE)
_UNREAD = ("title", "style", "rel", "role", "itemprop", "typeof", "resource", "about")
# A footnote's number or sign, as opposed to a link to a section.
_NOTE = re.compile(r"\W?(?:\d{1,3}|[a-z*†‡§])\W?", re.IGNORECASE)


def main_content(tree: LexborHTMLParser, markup: str, *, stated: str = "") -> str:
    """
    Return the markup of the main content of *tree*, which was parsed from *markup*. *stated* is the
    text that the page states as data.
    """
    body = tree.body
    if body is None:
        return ""
    text = _text_within_surroundings(tree, body) or _main_text(markup)
    words = PageWords(body, text)
    if not words.sought:
        longest = _longest(tree, words, _THEMES) or _longest(tree, words, "article, main")
        return html_tree.inner(longest or body)
    theme = _element_of_theme(tree, words, body)
    if theme is not None:
        return html_tree.inner(theme)
    if words.found_in(body) < _KEPT * words.sought:
        # A script would show it: it is in the page only as data.
        if "</p>" in stated:
            return stated
        lines = (stated or text).splitlines()
        return "".join(f"<p>{html_tree.shown(line)}</p>" for line in lines if line.strip())
    root = _most_alike(body, words)
    _remove_teasers(root, words)
    _keep_figures(root, words)
    _keep_notes(root, words)
    words.settle()
    _remove_others(root, words)
    for form in root.css("form"):
        # A page may be one form; `prune` removes forms with what is in them.
        form.unwrap()
    return _lightened(root)


def _lightened(root: LexborNode) -> str:
    """
    Return the markup inside *root*; if it is too large, without the attributes that nothing reads.
    """
    markup = html_tree.inner(root)
    if len(markup) <= html_tree.MAX_BYTES:
        return markup
    for name in _UNREAD:
        for node in root.css(f"[{name}]:not(abbr)"):
            del node.attrs[name]
    return html_tree.inner(root)


def _text_within_surroundings(tree: LexborHTMLParser, body: LexborNode) -> str:
    """
    Return the text of the page without what its names show to be around it, and remove that from
    *body*; an empty string if there is nothing, or if it was the text.
    """
    bare = tree.clone()
    is_less = bare.body is not None and _remove_surroundings(bare.body)
    text = _main_text(bare.html or "") if is_less else ""
    if len(text) < _FEWEST_OF_TEXT:
        return ""
    _remove_surroundings(body)
    return text


def _remove_surroundings(node: LexborNode) -> bool:
    """
    Remove the elements in *node* that are named so, except those with the heading or the article of
    the page; return True if there were any.
    """
    is_less = False
    for child in list(node.iter()):
        if _is_around(child):
            child.decompose()
            is_less = True
        else:
            is_less |= _remove_surroundings(child)
    return is_less


def _is_around(node: LexborNode) -> bool:
    names = f"{node.id or ''} {node.attributes.get('class') or ''}".split()
    if not any(map(_AROUND.fullmatch, names)):
        return False
    return node.css_first("h1, main, article:only-of-type") is None


def _main_text(markup: str) -> str:
    """
    Return the text that trafilatura finds in *markup*; an empty string if it finds none, or if the
    page has too many elements for it.
    """
    # Loaded here, because only the sandboxed child process needs it.
    import trafilatura

    if len(_ELEMENT.findall(markup)) > _MAX_ELEMENTS or len(_LIST.findall(markup)) > _MAX_LISTS:
        return ""
    try:
        return trafilatura.extract(markup, favor_recall=True, include_comments=False) or ""
    except MemoryError:
        raise
    except Exception:
        # It was not written for hostile pages.
        return ""


def _longest(tree: LexborHTMLParser, words: PageWords, selector: str) -> LexborNode | None:
    return _worded(max(tree.css(selector), key=words.count_in, default=None))


def _element_of_theme(
    tree: LexborHTMLParser, words: PageWords, body: LexborNode
) -> LexborNode | None:
    best = _worded(max(tree.css(_THEMES), key=words.found_in, default=None))
    is_most = best is not None and words.found_in(best) >= _KEPT * words.found_in(body)
    return best if is_most else None


def _worded(node: LexborNode | None) -> LexborNode | None:
    has_text = node is not None and len(html_tree.text_of(node)) >= _FEWEST_CHARS
    return node if has_text else None


def _most_alike(body: LexborNode, words: PageWords) -> LexborNode:
    """
    Return the outermost of the elements that differ least from the text: the one with the highest
    F1 score, by words, of those that have most of it.
    """
    enough = _MOST * words.found_in(body)
    alone = [nodes[0] for tag in ("article", "main") if len(nodes := body.css(tag)) == 1]
    scope = next((node for node in alone if words.found_in(node) >= enough), body)
    nodes = [node for node in scope.css(_CONTAINERS) if words.found_in(node) >= enough]
    total = words.found_in(scope)
    score = {node.mem_id: words.found_in(node) / (words.count_in(node) + total) for node in nodes}
    best = max(nodes, key=lambda node: score[node.mem_id], default=body)
    # In a table for the layout, the cell.
    cells = [node for node in best.css("td") if score.get(node.mem_id) == score.get(best.mem_id)]
    return cells[-1] if cells else best


def _remove_teasers(root: LexborNode, words: PageWords) -> None:
    """
    Remove the articles in *root* whose headings lead elsewhere, unless they are most of the text.
    """
    total = words.found_in(root)
    teasers = [node for node in root.css("article") if 0 < words.found_in(node) < _KEPT * total]
    teasers = [node for node in teasers if node.css_first(_LINKED_HEADING) is not None]
    if sum(map(words.found_in, teasers)) >= _KEPT * total:
        return
    removed: set[int] = set()
    for node in teasers:
        if node.mem_id not in removed:
            removed.update(inside.mem_id for inside in node.css("article"))
            node.decompose()


def _keep_figures(root: LexborNode, words: PageWords) -> None:
    for figure in root.css(_FIGURES):
        linked = sum(words.count_in(link) for link in figure.css("a"))
        if linked <= _KEPT * words.count_in(figure) and words.is_before_end(figure):
            words.keep(figure)


def _keep_notes(root: LexborNode, words: PageWords) -> None:
    """
    Keep the footnotes that the text refers to.
    """
    named = {
        (link.attributes.get("href") or "")[1:]
        for link in root.css("a[href^='#']")
        if words.found_in(link) and _NOTE.fullmatch(html_tree.text_of(link))
    }
    for target in root.css("li[id], p[id], div[id], dd[id]"):
        if target.attributes.get("id") in named:
            words.keep(target)


def _remove_others(node: LexborNode, words: PageWords) -> None:
    """
    Remove what is not part of the text from *node*: blocks, and lines of links and labels between
    blocks. What has no words stays, as does a paragraph amid the text.
    """
    has_lines = _has_lines(node)
    for child in list(node.iter()):
        count, found = words.count_in(child), words.found_in(child)
        if not has_lines and (child.attributes.get("href") or "").startswith("#"):
            # It leads past an advertisement.
            child.decompose()
            continue
        if found == count or (child.tag == "p" and words.is_inside(child, node)):
            continue
        has_blocks = _has_blocks(child)
        is_removable = has_blocks or child.tag in html_tree.BLOCKS or not (has_lines or found)
        if has_blocks and found >= _LOST * count:
            _remove_others(child, words)
        elif is_removable and found < _KEPT * count:
            child.decompose()


def _has_lines(node: LexborNode) -> bool:
    """
    Return True if text stands directly in *node*, or if no block does.
    """
    inside = list(html_tree.children(node))
    is_worded = any(each.is_text_node and (each.text_content or "").strip() for each in inside)
    return is_worded or not any(each.tag in html_tree.BLOCKS for each in inside)


def _has_blocks(node: LexborNode) -> bool:
    return any(child.tag in html_tree.BLOCKS or _has_blocks(child) for child in node.iter())
