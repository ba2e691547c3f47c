"""
Rules 11, 13 and 14: the sender, the subject, and the line that an inbox shows after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from email.header import decode_header, make_header
from email.utils import getaddresses

from newsletter.mail.checks.checked_mail import CheckedMail, is_hidden, plain
from newsletter.mail.mime.message import encode_text
from newsletter.mail.mime.plaintext import columns
from newsletter.model.check import Finding, Level
from newsletter.model.issue import IssueKind
from subscribers.text.phrases import phrase

# The DMARC policy of these domains tells receivers to refuse mail from other servers.
_MAILBOXES = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "yahoo.com",
        "aol.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "msn.com",
        "icloud.com",
        "me.com",
        "mail.com",
        "gmx.de",
        "gmx.net",
        "web.de",
        "mail.ru",
        "yandex.ru",
        "proton.me",
    ]
)
# The headers that receivers expect the DKIM signature of bulk mail to cover.
_SIGNED = frozenset(
    [
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "list-unsubscribe",
        "list-unsubscribe-post",
        "list-id",
    ]
)
_REPLY_PREFIX = re.compile(r"(?:re|fwd?|aw|wg|tr|rv)\s*:", re.IGNORECASE)
_EMOJI = re.compile(r"[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u2b55]")
_TEST = "[Test] "
SUBJECT_COLUMNS = (20, 60, 78)
PREHEADER_LENGTH = (40, 100)


def sender(checked: CheckedMail) -> Iterator[Finding]:
    addresses = [address for _, address in getaddresses(_from(checked))]
    if len(addresses) != 1 or addresses[0].count("@") != 1:
        yield _sender(
            phrase("From must have exactly one address: set [sender] address, or the list's --from")
        )
        return
    domain = addresses[0].rpartition("@")[2].lower()
    if domain in _MAILBOXES:
        yield _sender(
            phrase(
                "{domain} rejects mail sent by other servers: use your own domain", domain=domain
            )
        )
    elif "." not in domain:
        yield _sender(
            phrase("{domain} is not a valid sender domain: set [sender] address", domain=domain)
        )
    yield from _signature(checked, domain)


def _from(checked: CheckedMail) -> list[str]:
    if checked.mail is not None:
        return [checked.mail.sender.address]
    return checked.header("From")


def _signature(checked: CheckedMail, domain: str) -> Iterator[Finding]:
    for signature in checked.header("DKIM-Signature"):
        tags = dict(re.findall(r"\b([a-z]+)\s*=\s*([^;]*)", signature))
        signed = {name.strip().lower() for name in tags.get("h", "").split(":")}
        by = tags.get("d", "").strip().lower()
        if not (domain == by or domain.endswith(f".{by}")):
            yield _sender(
                phrase(
                    "the DKIM signature is by {by}, not the From domain: sign as {domain}",
                    by=by,
                    domain=domain,
                )
            )
        if missing := sorted(_SIGNED - signed):
            yield _sender(
                phrase(
                    "the DKIM signature does not cover {missing}: sign them too",
                    missing=", ".join(missing),
                )
            )


def _sender(message: str) -> Finding:
    return Finding("sender", Level.ERROR, message, "From")


def subject(checked: CheckedMail) -> Iterator[Finding]:
    written = checked.subject or ""
    text = written.removeprefix(_TEST)
    for level, problem in _subject_problems(text):
        yield Finding("subject", level, problem, "Subject")
    if _REPLY_PREFIX.match(text):
        message = phrase("looks like a reply or a forwarded email, which misleads")
        yield checked.finding(
            "subject", message, "Subject", caused_by=text, advice=phrase("reword it")
        )
    if text.strip() and _decoded(written) != written:
        message = phrase("some characters do not survive encoding: remove unusual characters")
        yield Finding("subject", Level.ERROR, message, "Subject")


def _subject_problems(text: str) -> Iterator[tuple[Level, str]]:
    least, most, too_many = SUBJECT_COLUMNS
    if not text.strip():
        yield Level.ERROR, phrase("no subject: add one with `newsletter issue edit --subject`")
        return
    if re.search(r"[\x00-\x1f\x7f]", text):
        yield Level.ERROR, phrase("contains a line break or control character: remove it")
    if text.isupper() and text.isascii():
        yield Level.ADVICE, phrase("all in capitals, which looks like spam: write it as a sentence")
    if len(_EMOJI.findall(text)) > 1:
        yield Level.ADVICE, phrase("more than one emoji: use one at most")
    if columns(text) > too_many:
        yield (
            Level.ADVICE,
            phrase(
                "{columns} characters: inboxes cut it off; use at most {most}",
                columns=columns(text),
                most=most,
            ),
        )
    elif not least <= columns(text) <= most:
        yield (
            Level.ADVICE,
            phrase(
                "{columns} characters: {least} to {most} work best",
                columns=columns(text),
                least=least,
                most=most,
            ),
        )


def _decoded(text: str) -> str:
    written = encode_text(text, "Subject").replace("\r\n ", " ")
    return str(make_header(decode_header(written)))


def preheader(checked: CheckedMail) -> Iterator[Finding]:
    if checked.facts.kind is IssueKind.NOTICE:
        return
    least, most = PREHEADER_LENGTH
    line = _preheader_text(checked)
    if not line:
        yield _preheader(phrase("no preheader: add one with `newsletter issue edit --preheader`"))
        return
    if columns(line) < least or len(line) > most:
        yield _preheader(
            phrase(
                "{number} characters: {least} to {most} work best in an inbox",
                number=len(line),
                least=least,
                most=most,
            )
        )
    headline = checked.page.css_first("h1")
    if line in (checked.subject, plain(headline.text(deep=True)) if headline else None):
        yield _preheader(phrase("repeats the subject or the headline: say something else"))


def _preheader_text(checked: CheckedMail) -> str:
    """
    Return the hidden text at the beginning of the page.
    """
    for node in checked.nodes:
        if node.tag == "div" and is_hidden(node):
            return plain(node.text(deep=True))
        if node.tag in ("p", "h1", "td"):
            break
    return ""


def _preheader(message: str) -> Finding:
    return Finding("preheader", Level.ADVICE, message, "HTML")
