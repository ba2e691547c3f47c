"""
Sign when a form was shown, so that a form that was never shown, or was filled in by a program, is
told apart from one that a person sends.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping

from subscribers.errors import BadToken
from subscribers.tokens import KeyRing

HONEYPOT = "website"
"""
The name of a field that people do not see. Programs fill it in.
"""

LEAST_AGE = dt.timedelta(seconds=3)
MOST_AGE = dt.timedelta(hours=24)


class FormVerdict(enum.Enum):
    """
    What the token of a form says. MISSING is a form on somebody else's page.
    """

    OK = enum.auto()
    MISSING = enum.auto()
    TOO_FAST = enum.auto()
    EXPIRED = enum.auto()
    FORGED = enum.auto()


class FormTokens:
    """
    Makes and checks the tokens of forms. Nothing is stored, and no cookie is needed.
    """

    def __init__(self, keys: KeyRing) -> None:
        self.keys = keys

    def token(self, form: str, now: dt.datetime) -> str:
        """
        Return the token of the *form* that is shown *now*.
        """
        return self.keys.sign(f"form\0{form}", int(now.timestamp()))

    def check(self, form: str, token: str, now: dt.datetime) -> FormVerdict:
        """
        Check the *token* of a *form* that was sent *now*.
        """
        if not token:
            return FormVerdict.MISSING
        try:
            shown_at = dt.datetime.fromtimestamp(self.keys.read(f"form\0{form}", token), dt.UTC)
        except BadToken:
            return FormVerdict.FORGED
        age = now - shown_at
        if age < LEAST_AGE:
            return FormVerdict.TOO_FAST
        return FormVerdict.OK if age <= MOST_AGE else FormVerdict.EXPIRED

    def missing_s(self, form: str, token: str, now: dt.datetime) -> float:
        """
        Return for how many seconds a *form* that was sent TOO_FAST has to wait: never longer than
        LEAST_AGE.
        """
        age = now.timestamp() - self.keys.read(f"form\0{form}", token)
        return LEAST_AGE.total_seconds() - max(age, 0.0)


def is_trapped(form: Mapping[str, object]) -> bool:
    """
    Return True if the field that people do not see is filled in.
    """
    return bool(form.get(HONEYPOT))
