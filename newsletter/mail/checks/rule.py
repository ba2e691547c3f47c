"""
One rule that mails are checked by. Packages from outside make their own from this class.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from newsletter.mail.checks.checked_mail import CheckedMail
from newsletter.model.check import Finding, Level


@dataclass(frozen=True)
class Rule:
    """
    One rule: the worst level it reports, and the function that checks the part of a mail it
    `needs`.

    `number` is its row in `docs/reference/checks.md`, None if it comes from another package.
    `elsewhere` says how to check what cannot be checked here. `is_softer`: at most a warning if
    the provider does not reach anybody.
    """

    number: int | None
    id: str
    level: Level
    check: Callable[[CheckedMail], Iterable[Finding]] | None = None
    needs: str = "html"
    elsewhere: str = ""
    is_softer: bool = False
