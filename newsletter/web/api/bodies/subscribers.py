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
from newsletter.web.api.bodies.subscriptions import (
    Consent,
    Resubscribe,
    SubscriptionBody,
    Tag,
    subscription_body,
)
from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.text import Slug
from newsletter.web.api.times import Moment
from subscribers.fields.json_values import FieldValue
from subscribers.model import Subscriber
from subscribers.suppression.model import SuppressionReason

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
        suppressions=[
            SuppressionOfPerson(
                list=each.scope or None,
                reason=each.reason,
                since=each.since,
                expires_at=each.expires_at,
            )
            for each in person.suppressions
        ],
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
