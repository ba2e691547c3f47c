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
    markup = _poster(url, poster, _title(node)) if poster else _line(url, _label(node, url))
    made = html_tree.body_of(markup).first_child
    if made is not None:
        _place(node, made)


def _place(node: LexborNode, made: LexborNode) -> None:
    """
    Replace *node* by *made*, including the figure or wrapper around it if it contains nothing else.
    """
    outer = node
    while (parent := outer.parent) is not None and parent.tag in ("figure", "div", "p", "a"):
        others = [
            n for n in parent.iter(include_text=True, skip_empty=True) if n.mem_id != outer.mem_id
        ]
        if others:
            break
        outer = parent
    outer.replace_with(made)


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
