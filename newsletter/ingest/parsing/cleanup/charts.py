"""
Replace charts that mail programs cannot draw: by the image that the chart service offers, by a
link, or by their text. Called by `email_safe`.
"""

from __future__ import annotations

import html
import re

from selectolax.lexbor import LexborNode

from newsletter.ingest.parsing import characters, html_tree, urls
from newsletter.ingest.parsing.cleanup import images

# For each service: the still image of a chart, as used in its embed code for readers without
# JavaScript, and the page of the chart.
_SERVICES = (
    (
        re.compile(r"^https?://datawrapper\.dwcdn\.net/(\w{4,12})(?:/|$)"),
        "https://datawrapper.dwcdn.net/{}/full.png",
        "https://datawrapper.dwcdn.net/{}/",
    ),
    (
        re.compile(r"^https?://(?:flo\.uri\.sh|public\.flourish\.studio)/visualisation/(\d{1,12})"),
        "https://public.flourish.studio/visualisation/{}/thumbnail",
        "https://public.flourish.studio/visualisation/{}/",
    ),
)
_SVG_FILE = re.compile(r"\.svgz?(?:$|[?#])", re.IGNORECASE)
_ICON = 48
_LONGEST = 300
_EXCERPT_CHARS = 80


def settle_charts(body: LexborNode, base: str | None) -> list[str]:
    """
    Replace the charts in *body*. Return a line for each drawn chart (SVG or canvas) that was
    replaced by its text.
    """
    for credit in body.css("a.flourish-credit"):
        credit.decompose()
    for frame in body.css("iframe"):
        _settle_frame(frame, base)
    removed = []
    for node in body.css("svg, canvas"):
        words = _words_of(node)
        if words and not _is_ornament(node):
            removed.append(f"a drawn chart: {words}"[:_EXCERPT_CHARS])
            _stand_in(node, f"<p>{html_tree.shown(words)}</p>")
    return removed


def settle_drawn_files(body: LexborNode, warnings: list[str]) -> None:
    """
    Replace each `<img>` of an SVG file in *body* by a link with its alternative text, after
    `settle_images` has cleaned it.
    """
    for image in body.css("img"):
        url = image.attributes.get("src") or ""
        if _SVG_FILE.search(url):
            _settle_drawn_file(image, url, warnings)


def _settle_drawn_file(image: LexborNode, url: str, warnings: list[str]) -> None:
    alt = image.attributes.get("alt") or ""
    if _is_small(image):
        image.replace_with(alt)
        return
    what = "it was replaced by a link" if alt else "it was left out"
    warnings.append(f"the image {url[:200]} is an SVG, which email programs do not show: {what}")
    link = f'<a href="{html.escape(url)}">{html_tree.shown(alt)}</a>'
    _stand_in(image, f'<p class="film">{link}</p>' if alt else "")


def _settle_frame(frame: LexborNode, base: str | None) -> None:
    values = frame.attributes
    url = urls.absolute(values.get("src") or values.get("data-src"), base) or ""
    for pattern, still, page in _SERVICES:
        if found := pattern.match(url):
            title = characters.line(values.get("title") or values.get("aria-label") or "")
            image = f'<img src="{still.format(found[1])}" alt="{html.escape(title)}">'
            link = f'<a href="{page.format(found[1])}">{image}</a>'
            _stand_in(frame, f"<figure>{link}</figure>")
            return


def _stand_in(node: LexborNode, markup: str) -> None:
    """
    Replace *node* by *markup*, inserted before the figure or paragraph around it, if any.
    """
    made = html_tree.body_of(markup).first_child if markup else None
    outer, step = node, node.parent
    while step is not None and step.tag in ("figure", "p", "a", "span", "picture"):
        outer, step = step, step.parent
    if made is not None:
        outer.insert_before(made)
    node.decompose()


def _words_of(node: LexborNode) -> str:
    """
    Return the label and description of a drawing, else the text in it.
    """
    label = node.attributes.get("aria-label") or _inside(node, "title")
    described = " ".join(filter(None, [label, _inside(node, "desc")]))
    words = described or node.text(deep=True, separator=" ", strip=True)
    return characters.line(words)[:_LONGEST]


def _inside(node: LexborNode, tag: str) -> str:
    found = next((each for each in node.css(tag) if each.parent == node), None)
    return characters.line(found.text(deep=True)) if found is not None else ""


def _is_ornament(node: LexborNode) -> bool:
    """
    Return True if a drawing is an icon, or is inside a link, a button or another drawing.
    """
    if (node.attributes.get("aria-hidden") or "") == "true" or _is_small(node):
        return True
    step = node.parent
    while step is not None and step.tag not in ("a", "button", "nav", "svg"):
        step = step.parent
    return step is not None


def _is_small(node: LexborNode) -> bool:
    width = images.pixels(node.attributes.get("width"))
    return width is not None and width <= _ICON
