"""
Validate the rendered HTML, inside the sandbox and after its styles were inlined: autoescape cannot
detect a script in an href (T3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborHTMLParser

from newsletter.errors import TemplateError
from subscribers.text.phrases import phrase

_SCHEMES = frozenset({"http", "https", "mailto", "tel", "cid"})
_URL_ATTRIBUTES = frozenset(
    {"href", "src", "action", "formaction", "background", "poster", "data", "xlink:href"}
)
_FORBIDDEN = frozenset({"script", "iframe", "object", "embed", "applet", "form", "base"})
_SPACES = re.compile(r"[\x00-\x20\x7f]+")


def check_markup(html: str, url_marks: Sequence[str]) -> None:
    """
    Check that *html* has no scripts, and no URLs except http, https, mailto, tel, cid and
    *url_marks*.

    Outlook's conditional comments are checked as well.

    Raises:
        TemplateError: it has some; the message names the element and the attribute.
    """
    for markup in (html, *_conditional(html)):
        for tag, attributes in _elements(markup):
            _check_element(tag, attributes, url_marks)


def warm_up() -> None:
    """
    Parse a small document, so that the parser is loaded.
    """
    check_markup('<a href="https://example.org/">x</a><!--[if mso]><p>x</p><![endif]-->', [])


def _conditional(html: str) -> Iterator[str]:
    for comment in re.findall(r"<!--(.*?)(?:-->|\Z)", html, re.DOTALL):
        _, _, condition_and_more = comment.partition("[if ")
        _, _, markup_and_end = condition_and_more.partition("]>")
        markup, end, _ = markup_and_end.rpartition("<![endif]")
        if end:
            yield markup


def _elements(markup: str) -> Iterator[tuple[str, dict[str, str | None]]]:
    for node in LexborHTMLParser(markup).css("*"):
        yield (node.tag or "").lower(), node.attributes


def _check_element(tag: str, attributes: dict[str, str | None], url_marks: Sequence[str]) -> None:
    if tag in _FORBIDDEN or (tag == "meta" and _refreshes(attributes)):
        raise TemplateError(phrase("<{tag}> is not allowed in an email", tag=tag))
    for name, value in attributes.items():
        if name.lower().startswith("on"):
            raise TemplateError(
                phrase(
                    "<{tag} {name}=...>: scripts are not allowed in an email", tag=tag, name=name
                )
            )
        if name.lower() in _URL_ATTRIBUTES and not _is_safe_url(value or "", url_marks):
            raise TemplateError(
                phrase(
                    "<{tag} {name}={value!r}>: a URL must be absolute (https, http, mailto, tel, "
                    "cid), or a merge field that is a URL",
                    tag=tag,
                    name=name,
                    value=(value or "")[:60],
                )
            )


def _refreshes(attributes: dict[str, str | None]) -> bool:
    return (attributes.get("http-equiv") or "").lower() == "refresh"


def _is_safe_url(value: str, url_marks: Sequence[str]) -> bool:
    if value in url_marks:
        return True
    # Browsers drop tabs and line breaks inside a URL before they read its scheme.
    bare = _SPACES.sub("", value).lower()
    scheme, colon, rest = bare.partition(":")
    return bool((colon and rest and scheme in _SCHEMES) or (bare.startswith("#") and bare != "#"))
