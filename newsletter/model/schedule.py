"""
A schedule, which makes issues, with its rules and the outcomes of its slots.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from newsletter.model.issue import AudienceRule, DeadlineAction, ShownAs
from newsletter.model.timing import QuietHours
from subscribers.model import Cadence


class MisfirePolicy(enum.StrEnum):
    """
    What happens to a slot that runs later than its misfire limit.
    """

    SEND = "send"
    SKIP = "skip"
    ASK = "ask"


class Approval(enum.StrEnum):
    """
    AUTO sends. DRAFT waits for a person. DEADLINE waits for a person until its deadline.
    """

    AUTO = "auto"
    DRAFT = "draft"
    DEADLINE = "deadline"


class SlotOutcome(enum.StrEnum):
    """
    DUE is in progress, or was abandoned by a process that died; the others are final.
    """

    DUE = "due"
    ISSUED = "issued"
    SKIPPED = "skipped"
    FAILED = "failed"


class Order(enum.StrEnum):
    """
    In which order an issue shows its briefs, or a program lists briefs and issues: the newest or
    the oldest first.
    """

    NEWEST = "newest"
    OLDEST = "oldest"


class Group(enum.StrEnum):
    """
    By what an issue groups its briefs under headings.
    """

    CATEGORY = "category"
    SOURCE = "source"
    SERIES = "series"


@dataclass(frozen=True, kw_only=True)
class IssueRules:
    """
    Which of the available briefs an issue takes, and how it shows them.

    It takes from `least` to `most` briefs: those of one of `categories` and of none of
    `not_categories`, with a title that matches the regular expression `title` and not `not_title`
    (ignoring case), and dated within `look_back`. With `skip_singles` it omits briefs that were
    sent on their own to one of the lists.

    They are shown in `order`: first the first brief of the category `lead`, then the others, with
    headings by `group`. The lead is shown as `show_lead` (None: in full), the others as `show`
    (None: some by their takeaways, the rest as a line).
    """

    least: int = 1
    most: int | None = None
    categories: tuple[str, ...] = ()
    not_categories: tuple[str, ...] = ()
    title: str | None = None
    not_title: str | None = None
    look_back: dt.timedelta | None = None
    skip_singles: bool = True
    order: Order = Order.NEWEST
    lead: str | None = None
    group: Group | None = None
    show: ShownAs | None = None
    show_lead: ShownAs | None = None

    def as_json(self) -> dict[str, Any]:
        """
        Return the rules as plain JSON values.
        """
        return {
            "min": self.least,
            "max": self.most,
            "categories": list(self.categories),
            "not_categories": list(self.not_categories),
            "title": self.title,
            "not_title": self.not_title,
            "look_back_s": int(self.look_back.total_seconds()) if self.look_back else None,
            "skip_singles": self.skip_singles,
            "order": self.order,
            "lead": self.lead,
            "group": self.group,
            "show": self.show,
            "show_lead": self.show_lead,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> IssueRules:
        """
        Read the rules that `as_json` wrote.
        """
        look_back_s = values["look_back_s"]
        return cls(
            least=values["min"],
            most=values["max"],
            categories=tuple(values["categories"]),
            not_categories=tuple(values["not_categories"]),
            title=values["title"],
            not_title=values["not_title"],
            look_back=dt.timedelta(seconds=look_back_s) if look_back_s else None,
            skip_singles=values["skip_singles"],
            order=Order(values["order"]),
            lead=values["lead"],
            group=Group(values["group"]) if values["group"] else None,
            show=ShownAs(values["show"]) if values["show"] else None,
            show_lead=ShownAs(values["show_lead"]) if values["show_lead"] else None,
        )


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """
    A rule that makes issues. `cron` has five fields, in the local time of `timezone`. `each` makes
    one issue per brief. Its issues go to the readers who chose its `cadence`. A slot that runs
    later than `misfire_limit` after its time follows `misfire_policy`.

    With Approval.DEADLINE the addresses in `editors` are asked about a draft; without a decision
    `at_deadline` happens, `deadline` after its slot. `is_local` makes the wall time of the slot
    each reader's own. Nothing is sent in the `quiet` hours, and a slot on one of `days_off`
    (`2026-12-25`, `12-25` of each year, `2026-12-24..2027-01-02`) is skipped.
    """

    id: int
    name: str
    cron: str
    timezone: str
    audience: AudienceRule
    sources: tuple[str, ...]
    template: str | None = None
    each: bool = False
    cadence: Cadence = Cadence.EACH
    sender: str | None = None
    fallback_provider: str | None = None
    rules: IssueRules = IssueRules()
    approval: Approval = Approval.AUTO
    editors: tuple[str, ...] = ()
    deadline: dt.timedelta | None = None
    at_deadline: DeadlineAction = DeadlineAction.HOLD
    is_local: bool = False
    quiet: QuietHours | None = None
    days_off: tuple[str, ...] = ()
    misfire_policy: MisfirePolicy = MisfirePolicy.SEND
    misfire_limit: dt.timedelta = dt.timedelta(hours=2)
    repeat: bool = False
    is_paused: bool = False
    created_at: dt.datetime | None = None
    last_due: dt.datetime | None = None

    @property
    def readers(self) -> AudienceRule:
        """
        Return the rule that selects the readers of its issues.
        """
        return replace(self.audience, cadences=(self.cadence,))


@dataclass(frozen=True, kw_only=True)
class Slot:
    """
    One instant at which a schedule runs. `wall` is the local wall time without offset
    (`2026-11-01T01:30`), unique for its schedule, so that a clock that is set back runs it once;
    `due` the same instant, aware, in UTC.
    """

    wall: str
    due: dt.datetime

    @property
    def day(self) -> dt.date:
        return dt.date.fromisoformat(self.wall[:10])
