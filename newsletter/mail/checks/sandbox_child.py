"""
Run all rules on one mail. The sandbox imports this module in the child process and passes the mail
as JSON, because others wrote the content of a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from typing import Any

from newsletter.mail.checks.checked_mail import CheckedMail, UnusableMail, briefs_from, checked_mail
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


def check_mail(
    mail: dict[str, Any], briefs: list[dict[str, Any]] | None, facts: dict[str, Any]
) -> list[dict[str, str]]:
    """
    Check an issue's mail with its marks and return the findings as JSON.
    """
    made_of = None if briefs is None else briefs_from(briefs)
    found = find_in_mail(Mail.from_json(mail), made_of, Facts.from_json(facts))
    return [finding.as_json() for finding in found]


def find_in_mail(mail: Mail, briefs: Sequence[ChosenBrief] | None, facts: Facts) -> list[Finding]:
    """
    Return every finding in an issue's mail; one that makes the mail unusable stands alone.
    """
    try:
        return find(checked_mail(mail, briefs, facts))
    except UnusableMail as none:
        return [none.finding]


def check_page(html: str, facts: dict[str, Any]) -> list[dict[str, str]]:
    """
    Check a page alone and return the findings as JSON.
    """
    return [
        finding.as_json() for finding in find(CheckedMail(html=html, facts=Facts.from_json(facts)))
    ]


def check_bytes(raw: str, facts: dict[str, Any]) -> list[dict[str, str]]:
    """
    Check a whole mail, its bytes given as one character each in *raw*; return the findings as JSON.
    """
    checked = parse_message(raw, Facts.from_json(facts))
    return [finding.as_json() for finding in find(checked)]


def links_of(html: str, raw: str) -> list[str]:
    """
    Return the http addresses that a page, or the page of a whole mail, links to, each once.
    """
    checked = parse_message(raw, Facts()) if raw else CheckedMail(html=html)
    return list(dict.fromkeys(url for _, url in checked.links if url.startswith("http")))


def parse_message(raw: str, facts: Facts) -> CheckedMail:
    """
    Parse a whole mail and find its parts.
    """
    raw = raw.replace("\r\n", "\n").replace("\n", "\r\n")
    message = message_from_bytes(raw.encode("latin-1"), policy=policy.default)
    assert isinstance(message, EmailMessage)
    html, text = message.get_body(("html",)), message.get_body(("plain",))
    headers = tuple((name, _read(name, value)) for name, value in message.raw_items())
    return CheckedMail(
        html=_content(html),
        text=_content(text),
        subject=next((value for name, value in headers if name.lower() == "subject"), ""),
        headers=headers,
        raw=raw,
        facts=facts,
    )


def _read(name: str, written: str) -> str:
    """
    Decode a header's value; return it as written if that fails.
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


def find(checked: CheckedMail) -> list[Finding]:
    """
    Return every finding once, in the order of the rules: a template repeats its fault with every
    brief.
    """
    return list(dict.fromkeys(found for rule in RULES for found in _findings(rule, checked)))


def _findings(rule: Rule, checked: CheckedMail) -> Iterator[Finding]:
    if not _has(checked, rule.needs):
        yield Finding(rule.id, Level.NOT_RUN, _MISSING[rule.needs])
        return
    for finding in rule.check(checked) if rule.check else ():
        yield _softened(finding, rule, checked.facts)
    if rule.elsewhere:
        yield Finding(rule.id, Level.NOT_RUN, rule.elsewhere)


def _softened(finding: Finding, rule: Rule, facts: Facts) -> Finding:
    is_harmless = rule.is_softer and not facts.reaches_people
    if is_harmless and finding.level is Level.ERROR:
        return replace(finding, level=Level.WARNING)
    return finding


def _has(checked: CheckedMail, needs: str) -> bool:
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
    Load whatever is loaded at first use. Afterwards no file can be opened.
    """
    raw = (
        'Subject: =?utf-8?q?=C3=A9?=\nContent-Type: text/html; charset="utf-8"\n'
        "Content-Transfer-Encoding: quoted-printable\n\n<!DOCTYPE html><p>=C3=A9</p></html>"
    )
    check_bytes(raw, Facts().as_json())
