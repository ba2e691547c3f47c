"""
What looking a mail over before it leaves finds, and the facts about where it goes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.model.issue import IssueKind


class Level(enum.StrEnum):
    """
    An ERROR blocks the send, a WARNING wants a person's word, a NOTE wants nothing. NOT_RUN means
    that nobody knows: the tool, the network or the part of the mail is not there.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Finding:
    """
    One thing a rule found: what it is and what to do, and the place in the mail.
    """

    rule: str
    level: Level
    message: str
    where: str = ""

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{self.rule}: {where}{self.message}"

    def as_json(self) -> dict[str, str]:
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, str]) -> Finding:
        return cls(**{**values, "level": Level(values["level"])})  # type: ignore[arg-type]


def of_level(findings: Sequence[Finding], level: Level) -> list[Finding]:
    """
    The findings of one level, in order.
    """
    return [finding for finding in findings if finding.level is level]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """
    What a mail cannot say of itself. `reaches_people` is False where the provider only writes
    files, or is a stand-in on this machine. `readers` is who the issue would go to now,
    `readers_before` who the last one to the same lists went to; None where there is no audience.
    `sent_briefs` are those of its briefs the lists got before, by number.
    """

    kind: IssueKind = IssueKind.ISSUE
    reaches_people: bool = False
    base_url: str = ""
    postal_address: str = ""
    today: dt.date | None = None
    readers: int | None = None
    readers_before: int | None = None
    sent_briefs: tuple[int, ...] = ()
    # A schedule has rules of its own about what it sends again.
    is_scheduled: bool = False
    # The state of an issue that left already.
    has_left: str | None = None
    is_tested: bool = True

    def as_json(self) -> dict[str, Any]:
        values = dataclasses.asdict(self)
        return {**values, "today": self.today.isoformat() if self.today else None}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Facts:
        return cls(
            **{
                **values,
                "kind": IssueKind(values["kind"]),
                "today": dt.date.fromisoformat(values["today"]) if values["today"] else None,
                "sent_briefs": tuple(values["sent_briefs"]),
            }
        )
