"""
The bodies of the requests and responses about outgoing webhooks.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from fastapi import Path
from pydantic import Field, model_validator

from newsletter.actions.operations.webhook_attempts import ReplayChoice
from newsletter.actions.operations.webhooks import ChangedWebhook, WebhookDetails
from newsletter.model.outgoing import (
    LoggedAttempt,
    OutgoingKind,
    OutgoingWebhook,
    PauseCause,
    SendResult,
    SendState,
    WebhookState,
)
from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.text import Explanation, Slug
from newsletter.web.api.times import GivenMoment, Moment

WebhookInPath = Annotated[
    str, Path(max_length=60, description="The name of the webhook", examples=["crm"])
]
WebhookUrl = Annotated[str, Field(min_length=1, max_length=2_000)]
Kinds = Annotated[
    list[OutgoingKind], Field(max_length=len(OutgoingKind), description="None for all")
]
WebhookLists = Annotated[list[Slug], Field(max_length=200, description="None for all")]
_WEBHOOK: dict[str, Any] = {
    "name": "crm",
    "url": "https://crm.example.org/hook",
    "kinds": ["subscriber.joined", "subscriber.left"],
    "lists": ["daily"],
}
_SHOWN: dict[str, Any] = {
    **_WEBHOOK,
    "state": "active",
    "pause_cause": None,
    "paused_at": None,
    "created_at": "2026-03-04T12:00:00Z",
}


class WebhookToMake(RequestBody):
    """
    A new webhook, and what it is to be sent.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = _WEBHOOK
    name: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    url: WebhookUrl
    kinds: Kinds = Field(default_factory=list)
    lists: WebhookLists = Field(default_factory=list)


class WebhookChanges(RequestBody):
    """
    What is to change about a webhook. What is left out stays.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"url": "https://crm.example.org/hook/2", "lists": []}
    url: WebhookUrl | None = None
    kinds: Annotated[Kinds, Field(min_length=1)] | None = None
    lists: WebhookLists | None = None


class WebhookBody(Resource):
    """
    A webhook. `lists` is null if it is not limited to some.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = _SHOWN
    name: str
    url: str
    kinds: list[OutgoingKind]
    lists: list[str] | None
    state: WebhookState
    pause_cause: PauseCause | None
    paused_at: Moment | None
    created_at: Moment

    @classmethod
    def of(cls, webhook: OutgoingWebhook) -> WebhookBody:
        """
        Return the body of a webhook.
        """
        return cls(
            name=webhook.name,
            url=webhook.url,
            kinds=sorted(webhook.kinds),
            lists=None if webhook.lists is None else sorted(webhook.lists),
            state=webhook.state,
            pause_cause=webhook.pause_cause,
            paused_at=webhook.paused_at,
            created_at=webhook.created_at,
        )


class WebhookWithSecretBody(ResponseBody):
    """
    A webhook with its new secret, with which requests are signed. It is shown this once.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"secret": "whsec_…", "webhook": _SHOWN}
    secret: str
    webhook: WebhookBody

    @classmethod
    def of(cls, changed: ChangedWebhook) -> WebhookWithSecretBody:
        """
        Return the body of a webhook that has a new secret.
        """
        assert changed.secret is not None
        return cls(secret=changed.secret, webhook=WebhookBody.of(changed.details.webhook))


class WebhookStatusBody(ResponseBody):
    """
    How many events are in each state on their way to a webhook, and whether its receiver works.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "events": {"waiting": 3, "delivered": 4210, "failed": 0},
        "failures": 2,
        "failing_since": "2026-03-04T12:00:00Z",
        "next_at": None,
        "last_success_at": "2026-03-04T11:58:10Z",
    }
    events: dict[SendState, int]
    failures: int = Field(description="In a row")
    failing_since: Moment | None
    next_at: Moment | None = Field(description="Nothing is sent before this time")
    last_success_at: Moment | None

    @classmethod
    def of(cls, found: WebhookDetails) -> WebhookStatusBody:
        """
        Return the body of how a webhook does.
        """
        webhook = found.webhook
        return cls(
            events={state: found.events.get(state, 0) for state in SendState},
            failures=webhook.failures,
            failing_since=webhook.failing_since,
            next_at=webhook.next_at,
            last_success_at=webhook.last_success_at,
        )


class WebhookAttemptBody(ResponseBody):
    """
    An attempt to send an event. `event` is null for a test, and for an event that was deleted;
    `status` is null if there was no response.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "at": "2026-03-04T12:00:00Z",
        "event": "evt_5f0c2f",
        "kind": "subscriber.joined",
        "status": 200,
        "duration_ms": 81,
        "error": None,
    }
    at: Moment
    event: str | None
    kind: str
    status: int | None
    duration_ms: int
    error: Explanation | None

    @classmethod
    def of(cls, attempt: LoggedAttempt) -> WebhookAttemptBody:
        """
        Return the body of an attempt.
        """
        return cls(
            at=attempt.at,
            event=attempt.event_key or None,
            kind=attempt.kind,
            status=attempt.status,
            duration_ms=attempt.duration_ms,
            error=attempt.error or None,
        )


class EventsToReplay(RequestBody):
    """
    Which events to send again: one by its id, those from `begins_at` to before `ends_at`, or those
    that were given up. Give one of the three.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "begins_at": "2026-03-04T12:00:00Z", "ends_at": "2026-03-04T18:00:00Z",
    }  # fmt: skip
    event: Annotated[str, Field(max_length=100)] | None = None
    begins_at: GivenMoment | None = None
    ends_at: GivenMoment | None = None
    failed: bool = False

    @model_validator(mode="after")
    def _require_one(self) -> Self:
        if not self.as_choice().is_valid:
            raise ValueError("give `event`, `begins_at` (with or without `ends_at`), or `failed`")
        return self

    def as_choice(self) -> ReplayChoice:
        """
        Return what an action takes.
        """
        return ReplayChoice(
            event=self.event,
            since=None if self.begins_at is None else self.begins_at.isoformat(),
            until=None if self.ends_at is None else self.ends_at.isoformat(),
            is_failed=self.failed,
        )


class ReplayedEventsBody(ResponseBody):
    """
    The number of events that are sent again.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"events": 12}
    events: int


class SentTestBody(ResponseBody):
    """
    What came of a test: the status of the response, or why there was none.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "is_delivered": True, "status": 200, "duration_ms": 81, "error": None,
    }  # fmt: skip
    is_delivered: bool
    status: int | None
    duration_ms: int
    error: Explanation | None

    @classmethod
    def of(cls, result: SendResult) -> SentTestBody:
        """
        Return the body of a result.
        """
        return cls(
            is_delivered=result.is_delivered,
            status=result.status,
            duration_ms=result.duration_ms,
            error=result.error or None,
        )
