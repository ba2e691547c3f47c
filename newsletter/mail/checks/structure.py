"""
Rules 21, 22 and 29: headings, languages, tables, forbidden elements, and markup for Outlook alone.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from newsletter.mail.checks.checked_mail import CheckedMail, excerpt_of, shown_tag
from newsletter.mail.html.css import COMMENT, style_blocks
from newsletter.model.check import Finding, Level
from subscribers.text.phrases import phrase

_FORBIDDEN = frozenset(
    [
        "form",
        "input",
        "button",
        "select",
        "textarea",
        "script",
        "iframe",
        "object",
        "embed",
        "applet",
        "video",
        "audio",
        "svg",
        "link",
        "base",
        "canvas",
        "frame",
        "frameset",
    ]
)
# Each part ends before what can begin it again, so that unclosed elements are searched once.
_HREF = r'(?>[^<>]*?\bhref=")([^"<>]*+)"[^<>]*+>'
_BUTTON = re.compile(
    rf"<v:roundrect\b{_HREF}(?:[^<]|<(?!v:roundrect\b))*?<center\b[^<>]*+>"
    r"((?:[^<]|<(?!center\b|v:roundrect\b))*?)</center>"
)
_LINK = re.compile(rf"<a\b{_HREF}((?:[^<]|<(?!a\b))*?)</a>")


def outline(checked: CheckedMail) -> Iterator[Finding]:
    headings = [node for node in checked.nodes if re.fullmatch(r"h[1-6]", node.tag or "")]
    levels = [int((node.tag or "h1")[1]) for node in headings]
    if levels.count(1) != 1:
        yield _outline(
            phrase("{levels} h1 headings: use exactly one, the headline", levels=levels.count(1)),
            "HTML",
        )
    for above, below, node in zip(levels, levels[1:], headings[1:], strict=False):
        if below - above > 1:
            yield _outline(
                phrase("h{below} follows h{above}: do not skip a level", below=below, above=above),
                excerpt_of(node),
            )
    yield from _languages(checked)
    title = checked.page.css_first("title")
    title_text = " ".join(title.text(deep=True).split()) if title else ""
    subject = " ".join((checked.subject or "").removeprefix("[Test] ").split())
    if not title_text or (
        checked.subject is not None and title_text.removeprefix("[Test] ") != subject
    ):
        yield _outline(
            phrase("the <title> differs from the subject: make them the same"), "<title>"
        )


def _languages(checked: CheckedMail) -> Iterator[Finding]:
    for selector in ("html", "body > div"):
        node = checked.page.css_first(selector)
        if node is None:
            yield _outline(
                phrase(
                    "no wrapper: mail programs drop <html> and <body>, so put the whole page "
                    "in one <div> with lang and dir"
                ),
                "<body>",
            )
            continue
        for name in ("lang", "dir"):
            if node is None or not node.attributes.get(name):
                yield _outline(
                    phrase("no {name} attribute: screen readers need it", name=name),
                    f"<{selector}>",
                )


def _outline(message: str, where: str) -> Finding:
    return Finding("outline", Level.ERROR, message, where)


def elements(checked: CheckedMail) -> Iterator[Finding]:
    for node in checked.nodes:
        tag, attributes = (node.tag or "").lower(), node.attributes
        if tag in _FORBIDDEN or (tag == "meta" and attributes.get("http-equiv") == "refresh"):
            yield _element(phrase("<{tag}> is dropped by mail programs: remove it", tag=tag), tag)
        if scripts := [name for name in attributes if name.lower().startswith("on")]:
            yield _element(
                phrase("{script} is a script, not allowed in email: remove it", script=scripts[0]),
                shown_tag(node),
            )
        if tag == "table" and attributes.get("role") != "presentation" and not node.css_first("th"):
            yield _element(phrase('a layout table needs role="presentation"'), excerpt_of(node))
    if any("@import" in css.lower() for _, css in style_blocks(checked.html)):
        yield _element(phrase("@import is ignored by mail programs: write the rules here"), "style")


def _element(message: str, where: str) -> Finding:
    return Finding("elements", Level.ERROR, message, where if "<" in where else f"<{where}>")


def outlook(checked: CheckedMail) -> Iterator[Finding]:
    """
    Find unbalanced conditional comments, and Outlook buttons that differ from the HTML buttons.
    """
    marks = re.findall(r"<!--\[if [^\]<]*\]>|<!\[endif\]-->", checked.html)
    starts = [mark.startswith("<!--[if") for mark in marks]
    if starts != [True, False] * (len(starts) // 2):
        yield _outlook(
            phrase("conditional comments are not balanced: close each with <![endif]-->")
        )
    for drawn in _BUTTON.finditer(checked.html):
        seen = _LINK.search(COMMENT.sub("", checked.html[drawn.end() :]))
        if seen is None or _link_and_text(drawn) != _link_and_text(seen):
            yield _outlook(
                phrase(
                    "the Outlook button “{drawn}” differs from the HTML button: give both the "
                    "same URL and text",
                    drawn=_link_and_text(drawn)[1][:40],
                )
            )


def _link_and_text(found: re.Match[str]) -> tuple[str, str]:
    words = html.unescape(re.sub(r"<[^<>]*>", "", found[2]))
    # Inlining writes letters in the URL of the link as %C3%A9, and leaves the comment as it is.
    return unquote(html.unescape(found[1])), " ".join(words.split())


def _outlook(message: str) -> Finding:
    return Finding("outlook", Level.ERROR, message, "<!--[if mso]>")
