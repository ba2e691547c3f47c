"""
The findings of a preflight check, and the facts about where the mail goes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from newsletter.model.issue import IssueKind
from subscribers.text.phrases import joined, pack_text, phrase, plural, unpack_text


class Level(enum.StrEnum):
    """
    An ERROR prevents the send. A WARNING may harm readers or the sender, and needs a reason from a
    person. ADVICE says what could be better, and asks nobody. NOT_RUN: a tool, the network or that
    part of the mail was not available.
    """

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"
    NOT_RUN = "not run"


class TypedPlace(enum.StrEnum):
    """
    What staff type themselves in an issue, as findings name it.
    """

    SUBJECT = "subject"
    PREHEADER = "preheader"
    INTRO = "introduction"


@dataclass(frozen=True)
class Finding:
    """
    What a rule found: the problem, what to do, and the place in the mail.
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

    def pack(self) -> dict[str, Any]:
        """
        Return the finding as values of JSON, with what is needed to translate it.
        """
        return {
            **self.as_json(),
            "message": pack_text(self.message),
            "where": pack_text(self.where),
        }

    @classmethod
    def unpack(cls, values: Mapping[str, Any]) -> Finding:
        """
        Return the finding that `pack` or `as_json` wrote.
        """
        return cls(
            values["rule"],
            Level(values["level"]),
            unpack_text(values["message"]),
            unpack_text(values.get("where", "")),
        )


def of_level(findings: Sequence[Finding], level: Level) -> list[Finding]:
    """
    Return the findings of one level, in order.
    """
    return [finding for finding in findings if finding.level is level]


def describe_no_readers(pending: int, segment: str | None = None) -> str:
    """
    Say that lists have no readers, with *pending* people who are not confirmed, or none in a
    *segment*, and what to do.
    """
    if segment is not None:
        return phrase(
            "none of the active subscribers of its lists is in segment {segment}: see "
            "`newsletter segment explain {segment}`",
            segment=segment,
        )
    if not pending:
        return phrase("its lists have no active subscribers: add readers to them")
    return plural(
        "its lists have no active subscribers and {n} pending one; once they have agreed, run "
        "`newsletter subscriber confirm --file FILE --evidence TEXT`",
        "its lists have no active subscribers and {n} pending ones; once they have agreed, run "
        "`newsletter subscriber confirm --file FILE --evidence TEXT`",
        pending,
    )


def count_warnings(warnings: Sequence[Finding]) -> str:
    """
    Format the number of warnings.
    """
    return plural("{n} warning", "{n} warnings", len(warnings))


def refusal(issue_id: int, errors: Sequence[Finding]) -> str:
    """
    Say in one line why an issue with *errors* cannot be sent.
    """
    first, more = errors[0], len(errors) - 1
    found = joined(": ", [first.rule, first.message])
    if more:
        found = phrase("{found}, and {more} more", found=found, more=more)
    return phrase(
        "issue {issue} cannot be sent: {found}; see `newsletter check {issue}`",
        issue=issue_id,
        found=found,
    )


@dataclass(frozen=True, kw_only=True)
class Facts:
    """
    What the rules need to know besides the mail.

    `is_on_this_machine`: the provider only writes files, or its server listens on this machine.
    `readers` is how many people the issue would go to now, `readers_before` how many the last one
    to the same lists went to; None if there is no audience. `pending` is how many people on its
    lists are not confirmed, counted only if there are no readers, and `segment` the segment in
    which none of them are. `sent_briefs` are the numbers of those of its briefs that were already
    sent to the lists, `held_briefs` of those that are held, each with the reason.
    """

    kind: IssueKind = IssueKind.ISSUE
    is_on_this_machine: bool = True
    base_url: str = ""
    postal_address: str = ""
    today: dt.date | None = None
    readers: int | None = None
    readers_before: int | None = None
    pending: int = 0
    segment: str | None = None
    sent_briefs: tuple[int, ...] = ()
    held_briefs: tuple[tuple[int, str], ...] = ()
    # In words, why an issue cannot be sent any more.
    ended: str | None = None
    is_tested: bool = True
    has_intro: bool = True
    # Subject, preheader and introduction as staff typed them, each with its place.
    typed: tuple[tuple[str, str], ...] = ()
    # The declared fields in the mail that are for staff only.
    staff_fields: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        values = dataclasses.asdict(self)
        return {
            **values,
            "today": self.today.isoformat() if self.today else None,
            "ended": self.ended and pack_text(self.ended),
            "held_briefs": [[number, pack_text(why)] for number, why in self.held_briefs],
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Facts:
        return cls(
            **{
                **values,
                "kind": IssueKind(values["kind"]),
                "today": dt.date.fromisoformat(values["today"]) if values["today"] else None,
                "ended": values["ended"] and unpack_text(values["ended"]),
                "sent_briefs": tuple(values["sent_briefs"]),
                "held_briefs": tuple(
                    (number, unpack_text(why)) for number, why in values["held_briefs"]
                ),
                "staff_fields": tuple(values["staff_fields"]),
                "typed": tuple((place, text) for place, text in values["typed"]),
            }
        )
