"""
What an approval covers: the content of a rendered issue and its audience rule, as a hash and as a
text that a person compares. Pure.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import fields, replace

from newsletter.delivery.freeze import values_hash
from newsletter.mail.merge.fields import unmark_fields
from newsletter.model.issue import AudienceRule
from newsletter.model.mail import Mail

_ALWAYS_IN_RULE = ("lists", "minus", "addresses", "sent_to_issue", "cadences")
_ALWAYS_IN_MAIL = (
    "subject", "html", "text", "sender", "reply_to", "headers", "nonce", "fields", "shortened",
    "whole",
)  # fmt: skip


def approval_hash(mail: Mail, rule: AudienceRule) -> str:
    """
    Hash the content of *mail* and the audience rule.

    Two renderings of the same content have the same hash, as their nonces do not count.
    """
    typed = _with_fields(mail)
    named = [f"{name}={getattr(rule, name)!r}" for name in _said_by(rule, _ALWAYS_IN_RULE)]
    headers = (*typed.headers, ("Audience", f"AudienceRule({', '.join(named)})"))
    values = replace(typed, headers=headers).as_json()
    return values_hash({name: values[name] for name in _said_by(typed, _ALWAYS_IN_MAIL)})


def _said_by(what: AudienceRule | Mail, always: Sequence[str]) -> Sequence[str]:
    """
    Return the names of the values that are hashed: those in *always*, and of the others those that
    say something. So a value that is new in the program voids no approval.
    """
    others = (each for each in fields(what) if each.name not in always)
    return [*always, *(each.name for each in others if getattr(what, each.name) != each.default)]


def _with_fields(mail: Mail) -> Mail:
    """
    Replace the marks with their merge fields, because marks differ from rendering to rendering.
    """

    def typed(text: str) -> str:
        return unmark_fields(text, mail.fields, mail.nonce)

    return replace(
        mail,
        subject=typed(mail.subject),
        html=typed(mail.html),
        text=typed(mail.text),
        headers=tuple((name, typed(value)) for name, value in mail.headers),
        whole=None if mail.whole is None else typed(mail.whole),
        nonce="",
    )


def readable_text(mail: Mail, rule: AudienceRule) -> str:
    """
    Return the text that a person compares: sender, audience rule, subject and text part.
    """
    typed = _with_fields(mail)
    sender = f"From: {mail.sender.name} <{mail.sender.address}>"
    return "\n".join([sender, f"To: {rule}", f"Subject: {typed.subject}", "", typed.text])


def changes_between(approved: str, mail: Mail, rule: AudienceRule) -> list[str]:
    """
    Return the lines of a unified diff between the text that was *approved* and what would be sent
    now; empty if nothing changed.
    """
    now = readable_text(mail, rule)
    return list(
        difflib.unified_diff(
            approved.splitlines(), now.splitlines(), "approved", "now", lineterm="", n=1
        )
    )
