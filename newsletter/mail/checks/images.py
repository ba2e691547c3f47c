"""
Rules 18 and 19: every image has a size and an alternative text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from newsletter.mail.checks.checked_mail import CheckedMail, plain, shown_tag
from newsletter.model.brief import Brief
from newsletter.model.check import Finding, Level
from newsletter.model.image import MEDIA_PREFIX
from newsletter.model.issue import ShownAs

WIDEST = 640
# Screens of phones have two pixels and more for one.
SHARP = 1.5
_FILE_NAME = re.compile(
    r"(?:img|dsc|image|photo|screenshot)?[\w-]*\.(?:jpe?g|png|gif|webp|svg)|"
    r"(?:img|dsc|image|photo)[_-]?\d+",
    re.IGNORECASE,
)


def display(checked: CheckedMail) -> Iterator[Finding]:
    for node in checked.nodes:
        if node.tag == "img":
            for level, problem in _problems(node):
                yield Finding("images", level, problem, shown_tag(node, "src"))
    for brief in _briefs_with_image(checked):
        if (width := brief.image_width) and width < SHARP * min(width, WIDEST) and width < WIDEST:
            message = f"the file is only {width} pixels wide: phones show it blurred"
            yield Finding("images", Level.NOTE, message, f"brief “{brief.title[:60]}”")


def _problems(node: LexborNode) -> Iterator[tuple[Level, str]]:
    src = (node.attributes.get("src") or "").lower()
    if src.startswith("data:"):
        yield Level.ERROR, "a picture inside the page, which Gmail and Outlook drop: host the file"
    if re.search(r"\.(svg|webp|avif)(?:[?#]|$)", src):
        yield Level.WARNING, "a kind of picture that Outlook cannot show: use JPEG or PNG"
    if node.attributes.get("alt") is None:
        yield Level.ERROR, 'no alt: say what it shows, or alt="" where it says nothing'
    for name in ("width", "height"):
        if not (node.attributes.get(name) or "").isdecimal():
            yield Level.WARNING, f"no {name} in pixels: Outlook shows it as large as the file is"
    width = node.attributes.get("width") or ""
    if width.isdecimal() and int(width) > WIDEST:
        yield Level.ERROR, f"{width} pixels wide, of {WIDEST}: it breaks the page on phones"


def description(checked: CheckedMail) -> Iterator[Finding]:
    for brief in _briefs_with_image(checked):
        for problem in _description_problems(brief):
            yield Finding("image-metadata", Level.WARNING, problem, f"brief “{brief.title[:60]}”")


def _description_problems(brief: Brief) -> Iterator[str]:
    alt = plain(brief.image_alt)
    if not alt:
        yield "its picture has no alt text: say what it shows (`newsletter brief edit`)"
    elif alt == plain(brief.caption or ""):
        yield "the alt text says the caption again: say what can be seen"
    elif _FILE_NAME.fullmatch(alt):
        yield f"the alt text is a file's name, {alt}: say what can be seen"
    if not brief.credit:
        yield "its picture names nobody who took it: add a credit"


def _briefs_with_image(checked: CheckedMail) -> list[Brief]:
    """
    Return the briefs whose image the page shows.
    """
    return [
        chosen.brief
        for chosen in checked.briefs or ()
        if chosen.brief.image_url
        and chosen.shown_as in (ShownAs.FULL, ShownAs.EXCERPT)
        and chosen.brief.image_url.removeprefix(MEDIA_PREFIX) in checked.html.replace("&amp;", "&")
    ]
