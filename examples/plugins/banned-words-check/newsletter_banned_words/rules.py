"""
Warn of words that the house style rules out. The rule runs in the sandboxed child process, where
it can open no files: whatever it needs is loaded here.
"""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.mail.checks.checked_mail import CheckedMail
from newsletter.mail.checks.rule import Rule
from newsletter.model.check import Finding, Level

BANNED = {"click here": "say where the link leads", "utilise": "write “use”"}


def banned_words(checked: CheckedMail) -> Iterator[Finding]:
    """
    Yield a warning for each banned word that a reader would see.
    """
    text = checked.visible_text.casefold()
    for words, advice in BANNED.items():
        if words in text:
            yield Finding("banned-words", Level.WARNING, f"readers would see “{words}”: {advice}")


RULES = (Rule(None, "banned-words", Level.WARNING, banned_words),)
