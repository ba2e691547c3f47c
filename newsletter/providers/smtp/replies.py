"""
Represent the replies of an SMTP server, and connections that end without one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from newsletter.providers.responses import redacted_line


@dataclass(frozen=True)
class Reply:
    """
    A three-digit code, and the text of each line.
    """

    code: int
    text_lines: tuple[str, ...]

    @property
    def unredacted(self) -> str:
        """
        The whole reply on one line, with the email addresses in it.
        """
        return f"{self.code} {' '.join(self.text_lines)}".strip()

    @property
    def is_good(self) -> bool:
        """
        Whether the server accepted the command (RFC 5321 section 4.2.1).
        """
        return self.code < 400

    def __str__(self) -> str:
        return redacted_line(self.unredacted)


class Stage(enum.StrEnum):
    """
    The command that a reply is for: MAIL, RCPT, DATA, or the end of the message.
    """

    SENDER = "MAIL"
    RECIPIENT = "RCPT"
    DATA = "DATA"
    MESSAGE = "message"


@dataclass(frozen=True)
class Replied:
    """
    The reply that decided the result of a message: the first refusal, or the reply to its end.
    """

    stage: Stage
    reply: Reply


@dataclass(frozen=True, kw_only=True)
class NotReplied:
    """
    A message without a final reply. `may_have_arrived` is False if its end was never sent.
    """

    reason: str
    may_have_arrived: bool = False
    retry_after_s: float | None = None


Ending = Replied | NotReplied


class ConnectionLost(Exception):
    """
    The connection broke. At most the first `sent_at_most` bytes of the last write were sent.
    """

    def __init__(self, reason: str, *, left: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent_at_most = left


class NoSession(Exception):
    """
    The server cannot be used: until a person has followed `advice`, or for now if it is None.
    """

    def __init__(self, reason: str, *, advice: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.advice = advice
