"""
Rules 3, 7 and 30: the document is complete, its encoding is right, and it survives transport.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import EmailMessage

from newsletter.mail.checks.checked_mail import CheckedMail
from newsletter.model.check import Finding, Level
from subscribers.text.phrases import phrase

MOST_NESTED = 100
# RFC 5322 section 2.1.1, without the line's end.
LONGEST_LINE = 998
_BAD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
# The second byte of a letter as Windows-1252 shows it. Some are punctuation that may follow any
# letter: “CAFÉ”, FLUß….
_LETTER_END = "\u0080-\u009f¡-ª¬-º¼-¿€ƒ‚†‡ˆ‰Š‹ŒŽ•˜™šœžŸ"
_ANY_END = "\u0080-\u00bf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
# UTF-8 text that was decoded as Windows-1252. Words in Greek, Cyrillic, Hebrew and Arabic (Ä-ß)
# have several such letters.
_MISREAD = re.compile(
    rf"[ÂÃ][{_ANY_END}]|[ÄÅ][{_LETTER_END}]|(?:[Ä-ß][{_ANY_END}]){{2}}|â[€„…][^\s\w]?.?"
)
_CHARSET = re.compile(r"<meta\b[^<>]*charset\s*=\s*(?:[\"']\s*)?utf-?8", re.IGNORECASE)


def completeness(checked: CheckedMail) -> Iterator[Finding]:
    if not checked.html.startswith("<!DOCTYPE html>"):
        yield _error(
            "document",
            phrase(
                "must begin with exactly <!DOCTYPE html>: without it, sizes change (quirks mode)"
            ),
            "HTML",
        )
    if not checked.html.rstrip().lower().endswith("</html>"):
        yield _error(
            "document",
            phrase("does not end with </html>: something is missing; complete it"),
            "HTML",
        )


def characters(checked: CheckedMail) -> Iterator[Finding]:
    if not _CHARSET.search(checked.html[:4000]):
        yield _error("encoding", phrase('no <meta charset="utf-8">: add it to the head'), "<head>")
    for where, text in _texts(checked):
        if found := _BAD.search(text):
            near = _near(text, found.start())
            yield checked.finding(
                "encoding",
                phrase(
                    "unreadable character U+{code:04X} near “{near}”", code=ord(found[0]), near=near
                ),
                where,
                caused_by=found[0],
                advice=phrase("fix the text it came from"),
            )
        if misread := _first_misread(text):
            yield checked.finding(
                "encoding",
                phrase(
                    "“{text}” was read in the wrong encoding", text=_near(text, misread.start())
                ),
                where,
                # What follows may not be the brief's any more, nor the ellipsis of a preview.
                caused_by=misread[0][:2].rstrip("…"),
                advice=phrase("read its source again as UTF-8, or edit the text"),
            )
    yield from _charsets(checked)


def _charsets(checked: CheckedMail) -> Iterator[Finding]:
    for part in _parts(checked):
        charset = str(part.get_content_charset("us-ascii")).lower()
        if charset not in ("utf-8", "us-ascii"):
            yield _error(
                "encoding",
                phrase(
                    "the {kind} part is declared as {charset}: send it as UTF-8",
                    kind=part.get_content_type(),
                    charset=charset,
                ),
                "Content-Type",
            )


def mime(checked: CheckedMail) -> Iterator[Finding]:
    if (depth := _depth(checked)) >= MOST_NESTED:
        yield _error(
            "mime",
            phrase(
                "elements nested {depth} deep: parsers give up; nest fewer than {limit}",
                depth=depth,
                limit=MOST_NESTED,
            ),
            "HTML",
        )
    if checked.raw is None:
        return
    longest = max((len(line) for line in checked.raw.split("\r\n")), default=0)
    if longest > LONGEST_LINE:
        yield _error(
            "mime",
            phrase(
                "a line of {longest:,} bytes; at most {limit} are allowed: encode the part",
                longest=longest,
                limit=LONGEST_LINE,
            ),
            phrase("message source"),
        )
    yield from _parsed_back(checked)


def _parsed_back(checked: CheckedMail) -> Iterator[Finding]:
    found = {part.get_content_type(): _lines(_content(part)) for part in _parts(checked)}
    sent = {"text/html": checked.html, "text/plain": checked.text}
    for kind, text in sent.items():
        if text is not None and found.get(kind) != _lines(text):
            yield _error(
                "mime",
                phrase(
                    "the {kind} part changes in transport: remove unusual characters", kind=kind
                ),
                kind,
            )


def _parts(checked: CheckedMail) -> list[EmailMessage]:
    """
    Return the text parts of the encoded message.
    """
    if checked.raw is None:
        return []
    message = message_from_bytes(checked.raw.encode("latin-1"), policy=policy.default)
    assert isinstance(message, EmailMessage)
    parts = [part for part in message.walk() if part.get_content_maintype() == "text"]
    return [part for part in parts if isinstance(part, EmailMessage)]


def _content(part: EmailMessage) -> str:
    try:
        return str(part.get_content())
    except (LookupError, MessageError, ValueError):
        return ""


def _lines(text: str) -> list[str]:
    return text.rstrip("\r\n").splitlines()


def _depth(checked: CheckedMail) -> int:
    depths: dict[int, int] = {}
    for node in checked.nodes:
        parent = node.parent
        depths[node.mem_id] = depths.get(parent.mem_id, 0) + 1 if parent is not None else 1
    return max(depths.values(), default=0)


def _texts(checked: CheckedMail) -> list[tuple[str, str]]:
    texts = [("Subject", checked.subject), ("HTML", checked.html), ("text", checked.text)]
    return [(where, text) for where, text in texts if text]


def _first_misread(text: str) -> re.Match[str] | None:
    for found in _MISREAD.finditer(text):
        try:
            found[0].encode("cp1252").decode("utf-8")
        except UnicodeError:
            continue
        return found
    return None


def _near(text: str, place: int) -> str:
    return " ".join(_BAD.sub("?", text[max(0, place - 12) : place + 12]).split())


def _error(rule: str, message: str, where: str) -> Finding:
    return Finding(rule, Level.ERROR, message, where)
