"""
Rules 8 and 9: every recipient can unsubscribe and learns who sent the mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from newsletter.mail.checks.checked_mail import CheckedMail, is_hidden, plain
from newsletter.model.check import Finding, Level
from newsletter.model.issue import IssueKind
from subscribers.text.phrases import phrase

_UNSUBSCRIBE_WORDS = re.compile(
    r"unsubscribe|abmelden|d[eé]sinscri|cancelar|opt.?out|/u/", re.IGNORECASE
)
_ONE_CLICK = "List-Unsubscribe=One-Click"
# Some senders' libraries encode a longer <address>, which breaks one-click unsubscribe.
LONGEST_FOLDED = 76


def footer(checked: CheckedMail) -> Iterator[Finding]:
    if checked.facts.kind is IssueKind.NOTICE:
        return
    address = _own_address(checked)
    if not _is_linked(checked, address):
        message = phrase("no visible unsubscribe link: link to %%unsubscribe_url%% in the template")
        yield Finding("footer", Level.ERROR, message, "HTML")
    if checked.text is not None and not _is_in_text(checked.text, address):
        message = phrase("no unsubscribe link: add %%unsubscribe_url%% to body.txt")
        yield Finding("footer", Level.ERROR, message, "text")
    yield from _postal_address(checked)


def _postal_address(checked: CheckedMail) -> Iterator[Finding]:
    address = plain(checked.facts.postal_address)
    level = Level.WARNING if checked.facts.is_on_this_machine else Level.ERROR
    if not address:
        message = phrase("no postal address, and most laws require one: set [site] postal_address")
        yield Finding("footer", level, message, "newsletter.toml")
        return
    for where, text in (("HTML", checked.visible_text), ("text", checked.text)):
        if text is not None and address not in plain(text):
            message = phrase("the postal address from [site] is missing: add it to the footer")
            yield Finding("footer", level, message, where)


def _own_address(checked: CheckedMail) -> str | None:
    """
    Return the URL in the mail's own List-Unsubscribe header, if it has one.
    """
    values = checked.header("List-Unsubscribe")
    found = re.search(r"<(https?://[^<>\s]+)>", values[0]) if values else None
    return found[1] if found else None


def _is_linked(checked: CheckedMail, address: str | None) -> bool:
    return any(
        not is_hidden(node)
        and plain(node.text(deep=True))
        and (href == address if address else _UNSUBSCRIBE_WORDS.search(href + node.text(deep=True)))
        for node, href in checked.links
    )


def _is_in_text(text: str, address: str | None) -> bool:
    return address in text if address else _UNSUBSCRIBE_WORDS.search(text) is not None


def list_headers(checked: CheckedMail) -> Iterator[Finding]:
    if checked.facts.kind is IssueKind.NOTICE:
        return
    for problem in _header_problems(checked):
        yield Finding("list-headers", Level.ERROR, problem, "List-Unsubscribe")


def _header_problems(checked: CheckedMail) -> Iterator[str]:
    addresses, posts = checked.header("List-Unsubscribe"), checked.header("List-Unsubscribe-Post")
    if len(addresses) != 1:
        yield phrase(
            "{number} List-Unsubscribe headers: there must be exactly one", number=len(addresses)
        )
        return
    if posts != [_ONE_CLICK]:
        yield phrase(
            "needs exactly one List-Unsubscribe-Post: {one_click} (RFC 8058)", one_click=_ONE_CLICK
        )
    if not re.match(r"<https?://[^>\s]+>", addresses[0]):
        yield phrase("the first URL must be https, between < and >, without spaces (RFC 8058)")
    elif not checked.facts.is_on_this_machine and not addresses[0].startswith("<https://"):
        yield phrase("the URL must be https (RFC 8058): set [site] base_url to an https:// URL")
    if checked.raw is not None:
        yield from _raw_problems(checked.raw)


def _raw_problems(raw: str) -> Iterator[str]:
    headers = raw.replace("\r\n", "\n").partition("\n\n")[0]
    found = re.search(r"^List-Unsubscribe:((?:.|\n[ \t])*)$", headers, re.MULTILINE | re.IGNORECASE)
    written = found[1] if found else ""
    if "=?" in written:
        yield phrase("encoded as =?...?=, which mail programs do not read: leave it unencoded")
    if re.search(r"<[^<>]*\n", written) or (
        "\n" in written and len(written.split("\n")[0].strip(" \t,")) > LONGEST_FOLDED
    ):
        yield phrase("the URL is split across lines: keep it on one line")
