"""
Move styles from a template's style block into style attributes, with a premailer that cannot fetch
anything. It runs inside the sandbox, once for an issue, after the template and before `validate`.

A template has two style blocks: one to inline, and one marked data-premailer="ignore" for at-rules,
:hover and selectors of single mail programs, which stays unchanged.
"""

from __future__ import annotations

import functools
import logging
import re
from typing import Any

import cssutils
from premailer import Premailer
from selectolax.lexbor import LexborHTMLParser

from newsletter.errors import TemplateError
from newsletter.mail.html.css import COMMENT, STYLE, deepest_at_rule, style_blocks
from subscribers.text.phrases import phrase

# premailer and cssutils warn about every mso-* property, which helps nobody.
cssutils.log.setLevel(logging.CRITICAL + 1)
# #ffffff stays #ffffff: Lotus Notes and older Outlooks cannot read three digits.
cssutils.ser.prefs.minimizeColorHash = False

_DOCTYPE = "<!DOCTYPE html>"
_EMPTY_STYLE = re.compile(r"""<\w[^<>]*\sstyle\s*=\s*(?:"[^":]+"|'[^':]+')""")
# What a `<` may be part of in a serialised document: a comment, a raw text, or a tag, whose values
# are in quotes. A comment that is never closed ends with the text.
_MARKUP = re.compile(
    r"<!--.*?(?:-->|\Z)"
    r"|<(?P<raw>style|script)\b[^<>]*>(?:[^<]++|<(?!/(?P=raw)\b))*+"
    r"""|<[A-Za-z](?P<tag>(?:[^<>"']++|"[^"]*"|'[^']*')*+)>""",
    re.DOTALL | re.IGNORECASE,
)
_COMMA_INSIDE = re.compile(r"\[[^\[\]{},]*,[^\[\]{}]*\]?|\([^(){},]*,[^(){}]*\)?")
_OPTIONS: dict[str, Any] = {
    # Rules in the kept block override inlined styles only with !important.
    "strip_important": False,
    "allow_network": False,
    "allow_loading_external_files": False,
    # Outlook needs the widths in pixels from the template; `width: 100%` would overwrite them.
    "disable_basic_attributes": ["width", "height", "align", "valign", "bgcolor"],
    "align_floating_images": False,
    "disable_validation": True,
    "keep_style_tags": False,
    # The rules in the kept block need the classes.
    "remove_classes": False,
    "preserve_internal_links": True,
    "base_url": None,
    # Its cache is keyed only by arguments, and shared by three functions and all threads.
    "cache_css_parsing": False,
}


def inline_css(html: str) -> str:
    """
    Inline the styles of *html*, a whole document, and change nothing else.

    Raises:
        TemplateError: it contains something that premailer would lose, duplicate or fetch.
    """
    _lint(html)
    try:
        inlined = _with_escaped_values(
            str(_LockedPremailer(html, **_OPTIONS).transform(pretty_print=False))
        )
    except MemoryError:
        raise
    except Exception as error:
        line = " ".join(str(error).split())[:200]
        raise TemplateError(
            phrase(
                "the styles cannot be inlined: {name}: {line}", name=type(error).__name__, line=line
            )
        ) from None
    _compare(html, inlined)
    return inlined


def warm_up() -> None:
    """
    Import what premailer, cssutils and lxml import at first use.
    """
    inline_css(
        f"{_DOCTYPE}\n<html><head><style>.a, p:first-child{{color:#ffffff;margin:0 auto}}</style>"
        '<style data-premailer="ignore">@media print{.a{color:#000000}}</style></head>'
        '<body><p class="a" style="font-family:Georgia, serif">é</p></body></html>'
    )


class _LockedPremailer(Premailer):  # type: ignore[misc]  # premailer has no types
    """
    premailer without its two ways to reach the network.

    cssutils follows @import despite allow_network, and `_load_external` fetches style sheets
    without a limit or a timeout.
    """

    def _parse_css_string(self, css_body: str, validate: bool = True) -> Any:
        return _style_sheet(css_body, validate)

    def _load_external(self, url: str) -> str:
        raise TemplateError(
            phrase("an email cannot load a style sheet ({url}): use a style block", url=url)
        )

    _load_external_url = _load_external


