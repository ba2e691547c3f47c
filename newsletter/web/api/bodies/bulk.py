"""
The bodies of requests about many subscribers at once.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from newsletter.actions.people.sync.bulk_upsert import MOST
from newsletter.web.api.bodies.subscribers import Fields, Language, Name, Timezone
from newsletter.web.api.bodies.subscriptions import Consent, Tag
from newsletter.web.api.body import RequestBody, ResponseBody
from newsletter.web.api.text import Explanation, Slug
from subscribers.bulk.given_people import GivenPerson, UpsertOutcome, UpsertResult
from subscribers.fields.json_values import as_typed


class SubscriberRow(RequestBody):
    """
    One person. What is left out stays as it is; tags are added.
    """

    address: Annotated[str, Field(max_length=1_000)]
    name: Name = ""
    timezone: Timezone = ""
    language: Language = ""
    fields: Fields = Field(default_factory=dict)
    tags: Annotated[list[Tag], Field(max_length=100)] = Field(default_factory=list)

    def as_given(self) -> GivenPerson:
        """
        Return what an action takes.
        """
        return GivenPerson(
            address=self.address,
            name=self.name,
            timezone=self.timezone,
            language=self.language,
            fields={name: as_typed(value) for name, value in self.fields.items()},
            tags=self.tags,
        )


Rows = Annotated[list[SubscriberRow], Field(min_length=1, max_length=MOST)]


class SubscribersToUpsert(RequestBody):
    """
    Up to 1,000 people who are to be on a list. With a consent, those who are new are active, and
    otherwise they are pending until they are asked and confirm.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "list": "daily",
        "consent": "signed up in the shop before 2026",
        "rows": [
            {"address": "ada@example.org", "name": "Ada Byron", "tags": ["shop"]},
            {"address": "grace@example.org"},
        ],
    }
    list: Slug
    consent: Consent | None = None
    rows: Rows


class RowResultBody(ResponseBody):
    """
    What became of one row: `kept` if they left the list or are suppressed and nothing was changed,
    `repeated` if an earlier row was about the same person. `detail` says what is not valid.
    """

    address: str
    result: UpsertOutcome
    detail: Explanation | None


class PeopleResultBody(ResponseBody):
    """
    What became of each row, in the same order, and how many had each result.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "counts": {"created": 1, "unchanged": 1},
        "rows": [
            {"address": "ada@example.org", "result": "created", "detail": None},
            {"address": "grace@example.org", "result": "unchanged", "detail": None},
        ],
    }
    counts: dict[UpsertOutcome, int]
    rows: list[RowResultBody]


def row_result(row: SubscriberRow, result: UpsertResult) -> RowResultBody:
    """
    Return the body of what became of a row.
    """
    return RowResultBody(address=row.address, result=result.outcome, detail=result.reason or None)
