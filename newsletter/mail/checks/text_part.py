"""
Rule 15: the text part says what the page says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from newsletter.mail.checks.checked_mail import CheckedMail, plain
from newsletter.mail.mime.plaintext import WIDTH, columns
from newsletter.model.check import Finding, Level
from subscribers.text.phrases import phrase

_TAG = re.compile(
    r"</?(?:p|div|br|a|td|tr|table|span|b|i|strong|em|h[1-6]|li|ul|ol|img)(?:[^\S\n][^<>\n]*)?/?>"
)
_ENTITY = re.compile(r"&(?:amp|nbsp|lt|gt|quot|apos|mdash|ndash|hellip|#\d{2,6}|#x[0-9a-f]{2,6});")


def text_part(checked: CheckedMail) -> Iterator[Finding]:
    text = checked.text
    if text is None or not text.strip():
        yield _text(
            Level.ERROR, phrase("no text part, which spam filters count against an email: add one")
        )
        return
    for raw in dict.fromkeys(_TAG.findall(text) + _ENTITY.findall(text)):
        if raw not in checked.visible_text:
            message = phrase("contains HTML, {raw}", raw=raw)
            yield checked.finding(
                "text-part",
                message,
                "text",
                caused_by=raw,
                advice=phrase("write plain text instead"),
            )
    # A letter has no headline but its subject, which an inbox shows above the text.
    flat = _letters(f"{checked.subject or ''} {text}")
    for required in _required_texts(checked):
        if _letters(required) not in flat:
            yield _text(
                Level.ERROR,
                phrase(
                    "“{required}” is only in the HTML: add it to body.txt", required=required[:60]
                ),
            )
    for url in _links_not_in_text(checked, text):
        message = phrase("{url} is linked only in the HTML", url=url[:100])
        yield checked.finding(
            "text-part", message, "text", caused_by=url, advice=phrase("add it to body.txt")
        )
    wide = [line for line in text.split("\n") if columns(line) > WIDTH and "://" not in line]
    if wide:
        yield _text(
            Level.ADVICE,
            phrase(
                "a line of more than {width} characters, “{wide}…”: wrap it (|wrap78)",
                width=WIDTH,
                wide=wide[0][:40],
            ),
        )


def _required_texts(checked: CheckedMail) -> Iterator[str]:
    """
    Yield what the text must contain because the page shows it: headlines and key takeaways.
    """
    if checked.briefs:
        texts = [
            text
            for chosen in checked.briefs
            for text in (chosen.brief.title, *chosen.brief.takeaways)
        ]
        yield from (text for text in map(plain, texts) if text in checked.visible_text)
    elif headline := checked.page.css_first("h1"):
        yield plain(headline.text(deep=True))


def _links_not_in_text(checked: CheckedMail, text: str) -> Iterator[str]:
    linked = {_bare(url) for url in re.findall(r"https?://[^\s<>]+", text)}
    for url in dict.fromkeys(href for _, href in checked.links if href.startswith("http")):
        if _bare(url) not in linked:
            yield url


def _bare(url: str) -> str:
    """
    Normalise a URL for comparison: inlining writes letters as %C3%A9, and a sentence may end
    after it.
    """
    return unquote(url).rstrip("/.,;:!?)")


def _letters(text: str) -> str:
    """
    Return *text* in lower case without spaces, list markers and underlines of headlines, because
    the text part is wrapped.
    """
    return re.sub(r"[\s>*=-]+", "", plain(text)).casefold()


def _text(level: Level, message: str) -> Finding:
    return Finding("text-part", level, message, "text")
