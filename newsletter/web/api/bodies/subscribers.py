"""
The bodies of the requests and responses about subscribers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field

from newsletter.actions.people.person import PersonDetails
from newsletter.actions.people.sync.upsert import PersonValues
from newsletter.delivery.trace import AddressTrace, DeliveryTrace
from newsletter.model.issue import IssueKind
from newsletter.web.api.bodies.subscriptions import (
    Consent,
    Resubscribe,
    SubscriptionBody,
    Tag,
    subscription_body,
)
from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.text import Explanation, Slug
from newsletter.web.api.times import Moment
from subscribers.fields.json_values import FieldValue
from subscribers.model import Subscriber
from subscribers.suppression.model import Suppression, SuppressionReason

_EMAIL: dict[str, Any] = {"format": "email"}
AddressInPath = Annotated[
    str,
    Path(
        max_length=320,
        description="The email address of the person",
        examples=["ada@example.org"],
        json_schema_extra=_EMAIL,
    ),
]
Address = Annotated[str, Field(min_length=3, max_length=320, json_schema_extra=_EMAIL)]
Name = Annotated[str, Field(max_length=200)]
Timezone = Annotated[str, Field(max_length=60, description="Such as Europe/Oslo")]
Language = Annotated[str, Field(max_length=35, description="Such as en or pt-BR")]
FieldText = Annotated[str, Field(max_length=1_000)]
FieldNumber = Annotated[float, Field(ge=-1e14, le=1e14)]
FieldList = Annotated[list[FieldText], Field(max_length=100)]
FieldOutput = str | bool | int | float | Sequence[str]
FieldInput = FieldText | bool | FieldNumber | FieldList | None
Fields = Annotated[
    dict[Annotated[str, Field(max_length=60)], FieldInput],
    Field(description="Values of declared fields by their names; null removes one"),
]
_PERSON: dict[str, Any] = {
    "name": "Ada Byron",
    "timezone": "Europe/London",
    "language": "en",
    "fields": {"edition": "morning"},
    "tags": ["press"],
}


class PersonBody(RequestBody):
    """
    What is known about a person. What is left out or null stays; an empty text removes it.
    """

    name: Name | None = None
    timezone: Timezone | None = None
    language: Language | None = None
    fields: Fields = Field(default_factory=dict)
    tags: Annotated[list[Tag], Field(max_length=100)] | None = Field(
        default=None, description="All their tags"
    )


class JoiningBody(PersonBody):
    """
    A person and the lists that they join.
    """

    lists: Annotated[list[Slug], Field(max_length=50)] = Field(
        default_factory=list,
        description="They are asked by email to confirm, unless a consent is given. Nobody who is "
        "on a list, or has left it, is asked again",
    )
    consent: Consent | None = None
    resubscribe: Resubscribe = False

    def as_values(self) -> PersonValues:
        """
        Return what an action takes.
        """
        return PersonValues(**self.model_dump(exclude={"address"}))


class SubscriberToMake(JoiningBody):
    """
    A new subscriber. `lists` must name at least one.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "address": "mary@example.org", **_PERSON, "name": "Mary Somerville", "lists": ["daily"],
    }  # fmt: skip
    address: Address


class SubscriberToKeep(JoiningBody):
    """
    What a subscriber is to be. Somebody new must join a list.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        **_PERSON, "lists": ["daily"], "consent": "asked for it at the fair on 4 March",
    }  # fmt: skip


class SubscriberChanges(PersonBody):
    """
    What is to change about a subscriber.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"name": "Ada Lovelace", "fields": {"edition": None}}

    def as_values(self) -> PersonValues:
        """
        Return what an action takes.
        """
        return PersonValues(**self.model_dump())


class NewAddress(RequestBody):
    """
    The other address of a subscriber.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"address": "ada.byron@example.org"}
    address: Address = Field(description="Nobody has it yet")


class SuppressionOfPerson(ResponseBody):
    """
    Why an address gets no email: from one list, or from all if `list` is null.
    """

    list: str | None
    reason: SuppressionReason
    since: Moment
    expires_at: Moment | None


class SubscriberBody(Resource):
    """
    A subscriber.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "id": 4711,
        "address": "ada@example.org",
        **_PERSON,
        "created_at": "2026-03-04T11:58:10Z",
        "last_active_at": None,
        "paused_until": None,
        "subscriptions": [SubscriptionBody.EXAMPLE],
        "suppressions": [],
    }
    id: int
    address: str | None
    name: str
    language: str | None
    timezone: str | None
    created_at: Moment
    last_active_at: Moment | None
    paused_until: Moment | None
    fields: dict[str, FieldOutput]
    tags: list[str]
    subscriptions: list[SubscriptionBody]
    suppressions: list[SuppressionOfPerson]


