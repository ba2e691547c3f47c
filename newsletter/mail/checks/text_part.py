"""
Rule 15: the text part says what the page says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from newsletter.mail.checks.checked_mail import Checked, plain
from newsletter.mail.mime.plaintext import WIDTH, columns
from newsletter.model.check import Finding, Level

_TAG = re.compile(
    r"</?(?:p|div|br|a|td|tr|table|span|b|i|strong|em|h[1-6]|li|ul|ol|img)(?:\s[^<>]*)?/?>"
)
_ENTITY = re.compile(r"&(?:amp|nbsp|lt|gt|quot|apos|mdash|ndash|hellip|#\d{2,6}|#x[0-9a-f]{2,6});")


def text_part(checked: Checked) -> Iterator[Finding]:
    text = checked.text
    if text is None or not text.strip():
        yield _text(Level.ERROR, "there is no text part: junk filters count that against a mail")
        return
    for raw in dict.fromkeys(_TAG.findall(text) + _ENTITY.findall(text)):
        if raw not in checked.words:
            yield _text(Level.ERROR, f"{raw} is HTML in a plain text: write its words alone")
    # A letter's headline is its subject, which an inbox shows above the text.
    flat = _letters(f"{checked.subject or ''} {text}")
    for said in _said(checked):
        if _letters(said) not in flat:
            yield _text(Level.ERROR, f"“{said[:60]}” stands in the page alone: add it to body.txt")
    for url in _unsaid_links(checked, text):
        yield _text(Level.ERROR, f"{url[:100]} is linked in the page alone: add it to body.txt")
    wide = [line for line in text.split("\n") if columns(line) > WIDTH and "://" not in line]
    if wide:
        yield _text(
            Level.WARNING,
            f"a line wider than {WIDTH} columns, “{wide[0][:40]}…”: wrap it (|wrap78)",
        )


def _said(checked: Checked) -> Iterator[str]:
    """
    What the page shows and a text must say: each headline, and each key takeaway.
    """
    if checked.briefs:
        told = [line for one in checked.briefs for line in (one.brief.title, *one.brief.takeaways)]
        yield from (line for line in map(plain, told) if line in checked.words)
    elif headline := checked.page.css_first("h1"):
        yield plain(headline.text(deep=True))


def _unsaid_links(checked: Checked, text: str) -> Iterator[str]:
    said = {_bare(url) for url in re.findall(r"https?://[^\s<>]+", text)}
    for url in dict.fromkeys(href for _, href in checked.links if href.startswith("http")):
        if _bare(url) not in said:
            yield url


def _bare(url: str) -> str:
    """
    An address as it compares: inlining writes letters as %C3%A9, and a sentence may end behind it.
    """
    return unquote(url).rstrip("/.,;:!?)")


def _letters(text: str) -> str:
    """
    *text* without spaces, marks of lists, and lines under headlines: a text is wrapped.
    """
    return re.sub(r"[\s>*=-]+", "", plain(text)).casefold()


def _text(level: Level, message: str) -> Finding:
    return Finding("text-part", level, message, "text")
