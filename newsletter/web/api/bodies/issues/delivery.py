"""
The bodies of requests and responses about how issues are sent.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from newsletter.model.delivery import DeliveryState, HoldReason
from newsletter.model.issue import IssueState
from newsletter.store.delivery.status.recipients import RecipientStatus
from newsletter.web.api.body import RequestBody, ResponseBody
from newsletter.web.api.text import Explanation, Explanations, Line
from newsletter.web.api.times import GivenMoment, Moment

Addresses = Annotated[
    list[Annotated[str, Field(max_length=1_000)]], Field(min_length=1, max_length=100)
]
ProviderName = Annotated[str, Field(min_length=1, max_length=60)]


class IssueToSend(RequestBody):
    """
    When an issue is sent, and in spite of what. Without `at` it is sent now.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "at": "2099-03-05T06:00:00+01:00",
        "override_reason": "the picture is decoration",
        "ignore_quiet": False,
        "fallback_provider": None,
    }
    at: GivenMoment | None = None
    override_reason: Annotated[str, Field(min_length=1, max_length=1_000)] | None = Field(
        default=None, description="Why it is sent with warnings; kept with the issue"
    )
    ignore_quiet: bool = Field(default=False, description="Send in quiet hours too")
    fallback_provider: ProviderName | None = Field(
        default=None, description="Used if its provider accepts nothing; `none` for none"
    )


class NewTime(RequestBody):
    """
    When a scheduled issue is sent instead.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"at": "2099-03-05T07:00:00+01:00"}
    at: GivenMoment


class TestToSend(RequestBody):
    """
    Who gets a test email.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"addresses": ["desk@example.org"]}
    addresses: Addresses


class PauseReason(RequestBody):
    """
    Why an issue is paused.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"reason": "wrong picture"}
    reason: Annotated[str, Field(min_length=1, max_length=1_000)]


class CancelReason(RequestBody):
    """
    Why an issue is cancelled.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"reason": "sent too early"}
    reason: Annotated[str, Field(min_length=1, max_length=1_000)]


class IssueToResume(RequestBody):
    """
    Why a paused issue continues, which is needed after too many bounces or complaints.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"reason": "the list was cleaned"}
    reason: Line | None = None
    fallback_provider: ProviderName | None = None


class PeopleToResend(RequestBody):
    """
    Who gets an issue again. Those who have accepted it before get it only with `again`.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"addresses": ["ada@example.org"], "again": True}
    addresses: Addresses
    again: bool = False


class ResentBody(ResponseBody):
    """
    How many people get an issue again.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"people": 1}
    people: int


class UncertainToResolve(RequestBody):
    """
    What the uncertain recipients of an issue are to count as.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"outcome": "accepted"}
    outcome: Literal["accepted", "rejected"]

    def as_state(self) -> DeliveryState:
        """
        Return what an action takes.
        """
        return DeliveryState(self.outcome)


class WaitBody(ResponseBody):
    """
    How many recipients wait, at least until when, and why.
    """

    until: Moment
    reason: Explanation
    hold: HoldReason | None
    timezone: str | None
    recipients: int


class IssueStatusBody(ResponseBody):
    """
    How an issue is being sent. The six states of recipients add up to `audience`; `outcomes` counts
    what receiving servers and readers did later.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 3,
        "test_of": None,
        "state": "sending",
        "audience": 4210,
        "pending": 1210,
        "accepted": 2999,
        "rejected": 1,
        "skipped": 0,
        "cancelled": 0,
        "uncertain": 0,
        "excluded": {"suppressed": 31},
        "needs_decision": False,
        "reason": None,
        "stopped": None,
        "reasons": {"mailbox does not exist": 1},
        "waits": [],
        "provider": "outbox",
        "fallback_provider": None,
        "failed_over_at": None,
        "failover_reason": None,
        "failover_at": None,
        "current_provider": "outbox",
        "taken_by": {},
        "cooldown_until": None,
        "reconciles_at": None,
        "changed_briefs": [],
        "outcomes": {"delivered": 2871, "opened": 102},
        "warnings": [],
    }
    id: int
    test_of: int | None
    state: IssueState
    audience: int
    pending: int
    accepted: int
    rejected: int
    skipped: int
    cancelled: int
    uncertain: int = Field(description="Nobody knows whether the provider accepted them")
    excluded: dict[str, int] = Field(description="Who was left out, by the reason")
    needs_decision: bool
    reason: Explanation | None
    stopped: Explanation | None = Field(
        description="Why nothing at all is sent, if the kill switch is on"
    )
    reasons: dict[Explanation, int]
    waits: list[WaitBody]
    provider: str
    fallback_provider: str | None
    failed_over_at: Moment | None
    failover_reason: Explanation | None
    failover_at: Moment | None
    current_provider: str
    taken_by: dict[str, int]
    cooldown_until: Moment | None
    reconciles_at: Moment | None
    changed_briefs: list[int]
    outcomes: dict[str, int]
    warnings: Explanations


class RecipientBody(ResponseBody):
    """
    One recipient. `address` is null if the person was erased; `resent` is how often they were sent
    it again.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "address": "ada@example.org",
        "state": "accepted",
        "reason": "",
        "resent": 0,
    }
    address: str | None
    state: DeliveryState
    reason: Explanation
    resent: int


def recipient_body(found: RecipientStatus) -> RecipientBody:
    """
    Return the body of a recipient.
    """
    return RecipientBody(
        address=found.email, state=found.state, reason=found.reason, resent=found.occasion
    )
