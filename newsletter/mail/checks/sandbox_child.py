"""
All rules on one mail. `sandbox` imports this module in the limited child and hands it the mail as
JSON: what a page holds was written by others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from typing import Any

from newsletter.mail.checks.checked_mail import Checked, NoCopy, briefs_from, checked_mail
from newsletter.mail.checks.rules import RULES, Rule
from newsletter.model.check import Facts, Finding, Level
from newsletter.model.issue import ChosenBrief
from newsletter.model.mail import Mail

_MISSING = {
    "issue": "it takes an issue: run `newsletter check ISSUE`",
    "audience": "it takes an issue: run `newsletter check ISSUE`",
    "headers": "it takes the whole mail: check the .eml",
    "text": "it takes the whole mail: check the .eml",
}


def look_at_mail(
    mail: dict[str, Any], briefs: list[dict[str, Any]] | None, facts: dict[str, Any]
) -> list[dict[str, str]]:
    """
    What the rules find in an issue's mail with its marks.
    """
    made_of = None if briefs is None else briefs_from(briefs)
    found = find_in_mail(Mail.from_json(mail), made_of, Facts.from_json(facts))
    return [finding.as_json() for finding in found]


def find_in_mail(mail: Mail, briefs: Sequence[ChosenBrief] | None, facts: Facts) -> list[Finding]:
    """
    Every finding in an issue's mail; the one that keeps it from being anybody's stands alone.
    """
    try:
        return find(checked_mail(mail, briefs, facts))
    except NoCopy as none:
        return [none.finding]


def look_at_page(html: str, facts: dict[str, Any]) -> list[dict[str, str]]:
    """
    What the rules find in a page alone.
    """
    return [finding.as_json() for finding in find(Checked(html=html, facts=Facts.from_json(facts)))]


def look_at_bytes(raw: str, facts: dict[str, Any]) -> list[dict[str, str]]:
    """
    What the rules find in a whole mail, *raw* being its bytes, a character each.
    """
    checked = message_read(raw, Facts.from_json(facts))
    return [finding.as_json() for finding in find(checked)]


def links_of(html: str, raw: str) -> list[str]:
    """
    The http addresses that a page, or the page of a whole mail, links to, each once.
    """
    checked = message_read(raw, Facts()) if raw else Checked(html=html)
    return list(dict.fromkeys(url for _, url in checked.links if url.startswith("http")))


def message_read(raw: str, facts: Facts) -> Checked:
    """
    A whole mail, its parts found.
    """
    raw = raw.replace("\r\n", "\n").replace("\n", "\r\n")
    message = message_from_bytes(raw.encode("latin-1"), policy=policy.default)
    assert isinstance(message, EmailMessage)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    headers = tuple((name, _read(name, value)) for name, value in message.raw_items())
    return Checked(
        html=_content(html),
        text=_content(text),
        subject=next((value for name, value in headers if name.lower() == "subject"), ""),
        headers=headers,
        raw=raw,
        facts=facts,
    )


def _read(name: str, written: str) -> str:
    """
    A header's value; as it is written, where it cannot be read.
    """
    try:
        return str(policy.default.header_fetch_parse(name, written))
    # The standard library fails on a header as it pleases.
    except Exception:
        return str(written)


def _content(part: MIMEPart | None) -> str:
    if part is None:
        return ""
    try:
        content = str(part.get_content())
    # It knows no charset of that name, or fails at it.
    except (LookupError, ValueError):
        payload = part.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return content.replace("\r\n", "\n")


def find(checked: Checked) -> list[Finding]:
    """
    Every finding once, in the order of the rules: a template repeats its fault with every brief.
    """
    return list(dict.fromkeys(found for rule in RULES for found in _findings(rule, checked)))


def _findings(rule: Rule, checked: Checked) -> Iterator[Finding]:
    if not _has(checked, rule.needs):
        yield Finding(rule.id, Level.NOT_RUN, _MISSING[rule.needs])
        return
    for finding in rule.look(checked) if rule.look else ():
        yield _softened(finding, rule, checked.facts)
    if rule.elsewhere:
        yield Finding(rule.id, Level.NOT_RUN, rule.elsewhere)


def _softened(finding: Finding, rule: Rule, facts: Facts) -> Finding:
    is_harmless = rule.is_softer and not facts.reaches_people
    if is_harmless and finding.level is Level.ERROR:
        return replace(finding, level=Level.WARNING)
    return finding


def _has(checked: Checked, needs: str) -> bool:
    there = {
        "html": True,
        "issue": checked.mail is not None,
        "audience": checked.facts.readers is not None,
        "headers": checked.headers is not None,
        "text": checked.text is not None,
    }
    return there[needs]


def warm_up() -> None:
    """
    Nothing; whatever is loaded at first use has been loaded. Afterwards no file can be opened.
    """
    raw = (
        'Subject: =?utf-8?q?=C3=A9?=\nContent-Type: text/html; charset="utf-8"\n'
        "Content-Transfer-Encoding: quoted-printable\n\n<!DOCTYPE html><p>=C3=A9</p></html>"
    )
    look_at_bytes(raw, Facts().as_json())
