"""
Rules 23, 26, 27 and 28: the style attributes, the only styles that every mail program reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborNode

from newsletter.mail.checks.checked_mail import CheckedMail, excerpt_of, is_hidden, plain, shown_tag
from newsletter.mail.checks.css_support import TABLE
from newsletter.model.check import Finding, Level
from subscribers.text.phrases import phrase

SMALLEST_PX = 14
TIGHTEST = 1.3
_Styles = Sequence[tuple[str, str]]
_FONT = re.compile(r"(?<!\d)(\d+(?:\.\d+)?)px(?:\s*/\s*(\d+(?:\.\d+)?)(px|%|em)?)?")
_FOREIGN = re.compile(r"\b(?:rgba?|hsla?|hwb|lab|lch|oklab|oklch|color|color-mix)\(", re.IGNORECASE)
_PLAIN_COLOUR = re.compile(
    r"#[0-9a-f]{6}|#[0-9a-f]{3}|inherit|transparent|currentcolor|none|initial", re.IGNORECASE
)
# The longhands that a shorthand overrides when it comes after them.
_LONGHANDS = {
    "margin": ("margin-",),
    "padding": ("padding-",),
    "border": (
        "border-top",
        "border-right",
        "border-bottom",
        "border-left",
        "border-width",
        "border-style",
        "border-color",
    ),
    "border-top": ("border-top-",),
    "border-right": ("border-right-",),
    "border-bottom": ("border-bottom-",),
    "border-left": ("border-left-",),
    "font": ("font-", "line-height"),
    "background": ("background-",),
    "list-style": ("list-style-",),
}


def font_size(checked: CheckedMail) -> Iterator[Finding]:
    for node, styles in checked.styled():
        if is_hidden(node) or not plain(node.text(deep=False)):
            continue
        size, height = _size_of(styles)
        if size is not None and size < SMALLEST_PX:
            message = phrase(
                "text of {size:g} px is hard to read on phones: use at least {limit} px",
                size=size,
                limit=SMALLEST_PX,
            )
            yield Finding("font-size", Level.ADVICE, message, excerpt_of(node))
        if size and height is not None and height < TIGHTEST * size - 0.01:
            message = phrase(
                "line height {height:g} px for text of {size:g} px: use at least {limit} "
                "times the text size",
                height=height,
                size=size,
                limit=TIGHTEST,
            )
            yield Finding("font-size", Level.ADVICE, message, excerpt_of(node))


def _size_of(styles: _Styles) -> tuple[float | None, float | None]:
    """
    Return the font size and line height in px that *styles* set, or None for each that is not set.
    """
    size: float | None = None
    height: float | None = None
    for name, value in styles:
        found = _FONT.search(value) if name in ("font", "font-size") else None
        if found:
            size = float(found[1])
            height = _px(found[2], found[3], size) if found[2] else height
        elif name == "line-height" and (plain_height := re.match(r"([\d.]+)(px|%|em)?$", value)):
            height = _px(plain_height[1], plain_height[2], size)
    return size, height


def _px(number: str, unit: str | None, size: float | None) -> float | None:
    if unit == "px":
        return float(number)
    return None if size is None else float(number) * size / (100 if unit == "%" else 1)


def colours(checked: CheckedMail) -> Iterator[Finding]:
    for node, styles in checked.styled():
        for name, value in styles:
            is_colour = name in ("color", "background-color", "border-color")
            if _FOREIGN.search(value) or (is_colour and not _PLAIN_COLOUR.fullmatch(value)):
                message = phrase(
                    "{name}:{value}: write colours as #rrggbb for all mail programs",
                    name=name,
                    value=value[:40],
                )
                yield Finding("colours", Level.ADVICE, message, shown_tag(node, "class"))
    cells = (node for node in checked.nodes if node.tag in ("td", "th"))
    for node in cells:
        if plain(node.text(deep=False)) and (missing := _unresolved(node)):
            message = phrase(
                "no {missing} set for this text: dark mode can make it unreadable; set it",
                missing=missing,
            )
            yield Finding("colours", Level.ADVICE, message, excerpt_of(node))


def _unresolved(node: LexborNode) -> str:
    """
    Return which of colour and background neither the cell nor anything around it sets.
    """
    has_colour = has_ground = False
    above: LexborNode | None = node
    while above is not None and above.tag not in ("html", "-document"):
        style = (above.attributes.get("style") or "").replace(" ", "").lower()
        has_colour = has_colour or re.search(r"(?:^|;)color:", style) is not None
        is_ground = (
            re.search(r"(?:^|;)background(?:-color)?:", style) or "bgcolor" in above.attributes
        )
        has_ground = has_ground or bool(is_ground)
        above = above.parent
    return " and ".join(
        name for name, has in (("color", has_colour), ("background-color", has_ground)) if not has
    )


def css_support(checked: CheckedMail) -> Iterator[Finding]:
    seen: set[str] = set()
    for node, styles in checked.styled():
        for name, value in styles:
            for feature in TABLE.refused(name, value):
                if feature.slug not in seen:
                    seen.add(feature.slug)
                    message = phrase(
                        "{name}:{value}: {title} has no effect in {without}; {instead}",
                        name=name,
                        value=value[:40],
                        title=feature.title,
                        without=", ".join(feature.without),
                        instead=feature.instead,
                    )
                    yield Finding("css-support", Level.ERROR, message, shown_tag(node, "class"))


def css_shorthand(checked: CheckedMail) -> Iterator[Finding]:
    for node, styles in checked.styled():
        names: list[str] = []
        for name, _ in styles:
            overridden = [
                before for before in names if before.startswith(_LONGHANDS.get(name, ("\0",)))
            ]
            if overridden:
                message = phrase(
                    "{name} after {overridden} overrides it: write {name} first",
                    name=name,
                    overridden=overridden[0],
                )
                yield Finding("css-shorthand", Level.ERROR, message, shown_tag(node, "class"))
                break
            names.append(name)
