"""
Replace players and frames by what a mail can show: a poster that links to the video, or a link with
its title. Called by `email_safe`.
"""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import characters, html_tree, urls
from newsletter.ingest.parsing.cleanup.trackers import is_tracker

_WRAPPERS = frozenset({"figure", "div", "p", "a", "span"})
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
_KINDS = {"video": "Video", "audio": "Audio"}
_YOUTUBE = re.compile(r"^(?:.+\.)?youtube(?:-nocookie)?\.com$")


def settle_embeds(body: LexborNode, base: str | None) -> None:
    """
    Replace every iframe, video, audio, embed and object in *body*.

    Posters of YouTube and Vimeo are not used: loading them would tell these sites who reads the
    mail.
    """
    for node in body.css("iframe, video, audio, embed, object"):
        if node.parent is not None:
            _settle(node, base)


def _settle(node: LexborNode, base: str | None) -> None:
    url = watched_at(urls.absolute(_source(node), base))
    if url is None:
        node.decompose()
        return
    poster = urls.absolute(node.attributes.get("poster"), base)
    is_shown = poster is not None and not is_tracker(poster)
    markup = _poster(url, poster or "", _title(node)) if is_shown else _line(url, _label(node, url))
    made = html_tree.body_of(markup).first_child
    if made is not None:
        _place(node, made)


def _place(node: LexborNode, made: LexborNode) -> None:
    """
    Replace *node* by *made*, including the figure or wrapper around it if it contains nothing else.
    In a figure with a caption it becomes the picture of that figure, and in the middle of a
    paragraph it is moved out of it.
    """
    outer = node
    while (parent := outer.parent) is not None and parent.tag in _WRAPPERS:
        if _others(outer, parent):
            break
        outer = parent
    if parent is not None and made.tag == "figure" and _is_captioned(outer, parent):
        parent.attrs["class"] = "film"
        outer.replace_with(made.first_child or made)
        return
    paragraph = _paragraph_around(outer)
    if paragraph is None:
        outer.replace_with(made)
    elif _starts(outer, paragraph):
        paragraph.insert_before(made)
        html_tree.remove_inline(outer)
    else:
        paragraph.insert_after(made)
        html_tree.remove_inline(outer)


def _is_captioned(node: LexborNode, parent: LexborNode) -> bool:
    """
    Return True if *parent* is a figure that contains only *node* and a caption.
    """
    others = _others(node, parent)
    return parent.tag == "figure" and all(other.tag == "figcaption" for other in others)


def _others(node: LexborNode, parent: LexborNode) -> list[LexborNode]:
    inside = parent.iter(include_text=True, skip_empty=True)
    return [other for other in inside if other.mem_id != node.mem_id]


def _paragraph_around(node: LexborNode) -> LexborNode | None:
    """
    Return the paragraph or heading around *node*; None if a block is nearer.
    """
    around = node.parent
    while around is not None and around.tag not in html_tree.BLOCKS:
        around = around.parent
    return around if around is not None and around.tag in _PARAGRAPHS else None


def _starts(node: LexborNode, paragraph: LexborNode) -> bool:
    """
    Return True if *paragraph* has no text before *node*.
    """
    while node.mem_id != paragraph.mem_id and node.parent is not None:
        before = node.prev
        while before is not None:
            text = before.text_content if before.is_text_node else html_tree.text_of(before)
            if (text or "").strip():
                return False
            before = before.prev
        node = node.parent
    return True


def _source(node: LexborNode) -> str:
    values = node.attributes
    for name in ("data-src", "data-lazy-src", "src", "data"):
        if (value := values.get(name) or "") and value != "about:blank":
            return value
    inside = node.css_first("source[src]") or node.css_first("a[href]")
    if inside is None:
        return ""
    return inside.attributes.get("src") or inside.attributes.get("href") or ""


def watched_at(url: str | None) -> str | None:
    """
    Return the page where people can watch what is embedded at *url*.
    """
    if url is None:
        return None
    parts = urlsplit(url)
    name = parts.hostname or ""
    if _YOUTUBE.match(name) and (found := re.match(r"/embed/([\w-]{6,20})$", parts.path)):
        if found[1] == "videoseries":
            playlist = parse_qs(parts.query).get("list", [""])[0]
            return f"https://www.youtube.com/playlist?list={playlist}"
        return f"https://www.youtube.com/watch?v={found[1]}"
    if name == "player.vimeo.com" and (found := re.match(r"/video/(\d+)", parts.path)):
        return f"https://vimeo.com/{found[1]}"
    return url


def _title(node: LexborNode) -> str:
    values = node.attributes
    return characters.line(values.get("title") or values.get("aria-label") or "")


def _label(node: LexborNode, url: str) -> str:
    place = urls.host(url)
    title = _title(node) or _KINDS.get(node.tag or "", "")
    return f"{title} ({place})" if title else place


def _line(url: str, label: str) -> str:
    return f'<p class="film"><a href="{html.escape(url)}">{html.escape(label)}</a></p>'


def _poster(url: str, poster: str, title: str) -> str:
    return (
        f'<figure class="film"><a href="{html.escape(url)}">'
        f'<img src="{html.escape(poster)}" alt="{html.escape(title or "Video")}"></a></figure>'
    )