def subscriber_body(
    person: Subscriber, values: Mapping[str, FieldValue], tags: Sequence[str]
) -> SubscriberBody:
    """
    Return the body of a person with the values of their fields and their tags.
    """
    return SubscriberBody(
        id=person.id,
        address=person.email,
        name=person.name,
        language=person.language,
        timezone=person.timezone,
        created_at=person.created_at,
        last_active_at=person.last_active_at,
        paused_until=person.paused_until,
        fields={name: value for name, value in values.items() if value is not None},
        tags=list(tags),
        subscriptions=[subscription_body(person, each) for each in person.subscriptions],
        suppressions=[suppression_of_person(each) for each in person.suppressions],
    )


def suppression_of_person(found: Suppression) -> SuppressionOfPerson:
    """
    Return the body of a suppression among what is known about a person.
    """
    return SuppressionOfPerson(
        list=found.scope or None,
        reason=found.reason,
        since=found.since,
        expires_at=found.expires_at,
    )


def details_body(found: PersonDetails) -> SubscriberBody:
    """
    Return the body of a person of whom everything is known.
    """
    return subscriber_body(found.person, found.values, found.tags)


class PersonalDataBody(ResponseBody):
    """
    Everything that is stored about an address, as the person is entitled to get it.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "data": {"address": "ada@example.org", "subscriptions": [], "emails": []}
    }
    data: dict[str, Any]


class ExplainedDeliveryBody(ResponseBody):
    """
    What happened to a person in one issue. A time is null if it did not come to that.
    """

    issue: int = Field(description="The number of the issue")
    kind: IssueKind = Field(description="`issue`, or `test` or `notice` for another email")
    subject: str | None = Field(description="The subject of the issue")
    list: str | None = Field(description="The list through which they got it")
    outcome: str = Field(
        description="The state of their copy, `excluded` or `not in the audience`; before the "
        "issue is sent `would get it` or `would be excluded`"
    )
    rule: str = Field(description="The stored reason, for programs; empty if there is none")
    explanation: Explanation = Field(description="The reason, for people")
    provider: str | None = Field(description="The provider that got their copy")
    provider_id: str | None = Field(description="What the provider calls their copy")
    sent_at: Moment | None = Field(description="When the issue began to be sent")
    submitted_at: Moment | None = Field(description="When their copy was submitted to the provider")
    settled_at: Moment | None = Field(description="When the provider had answered")
    reported: dict[str, Moment] = Field(
        description="When the provider first reported each kind of event, such as `delivered`"
    )

    @classmethod
    def of(cls, found: DeliveryTrace) -> ExplainedDeliveryBody:
        """
        Return the body of what happened in an issue.
        """
        entry = found.entry
        return cls(
            issue=found.issue.id,
            kind=found.issue.kind,
            subject=found.subject,
            list=entry.through if entry else None,
            outcome=found.outcome,
            rule=found.rule,
            explanation=found.words,
            provider=(entry.provider or found.issue.current_provider) if entry else None,
            provider_id=entry.provider_id if entry else None,
            sent_at=found.frozen_at,
            submitted_at=entry.call_started_at if entry else None,
            settled_at=entry.settled_at if entry else None,
            reported={kind.value: at for kind, at in found.reported.first_seen.items()},
        )


class ExplanationBody(ResponseBody):
    """
    What happened to a person, and by which rule.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "address": "ada@example.org",
        "suppressions": [],
        "issues": [
            {
                "issue": 3,
                "kind": "issue",
                "subject": "The quieter quay",
                "list": "daily",
                "outcome": "accepted",
                "rule": "",
                "explanation": "accepted by outbox",
                "provider": "outbox",
                "provider_id": None,
                "sent_at": "2026-03-05T05:00:00Z",
                "submitted_at": "2026-03-05T05:00:01Z",
                "settled_at": "2026-03-05T05:00:02Z",
                "reported": {},
            }
        ],
    }
    address: str = Field(description="The address, as it is stored")
    suppressions: list[SuppressionOfPerson] = Field(description="What keeps email from them now")
    issues: list[ExplainedDeliveryBody] = Field(
        description="What happened in each issue, the newest first"
    )

    @classmethod
    def of(cls, found: AddressTrace) -> ExplanationBody:
        """
        Return the body of all that is known.
        """
        return cls(
            address=found.address,
            suppressions=[suppression_of_person(each) for each in found.suppressions],
            issues=[ExplainedDeliveryBody.of(each) for each in found.deliveries],
        )
