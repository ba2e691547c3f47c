"""
Run all rules on one mail. The sandbox imports this module in the child process and passes the mail
as JSON, because the content of a page is not trusted.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from typing import Any

from newsletter.mail.checks.checked_mail import CheckedMail, UnusableMail, briefs_from, checked_mail
from newsletter.mail.checks.rule import Rule
from newsletter.mail.checks.rules import RULES
from newsletter.model.check import Facts, Finding, Level
from newsletter.model.issue import ChosenBrief
from newsletter.model.mail import Mail
from subscribers.text.phrases import phrase

RULES_MODULE = "newsletter.mail.checks.rules"
# The name of the finding about a rule from another package that cannot be used.
_PLUGIN = "plug-in"
# How long each rule of another package may take.
LONGEST_S = 3.0
Check = Callable[[CheckedMail], Iterable[Finding]]
_MISSING = {
    "issue": phrase("needs an issue: run `newsletter check ISSUE`"),
    "audience": phrase("needs an issue: run `newsletter check ISSUE`"),
    "headers": phrase("needs the whole email: check the .eml file"),
    "text": phrase("needs the whole email: check the .eml file"),
}


def check_mail(
    mail: dict[str, Any],
    briefs: list[dict[str, Any]] | None,
    facts: dict[str, Any],
    lists: list[str],
) -> list[dict[str, Any]]:
    """
    Check an issue's mail with its marks by the rules of *lists* and return the findings as JSON.
    """
    chosen_briefs = None if briefs is None else briefs_from(briefs)
    rules = _rules_of(lists)
    found = find_in_mail(Mail.from_json(mail), chosen_briefs, Facts.from_json(facts), rules)
    return [finding.pack() for finding in found]


def find_in_mail(
    mail: Mail,
    briefs: Sequence[ChosenBrief] | None,
    facts: Facts,
    rules: Sequence[Rule] = RULES,
) -> list[Finding]:
    """
    Return every finding in an issue's mail; if one makes the mail unusable, return only that one.
    """
    try:
        return find(checked_mail(mail, briefs, facts), rules)
    except UnusableMail as error:
        return [error.finding]


def check_page(html: str, facts: dict[str, Any], lists: list[str]) -> list[dict[str, Any]]:
    """
    Check a page on its own and return the findings as JSON.
    """
    checked = CheckedMail(html=html, facts=Facts.from_json(facts))
    return [finding.pack() for finding in find(checked, _rules_of(lists))]


def check_bytes(raw: str, facts: dict[str, Any], lists: list[str]) -> list[dict[str, Any]]:
    """
    Check a whole mail, *raw* with one character for each byte, and return the findings as JSON.
    """
    checked = parse_message(raw, Facts.from_json(facts))
    return [finding.pack() for finding in find(checked, _rules_of(lists))]


def links_of(html: str, raw: str) -> list[str]:
    """
    Return the http URLs that a page, or the page of a whole mail, links to, each once.
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
    # The standard library raises all kinds of errors on a malformed header.
    except Exception:
        return str(written)


def _content(part: MIMEPart | None) -> str:
    if part is None:
        return ""
    try:
        content = str(part.get_content())
    # The charset is unknown, or decoding fails.
    except (LookupError, ValueError):
        payload = part.get_payload(decode=True)
        content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return content.replace("\r\n", "\n")


def _rules_of(lists: Sequence[str]) -> list[Rule]:
    """
    Return the rules of each list, which is written as `package.module:NAME`. The sandbox has
    imported the modules already.
    """
    places = (place.partition(":") for place in lists)
    return [rule for module, _, name in places for rule in _rules_in(module, name)]


def _rules_in(module: str, name: str) -> Sequence[Rule]:
    """
    Return the rules of one list. Those from another package fail with a finding that names it.
    """
    loaded = sys.modules[module]
    if error := getattr(loaded, "import_error", None):
        return [_broken(module, phrase("cannot be loaded: {error}", error=error))]
    found: object = getattr(loaded, name, None)
    if not isinstance(found, tuple) or not all(isinstance(rule, Rule) for rule in found):
        return [_broken(module, phrase("{name} is not a tuple of rules", name=name))]
    if loaded is sys.modules[RULES_MODULE]:
        return found
    return [replace(rule, check=_guarded(rule.check, module)) for rule in found]


def _broken(module: str, problem: str) -> Rule:
    return Rule(None, _PLUGIN, Level.ERROR, lambda checked: [_finding_about(module, problem)])


def _finding_about(module: str, problem: str) -> Finding:
    message = phrase(
        "the checks of {module}: {problem}; uninstall that package, or ask its author",
        module=module,
        problem=problem,
    )
    return Finding(_PLUGIN, Level.ERROR, message)


def _guarded(check: Check | None, module: str) -> Check | None:
    """
    Return a check that reports that it failed, or took too long, instead of failing all others.
    """
    if check is None:
        return None

    def guarded(checked: CheckedMail) -> Sequence[Finding]:
        signal.signal(signal.SIGALRM, _stop)
        signal.setitimer(signal.ITIMER_REAL, LONGEST_S)
        try:
            return list(check(checked))
        except _TookTooLongError:
            problem: str = phrase("took longer than {limit:g} s", limit=LONGEST_S)
        except Exception as error:
            crash = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            problem = phrase("failed: {error}", error=crash)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        return [_finding_about(module, problem)]

    return guarded


class _TookTooLongError(BaseException):
    """
    A check from another package took too long. It does not catch this as an Exception.
    """


def _stop(*_: object) -> None:
    raise _TookTooLongError


def find(checked: CheckedMail, rules: Sequence[Rule] = RULES) -> list[Finding]:
    """
    Return the findings in the order of the rules, each once: a template repeats its fault for every
    brief.
    """
    return list(dict.fromkeys(found for rule in rules for found in _findings(rule, checked)))


def _findings(rule: Rule, checked: CheckedMail) -> Iterator[Finding]:
    if not _has(checked, rule.needs):
        yield Finding(rule.id, Level.NOT_RUN, _MISSING[rule.needs])
        return
    for finding in rule.check(checked) if rule.check else ():
        yield _softened(finding, rule, checked.facts)
    if rule.elsewhere:
        yield Finding(rule.id, Level.NOT_RUN, rule.elsewhere)


def _softened(finding: Finding, rule: Rule, facts: Facts) -> Finding:
    is_harmless = rule.is_softer and facts.is_on_this_machine
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
    Load what is loaded at first use, because the sandbox opens no file after that.
    """
    raw = (
        'Subject: =?utf-8?q?=C3=A9?=\nContent-Type: text/html; charset="utf-8"\n'
        "Content-Transfer-Encoding: quoted-printable\n\n<!DOCTYPE html>"
        # A letter, and the same letter read in the wrong encoding.
        "<p>=C3=A9 =C3=83=C2=A9</p></html>"
    )
    # With the rules: some of them look up a codec, which is a file.
    find(parse_message(raw, Facts()))