@functools.lru_cache(maxsize=8)
def _style_sheet(css: str, validate: bool) -> Any:
    """
    Parse *css* with cssutils; cached, because a template's styles are the same in every rendering.
    """
    parser = cssutils.CSSParser(fetcher=lambda url: ("utf-8", b""), validate=validate)
    return parser.parseString(css)


def _with_escaped_values(html: str) -> str:
    """
    Escape `<` and `>` in the attributes of *html*. libxml2 writes them bare, and an alternative
    text such as `<!-- x -->` would be taken for a comment by everything that searches the markup.
    """

    def escaped(found: re.Match[str]) -> str:
        if not found["tag"]:
            return found[0]
        return f"<{found[0][1:-1].replace('<', '&lt;').replace('>', '&gt;')}>"

    return _MARKUP.sub(escaped, html)


def _lint(html: str) -> None:
    if not html.startswith(_DOCTYPE):
        raise TemplateError(
            phrase(
                "the HTML must start with {doctype}, in exactly this spelling; otherwise premailer "
                "drops it, and mail programs use quirks mode",
                doctype=_DOCTYPE,
            )
        )
    if re.search(r"<link\b", COMMENT.sub("", html), re.IGNORECASE):
        raise TemplateError(phrase("<link> is not allowed: put its styles into a style block"))
    if "<![if" in html:
        raise TemplateError(
            phrase("write <!--[if !mso]><!--> ... <!--<![endif]-->, not <![if !mso]>")
        )
    if _EMPTY_STYLE.search(html):
        raise TemplateError(phrase("a style attribute has no declaration (no colon); remove it"))
    for attributes, css in style_blocks(html):
        _lint_css(css, is_ignored=_is_ignored(attributes))


def _lint_css(css: str, *, is_ignored: bool) -> None:
    if deepest_at_rule(css) > 1:
        raise TemplateError(
            phrase("a nested at-rule: Gmail drops the whole style block; write two rules")
        )
    if css.count("{") != css.count("}"):
        raise TemplateError(phrase("a style block has an unbalanced { or }"))
    if is_ignored:
        return
    if found := re.search(r"@[\w-]+", css):
        raise TemplateError(
            phrase(
                '{found} in the style block to inline; put it into <style data-premailer="ignore">',
                found=found[0],
            )
        )
    selectors = re.sub(r"\{[^{}]*\}", "{}", css)
    if found := _COMMA_INSIDE.search(selectors):
        raise TemplateError(
            phrase("the selector {found} has a comma inside; use a class instead", found=found[0])
        )
    if re.search(r"\{[^{}]*\{", css):
        raise TemplateError(
            phrase("a nested rule, which premailer loses; write it as a separate rule")
        )


def _is_ignored(attributes: str) -> bool:
    return re.search(r"""data-premailer\s*=\s*["']?ignore""", attributes) is not None


def _compare(before: str, after: str) -> None:
    if not after.rstrip().endswith("</html>"):
        raise TemplateError(phrase("</html> is missing at the end of the HTML"))
    if _visible_text(before) != _visible_text(after):
        # libxml2 stops at about 250 nested elements, without an error.
        raise TemplateError(
            phrase("inlining the styles lost text: are elements nested over 200 deep?")
        )
    if COMMENT.findall(before) != COMMENT.findall(after):
        raise TemplateError(
            phrase("inlining changed a comment; conditional comments must stay as written")
        )
    for attributes, css in STYLE.findall(COMMENT.sub("", before)):
        if _is_ignored(attributes) and css not in after:
            raise TemplateError(
                phrase("inlining changed the kept style block; is there a < in it?")
            )


def _visible_text(html: str) -> tuple[str, str]:
    """
    Return the title and the text of a document, read by a different parser than the inliner's.
    """
    page = LexborHTMLParser(html)
    page.strip_tags(["style", "script"])
    title = page.css_first("title")
    body = page.body
    return title.text() if title else "", " ".join(body.text().split()) if body else ""
