"""
Rules 21, 22 and 29: headings, languages, tables, forbidden elements, and what only Outlook reads.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from newsletter.mail.checks.checked_mail import CheckedMail, excerpt_of, shown_tag
from newsletter.mail.html.css import COMMENT, style_blocks
from newsletter.model.check import Finding, Level

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
_BUTTON = re.compile(
    r'<v:roundrect\b[^>]*\bhref="([^"]*)"[^>]*>.*?<center\b[^>]*>(.*?)</center>', re.DOTALL
)
_LINK = re.compile(r'<a\b[^>]*\bhref="([^"]*)"[^>]*>(.*?)</a>', re.DOTALL)


def outline(checked: CheckedMail) -> Iterator[Finding]:
    headings = [node for node in checked.nodes if re.fullmatch(r"h[1-6]", node.tag or "")]
    levels = [int((node.tag or "h1")[1]) for node in headings]
    if levels.count(1) != 1:
        yield _outline(f"{levels.count(1)} headings h1: there must be one, the headline", "HTML")
    for above, below, node in zip(levels, levels[1:], headings[1:], strict=False):
        if below - above > 1:
            yield _outline(f"h{below} follows h{above}: leave no level out", excerpt_of(node))
    yield from _languages(checked)
    title = checked.page.css_first("title")
    title_text = " ".join(title.text(deep=True).split()) if title else ""
    wanted = " ".join((checked.subject or "").removeprefix("[Test] ").split())
    if not title_text or (
        checked.subject is not None and title_text.removeprefix("[Test] ") != wanted
    ):
        yield _outline("the page's <title> is not the subject: write it there", "<title>")


def _languages(checked: CheckedMail) -> Iterator[Finding]:
    for selector in ("html", "body > div"):
        node = checked.page.css_first(selector)
        if node is None:
            yield _outline(
                "nothing wraps the page: mail programs drop <html> and <body>, so put all of it "
                "into one <div> that has lang and dir",
                "<body>",
            )
            continue
        for name in ("lang", "dir"):
            if node is None or not node.attributes.get(name):
                yield _outline(f"no {name}: programs that read aloud go by it", f"<{selector}>")


def _outline(message: str, where: str) -> Finding:
    return Finding("outline", Level.ERROR, message, where)


def elements(checked: CheckedMail) -> Iterator[Finding]:
    for node in checked.nodes:
        tag, attributes = (node.tag or "").lower(), node.attributes
        if tag in _FORBIDDEN or (tag == "meta" and attributes.get("http-equiv") == "refresh"):
            yield _element(f"<{tag}>: mail programs drop it, and filters mind it; take it out", tag)
        if scripts := [name for name in attributes if name.lower().startswith("on")]:
            yield _element(f"{scripts[0]} is a script, which no mail may hold", shown_tag(node))
        if tag == "table" and attributes.get("role") != "presentation" and not node.css_first("th"):
            yield _element(
                'a table that only lays out must say role="presentation"', excerpt_of(node)
            )
    if any("@import" in css.lower() for _, css in style_blocks(checked.html)):
        yield _element("@import fetches styles from elsewhere: write the rules themselves", "style")


def _element(message: str, where: str) -> Finding:
    return Finding("elements", Level.ERROR, message, where if "<" in where else f"<{where}>")


def outlook(checked: CheckedMail) -> Iterator[Finding]:
    """
    Find conditional comments that do not pair up, and Outlook buttons that differ from the others'.
    """
    marks = re.findall(r"<!--\[if [^\]]*\]>|<!\[endif\]-->", checked.html)
    starts = [mark.startswith("<!--[if") for mark in marks]
    if starts != [True, False] * (len(starts) // 2):
        yield _outlook("conditional comments that do not pair up: close each with <![endif]-->")
    for drawn in _BUTTON.finditer(checked.html):
        seen = _LINK.search(COMMENT.sub("", checked.html[drawn.end() :]))
        if seen is None or _link_and_text(drawn) != _link_and_text(seen):
            yield _outlook(
                f"its button “{_link_and_text(drawn)[1][:40]}” is not the one others see: the "
                "address and the words of both must be the same"
            )


def _link_and_text(found: re.Match[str]) -> tuple[str, str]:
    words = html.unescape(re.sub(r"<[^>]*>", "", found[2]))
    return html.unescape(found[1]), " ".join(words.split())


def _outlook(message: str) -> Finding:
    return Finding("outlook", Level.ERROR, message, "<!--[if mso]>")
