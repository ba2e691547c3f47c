"""
The bodies of the requests and responses about what belongs to a subscriber.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.times import Moment
from subscribers.history.model import HistoryEntry, HistoryEvent, OriginKind
from subscribers.model import Cadence, EndCause, Subscriber, Subscription, SubscriptionState
from subscribers.tags.notes import Note

Tag = Annotated[str, Field(min_length=1, max_length=100)]
Consent = Annotated[
    str, Field(min_length=1, max_length=1_000, description="How they agreed, in words")
]

Resubscribe = Annotated[
    bool,
    Field(
        description="They come back if they left: at once by a consent that is newer, and without "
        "one they are asked by email, unless they were asked since they left"
    ),
]


class SubscriptionBody(Resource):
    """
    A subscription to a list. `is_suppressed` if the address gets no email from it now.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "list": "daily",
        "state": "active",
        "since": "2026-03-04T12:00:00Z",
        "created_at": "2026-03-04T11:58:10Z",
        "cadence": "each",
        "ended_cause": None,
        "ended_reason": None,
        "is_suppressed": False,
        "note": None,
    }
    list: str
    state: SubscriptionState
    since: Moment
    created_at: Moment
    cadence: Cadence
    ended_cause: EndCause | None
    ended_reason: str | None
    is_suppressed: bool
    note: str | None = Field(
        description="Why adding them to the list again changes nothing, and what to send instead"
    )


def subscription_body(person: Subscriber, each: Subscription) -> SubscriptionBody:
    """
    Return the body of a subscription of a person.
    """
    return SubscriptionBody(
        list=each.list_slug,
        state=each.state,
        since=each.since,
        created_at=each.created_at,
        cadence=each.cadence,
        ended_cause=each.ended_cause,
        ended_reason=each.ended_reason,
        is_suppressed=person.suppression_of(each) is not None,
        note=_note_on(each),
    )


def _note_on(each: Subscription) -> str | None:
    if each.state is not SubscriptionState.ENDED:
        return None
    return (
        f"this ended on {each.since:%Y-%m-%d}, and adding them again changes nothing: with "
        "resubscribe and no consent they are asked by email whether they come back, and with "
        "both they do at once"
    )


class SubscriptionToKeep(RequestBody):
    """
    How somebody joins a list. Without a consent they are asked by email to confirm.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"consent": "asked for it at the fair on 4 March"}
    consent: Consent | None = None
    resubscribe: Resubscribe = False


class HistoryEntryBody(ResponseBody):
    """
    Something that happened to a person, on one list or on all if `list` is null.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "at": "2026-03-04T12:00:00Z",
        "what": "confirmed",
        "list": "daily",
        "by": "reader",
        "name": None,
        "through": "confirmation",
        "detail": {"state": "active"},
    }
    at: Moment
    what: HistoryEvent
    list: str | None
    by: OriginKind
    name: str | None = Field(description="Of the member of staff, token or provider")
    through: str
    detail: dict[str, Any]

    @classmethod
    def of(cls, entry: HistoryEntry) -> HistoryEntryBody:
        """
        Return the body of an entry.
        """
        return cls(
            at=entry.at,
            what=entry.what,
            list=entry.list_slug or None,
            by=entry.origin.kind,
            name=entry.origin.name or None,
            through=entry.origin.through,
            detail=dict(entry.detail),
        )


class TagChanges(RequestBody):
    """
    Tags to give and to take away.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"add": ["press"], "remove": ["trial"]}
    add: Annotated[list[Tag], Field(max_length=100)] = Field(default_factory=list)
    remove: Annotated[list[Tag], Field(max_length=100)] = Field(default_factory=list)


class NoteToWrite(RequestBody):
    """
    A new note. It may have several lines.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"text": "Called on 4 March and asked for the archive."}
    text: Annotated[str, Field(min_length=1, max_length=10_000)]


class NoteBody(ResponseBody):
    """
    A note about a person.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "text": "Called on 4 March and asked for the archive.",
        "by": "crm",
        "written_at": "2026-03-04T12:00:00Z",
    }
    text: str
    by: str
    written_at: Moment

    @classmethod
    def of(cls, note: Note) -> NoteBody:
        """
        Return the body of a note.
        """
        return cls(text=note.text, by=note.by_name, written_at=note.written_at)
