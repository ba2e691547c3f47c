"""
The bodies of the requests and responses about mailing lists.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field

from newsletter.actions.people.lists import ListDetails
from newsletter.issues.settings.lists import MAX_ORIGINS, MAX_READERS, ListValues
from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.text import Line, Slug
from subscribers.model import ListCounts, OptIn, Visibility

ListSlug = Annotated[
    str, Path(max_length=60, description="The short name of the list", examples=["daily"])
]
_SETTINGS: dict[str, Any] = {
    "description": "What moved in the harbour today",
    "opt_in": "double",
    "visibility": "public",
    "language": "en",
    "sender": "The Desk <desk@example.org>",
    "needs_approval": True,
    "second_person_above": 10_000,
    "quiet": "22:00-07:00",
    "timezone": "Europe/Oslo",
    "tagline": "Five minutes, every morning",
}


class ListSettingsBody(RequestBody):
    """
    The values of a list. What is left out stays as it is, and in a new list it is the site's; an
    empty text means the site's, or none.
    """

    description: Line | None = None
    opt_in: OptIn | None = Field(default=None, description="double waits for a confirmation")
    visibility: Visibility | None = None
    language: Annotated[str, Field(max_length=35)] | None = None
    sender: Line | None = Field(default=None, description="`Name <address>`, or only an address")
    reply_to: Line | None = None
    provider: Line | None = None
    fallback_provider: Line | None = None
    postal_address: Line | None = None
    needs_approval: bool | None = None
    second_person_above: Annotated[int, Field(ge=0, le=MAX_READERS)] | None = Field(
        default=None,
        description="An issue to more readers needs the approval of a second person",
    )
    quiet: Annotated[str, Field(max_length=20)] | None = Field(
        default=None, description="Hours in which nothing is sent, such as 22:00-07:00"
    )
    timezone: Annotated[str, Field(max_length=60)] | None = Field(
        default=None, description="The time zone of these hours"
    )
    tagline: Line | None = None
    consent: Line | None = Field(default=None, description="What people agree to when they join")
    confirms_on_open: bool | None = None
    needs_proof_of_work: bool | None = None
    sends_welcome: bool | None = None
    sends_goodbye: bool | None = None
    origins: Annotated[list[Line], Field(max_length=MAX_ORIGINS)] | None = Field(
        default=None, description="Websites whose own forms may sign people up"
    )
    joined_url: Line | None = Field(
        default=None, description="The page that readers land on after signing up"
    )
    confirmed_url: Line | None = Field(default=None, description="The one after confirming")
    left_url: Line | None = Field(default=None, description="The one after leaving")
    brand: dict[str, Any] | None = Field(
        default=None, description="The keys of `[brand]` that are to change"
    )
    asks: dict[str, bool] | None = Field(
        default=None, description="Fields that its form asks for, true if they must be filled in"
    )
    asks_not: list[str] | None = Field(
        default=None, description="Fields that its form does not ask for any more"
    )

    def as_values(self) -> ListValues:
        """
        Return what an action takes.
        """
        values = self.model_dump()
        above = self.second_person_above
        values["second_person_above"] = None if above is None else str(above)
        values["origins"] = None if self.origins is None else " ".join(self.origins)
        values["asks_not"] = None if self.asks_not is None else tuple(self.asks_not)
        return ListValues(**values)


class ListToMake(ListSettingsBody):
    """
    A new list.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"slug": "weekly", "name": "The Weekly Brief", **_SETTINGS}
    slug: Slug
    name: Line = Field(description="What readers see")


class ListChanges(ListSettingsBody):
    """
    What is to change about a list.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"name": "The Morning Brief", "tagline": ""}
    slug: Slug | None = None
    name: Line | None = None


class ListHold(RequestBody):
    """
    Why a list is held.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"reason": "the sender's domain is being moved"}
    reason: Annotated[Line, Field(min_length=1)]


class ListBody(Resource):
    """
    A mailing list. What is null comes from the site.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "slug": "daily",
        "name": "The Daily Brief",
        **_SETTINGS,
        "reply_to": None,
        "provider": None,
        "fallback_provider": None,
        "postal_address": None,
        "consent": "",
        "confirms_on_open": False,
        "needs_proof_of_work": False,
        "sends_welcome": True,
        "sends_goodbye": False,
        "origins": ["https://www.example.org"],
        "joined_url": "https://www.example.org/thanks",
        "confirmed_url": None,
        "left_url": None,
        "held_reason": None,
        "brand": {"accent": "#205080"},
        "asks": {"company": False},
    }
    slug: str
    name: str
    description: str
    opt_in: OptIn
    visibility: Visibility
    language: str
    sender: str | None
    reply_to: str | None
    provider: str | None
    fallback_provider: str | None
    postal_address: str | None
    needs_approval: bool
    second_person_above: int | None
    quiet: str | None
    timezone: str
    tagline: str
    consent: str
    confirms_on_open: bool
    needs_proof_of_work: bool
    sends_welcome: bool
    sends_goodbye: bool
    origins: list[str] = Field(description="Websites whose own forms may sign people up")
    joined_url: str | None = Field(
        description="The page that readers land on after signing up; null: ours"
    )
    confirmed_url: str | None = Field(description="The one after confirming")
    left_url: str | None = Field(description="The one after leaving")
    held_reason: str | None = Field(description="Why nothing is sent to it; null if it is not held")
    brand: dict[str, Any] = Field(description="The keys of `[brand]` that differ from the site's")
    asks: dict[str, bool] = Field(
        description="The fields that its form asks for, and whether each must be filled in"
    )


def list_body(details: ListDetails) -> ListBody:
    """
    Return the body of a list.
    """
    found, settings = details.mailing_list, details.settings
    sender = settings.sender
    shown = f"{sender.name} <{sender.address}>" if sender and sender.name else None
    return ListBody(
        slug=found.slug,
        name=found.name,
        description=found.description,
        opt_in=found.opt_in,
        visibility=found.visibility,
        language=found.language,
        sender=shown or (sender.address if sender else None),
        reply_to=settings.reply_to,
        provider=settings.provider,
        fallback_provider=settings.fallback_provider,
        postal_address=settings.postal_address,
        needs_approval=settings.needs_approval,
        second_person_above=settings.second_person_above,
        quiet=str(settings.quiet) if settings.quiet else None,
        timezone=settings.timezone,
        tagline=settings.tagline,
        consent=settings.consent,
        confirms_on_open=settings.confirms_on_open,
        needs_proof_of_work=settings.needs_proof_of_work,
        sends_welcome=settings.sends_welcome,
        sends_goodbye=settings.sends_goodbye,
        origins=settings.origins.split(),
        joined_url=settings.joined_url,
        confirmed_url=settings.confirmed_url,
        left_url=settings.left_url,
        held_reason=settings.held_reason,
        brand=dict(settings.brand),
        asks={each.field.name: each.is_required for each in details.asks},
    )


class ListCountsBody(ResponseBody):
    """
    How many people are on a list, by the state of their subscription. Who is suppressed counts in
    no other state.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "pending": 12, "active": 4210, "suppressed": 31, "ended": 580,
    }  # fmt: skip
    pending: int
    active: int
    suppressed: int
    ended: int

    @classmethod
    def of(cls, counts: ListCounts) -> ListCountsBody:
        """
        Return the body of counts.
        """
        return cls(
            pending=counts.pending,
            active=counts.active,
            suppressed=counts.suppressed,
            ended=counts.ended,
        )
