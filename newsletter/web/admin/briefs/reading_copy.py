"""
A brief as a document for a frame: what readers get of it, without the look of an email. The frame
is sandboxed, so nothing in the text can act on the page around it.
"""

from __future__ import annotations

import html
from dataclasses import replace

from newsletter.model.brief import Brief
from newsletter.model.image import MEDIA_PREFIX, Img, replace_images


def reading_copy(brief: Brief, *, style: str, read_more: str) -> str:
    """
    Return the document. *style* is the path of the style sheet, *read_more* what a button says that
    has no text of its own.
    """
    language = html.escape(brief.lang or "", quote=True)
    title = html.escape(brief.title)
    takeaways = "".join(f"<li>{html.escape(each)}</li>" for each in brief.takeaways)
    notes = "".join(f"<li>{html.escape(each)}</li>" for each in brief.footnotes)
    return "".join(
        (
            f'<!DOCTYPE html><html lang="{language}" dir="{html.escape(brief.dir, quote=True)}">',
            f'<meta charset="utf-8"><link rel="stylesheet" href="{style}"><title>{title}</title>',
            f'<body class="copy"><h1>{title}</h1>',
            _lead(brief),
            f"<ul>{takeaways}</ul>" if takeaways else "",
            replace_images(brief.body_html, _own),
            f"<ol>{notes}</ol>" if notes else "",
            _button(brief, read_more),
        )
    )


def _button(brief: Brief, read_more: str) -> str:
    if brief.cta is None:
        return ""
    label = brief.cta.label if brief.has_own_action else read_more
    address = html.escape(brief.cta.url, quote=True)
    return f'<p><a class="b first" href="{address}">{html.escape(label)}</a></p>'


def _lead(brief: Brief) -> str:
    if not brief.image_url or not brief.image_url.startswith(MEDIA_PREFIX):
        return ""
    caption = html.escape(" ".join(filter(None, (brief.caption, brief.credit))))
    address, text = own_address(brief.image_url), html.escape(brief.image_alt, quote=True)
    return f'<p><img src="{address}" alt="{text}"></p><p class="quiet">{caption}</p>'


def _own(image: Img) -> Img | None:
    """
    Return the image at its address here; None if it is on another site, which learns nothing.
    """
    is_own = image.src.startswith(MEDIA_PREFIX)
    return replace(image, src=own_address(image.src)) if is_own else None


def own_address(address: str) -> str:
    """
    Return the path at which an image is served that is stored here.
    """
    return f"/media/{html.escape(address.removeprefix(MEDIA_PREFIX), quote=True)}"
