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
from subscribers.text.phrases import phrase

WIDEST = 640
# Phone screens show two or more pixels for each CSS pixel.
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
            message = phrase(
                "the image is only {width} pixels wide: use a larger one, phones blur it",
                width=width,
            )
            yield Finding(
                "images", Level.ADVICE, message, phrase("brief “{title}”", title=brief.title[:60])
            )


def _problems(node: LexborNode) -> Iterator[tuple[Level, str]]:
    src = (node.attributes.get("src") or "").lower()
    if src.startswith("data:"):
        yield (
            Level.ERROR,
            phrase("an embedded (data:) image, which Gmail and Outlook drop: host the file"),
        )
    if re.search(r"\.(svg|webp|avif)(?:[?#]|$)", src):
        yield Level.WARNING, phrase("an image format that Outlook cannot show: use JPEG or PNG")
    if node.attributes.get("alt") is None:
        yield (
            Level.ERROR,
            phrase('no alt attribute: describe the image, or write alt="" if it is decorative'),
        )
    for name in ("width", "height"):
        if not (node.attributes.get(name) or "").isdecimal():
            yield (
                Level.WARNING,
                phrase(
                    "no {name} in pixels: Outlook shows the image at full size; add it", name=name
                ),
            )
    width = node.attributes.get("width") or ""
    if width.isdecimal() and int(width) > WIDEST:
        yield (
            Level.ERROR,
            phrase(
                "{width} pixels wide, which is too wide for phones: use at most {widest}",
                width=width,
                widest=WIDEST,
            ),
        )


def description(checked: CheckedMail) -> Iterator[Finding]:
    for brief in _briefs_with_image(checked):
        for problem in _description_problems(brief):
            yield Finding(
                "image-metadata",
                Level.ADVICE,
                problem,
                phrase("brief “{title}”", title=brief.title[:60]),
            )


def _description_problems(brief: Brief) -> Iterator[str]:
    alt = plain(brief.image_alt)
    if not alt:
        yield phrase("the image has no alt text: describe it with `newsletter brief edit`")
    elif alt == plain(brief.caption or ""):
        yield phrase("the alt text repeats the caption: describe the image")
    elif _FILE_NAME.fullmatch(alt):
        yield phrase("the alt text is a file name, {alt}: describe the image", alt=alt)
    if not brief.credit:
        yield phrase("the image has no credit: add who made it")


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
