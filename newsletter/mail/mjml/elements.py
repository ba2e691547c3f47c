"""
List the MJML elements that a mail may have, with their parents, their content and attributes.

The list follows https://documentation.mjml.io/#components, without elements that read files or load
resources by themselves. mrml reports no mistakes: it copies or drops what it does not know.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto


class MjmlError(Exception):
    """
    An error at *place*, the number of characters before it; -1 if that is unknown.
    """

    def __init__(self, message: str, place: int = -1) -> None:
        super().__init__(message)
        self.place = place


class Holds(Enum):
    """
    The content that an element may have: other elements, HTML, plain text, CSS or nothing.
    """

    ELEMENTS = auto()
    HTML = auto()
    TEXT = auto()
    CSS = auto()
    NOTHING = auto()


@dataclass(frozen=True)
class ElementKind:
    """
    One kind of element; *inside* names its possible parents.
    """

    holds: Holds
    inside: frozenset[str]
    attributes: frozenset[str]


_PADDING = "padding padding-top padding-right padding-bottom padding-left"
_BORDER = "border border-top border-right border-bottom border-left border-radius"
_FONT = "color font-family font-size font-style font-weight line-height letter-spacing"
_LETTERS = f"{_FONT} text-decoration text-transform"
_CONTENT = f"{_PADDING} align container-background-color vertical-align"
_LINK = "href name rel target title"
_BACKGROUND = (
    "background-color background-url background-position background-position-x "
    "background-position-y background-repeat background-size"
)
_SECTION = f"{_PADDING} {_BORDER} {_BACKGROUND} direction full-width text-align text-padding"
_COLUMNS = "mj-column mj-hero"
# In a wrapper, mrml would put it where only Outlook reads it.
_RAW_PLACES = f"mj-head mj-body mj-section mj-group {_COLUMNS}"


def _kind(holds: Holds, inside: str, attributes: str = "", *, is_head: bool = False) -> ElementKind:
    everywhere = "" if is_head else "css-class mj-class"
    return ElementKind(
        holds, frozenset(inside.split()), frozenset(f"{attributes} {everywhere}".split())
    )


def _head(holds: Holds, attributes: str = "") -> ElementKind:
    return _kind(holds, "mj-head", attributes, is_head=True)


KINDS = {
    "mjml": _kind(Holds.ELEMENTS, "", "lang dir", is_head=True),
    "mj-head": _kind(Holds.ELEMENTS, "mjml", is_head=True),
    "mj-title": _head(Holds.TEXT),
    "mj-preview": _head(Holds.TEXT),
    "mj-style": _head(Holds.CSS, "inline"),
    "mj-breakpoint": _head(Holds.NOTHING, "width"),
    "mj-attributes": _head(Holds.ELEMENTS),
    "mj-body": _kind(Holds.ELEMENTS, "mjml", "background-color width"),
    "mj-wrapper": _kind(Holds.ELEMENTS, "mj-body", _SECTION),
    "mj-section": _kind(Holds.ELEMENTS, "mj-body mj-wrapper", _SECTION),
    "mj-group": _kind(
        Holds.ELEMENTS, "mj-section", "background-color direction vertical-align width"
    ),
    "mj-column": _kind(
        Holds.ELEMENTS,
        "mj-section mj-group",
        f"{_PADDING} {_BORDER} background-color direction vertical-align width "
        "inner-background-color inner-border inner-border-top inner-border-right "
        "inner-border-bottom inner-border-left "
        "inner-border-radius",
    ),
    "mj-hero": _kind(
        Holds.ELEMENTS,
        "mj-body mj-wrapper",
        f"{_CONTENT} {_BACKGROUND} background-height background-width border-radius height "
        "inner-background-color inner-padding inner-padding-top inner-padding-right "
        "inner-padding-bottom inner-padding-left mode width",
    ),
    "mj-raw": _kind(Holds.HTML, _RAW_PLACES, is_head=True),
    "mj-text": _kind(Holds.HTML, _COLUMNS, f"{_CONTENT} {_LETTERS} height"),
    "mj-button": _kind(
        Holds.HTML,
        _COLUMNS,
        f"{_CONTENT} {_LETTERS} {_BORDER} {_LINK} background-color height inner-padding text-align "
        "width",
    ),
    "mj-image": _kind(
        Holds.NOTHING,
        _COLUMNS,
        f"{_CONTENT} {_BORDER} {_LINK} alt fluid-on-mobile font-size height sizes src srcset "
        "usemap width",
    ),
    "mj-divider": _kind(
        Holds.NOTHING, _COLUMNS, f"{_CONTENT} border-color border-style border-width width"
    ),
    "mj-spacer": _kind(Holds.NOTHING, _COLUMNS, f"{_CONTENT} height width"),
    "mj-table": _kind(
        Holds.HTML,
        _COLUMNS,
        f"{_CONTENT} {_FONT} border cellpadding cellspacing table-layout width",
    ),
    "mj-social": _kind(
        Holds.ELEMENTS,
        _COLUMNS,
        f"{_CONTENT} {_LETTERS} border-radius icon-height icon-padding icon-size inner-padding "
        "mode table-layout text-padding",
    ),
    "mj-social-element": _kind(
        Holds.HTML,
        "mj-social",
        f"{_PADDING} {_LETTERS} {_LINK} align alt background-color border-radius icon-height "
        "icon-padding icon-position icon-size sizes src srcset text-padding vertical-align",
    ),
    "mj-navbar": _kind(Holds.ELEMENTS, _COLUMNS, f"{_CONTENT} base-url"),
    "mj-navbar-link": _kind(Holds.HTML, "mj-navbar", f"{_PADDING} {_LETTERS} {_LINK}"),
}

REFUSED = {
    "mj-include": 'it would read a file; write {% include "parts/NAME.mjml" %}',
    "mj-font": "it would load a web font; use installed fonts in font-family",
    "mj-html-attributes": "mrml ignores it; write the attributes on the elements",
    "mj-accordion": "it loads third-party images, and few mail programs support it",
    "mj-carousel": "it loads third-party images, and few mail programs support it",
}


def check_place(name: str, around: str, place: int) -> None:
    """
    Check that element *name* is allowed in *around*, which is empty for the outermost element.

    Raises:
        MjmlError: it is not allowed there, or is unknown.
    """
    if name in REFUSED:
        raise MjmlError(f"<{name}> is not allowed: {REFUSED[name]}", place)
    if around == "mj-attributes" and (name in KINDS or name in ("mj-all", "mj-class")):
        return
    if name not in KINDS:
        html = "" if name.startswith("mj") else "; put HTML into an <mj-text> or <mj-raw>"
        raise MjmlError(f"<{name}> is not an MJML element{_nearest(name, KINDS) or html}", place)
    places = KINDS[name].inside
    if around not in (places or [""]):
        allowed = " or ".join(f"<{p}>" for p in sorted(places))
        where = f"put it in {allowed}" if allowed else "it must be the outermost element"
        here = f"in <{around}>" if around else "outside of <mjml>"
        raise MjmlError(f"<{name}> is not allowed {here}; {where}", place)


def check_attributes(name: str, attributes: Mapping[str, str], place: int) -> None:
    """
    Check that element *name* may have all of *attributes*.

    Raises:
        MjmlError: an attribute is unknown; the message names it and the most similar one.
    """
    if name not in KINDS:
        return
    known = KINDS[name].attributes
    for attribute in sorted(attributes.keys() - known):
        near = _nearest(attribute, known)
        if attribute in ("dir", "lang"):
            near = f'; write <div {attribute}="..."> inside'
        raise MjmlError(f"<{name}> has no attribute {attribute}{near}", place)


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
