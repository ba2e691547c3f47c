"""
What belongs to one subscriber: subscriptions, history, tags and notes.
"""

from __future__ import annotations

from newsletter.actions.people import person, subscribers, tags
from newsletter.actions.people.sync import upsert
from newsletter.actions.people.sync.upsert import PersonValues
from newsletter.model.access import Permission
from newsletter.web.api.bodies.lists import ListSlug
from newsletter.web.api.bodies.subscribers import AddressInPath, SubscriberBody, details_body
from newsletter.web.api.bodies.subscriptions import (
    HistoryEntryBody,
    NoteBody,
    NoteToWrite,
    SubscriptionBody,
    SubscriptionToKeep,
    TagChanges,
    subscription_body,
)
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import Noun
from newsletter.web.api.requests.paging import CursorText, Limit
from subscribers.errors import UnknownSubscriber
from subscribers.model import Subscriber

noun = Noun("subscriptions", "What belongs to one subscriber.")

_PERSON = "/subscribers/{address}"
_SUBSCRIPTION = f"{_PERSON}/subscriptions/{{slug}}"


@noun.get(_SUBSCRIPTION, Permission.PEOPLE_READ)
def show_subscription(call: Call, address: AddressInPath, slug: ListSlug) -> SubscriptionBody:
    """
    Show the subscription of a person to a list.
    """
    found = person.show(call.app, address, by=call.actor)
    return _subscription(found.person, slug)


@noun.put(_SUBSCRIPTION, Permission.PEOPLE_READ, Permission.PEOPLE_WRITE)
def keep_subscription(
    call: Call, address: AddressInPath, slug: ListSlug, body: SubscriptionToKeep
) -> SubscriptionBody:
    """
    Add a subscriber to a list.

    Without a consent they get the email that asks to confirm, unless they are on the list. Somebody
    who left it gets it only with `resubscribe`.
    """
    values = PersonValues(lists=[slug], consent=body.consent, resubscribe=body.resubscribe)
    found = upsert.change(call.app, address, values, by=call.actor)
    return _subscription(found.person, slug)


@noun.post(f"{_SUBSCRIPTION}/end", Permission.PEOPLE_WRITE, status=204, version_of=_SUBSCRIPTION)
def end_subscription(call: Call, address: AddressInPath, slug: ListSlug) -> None:
    """
    End the subscription of a person to a list.

    It can still be shown, with its consents.
    """
    subscribers.unsubscribe(call.app, address, slug, by=call.actor)


@noun.get(f"{_PERSON}/history", Permission.PEOPLE_READ)
def list_history(
    call: Call, address: AddressInPath, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[HistoryEntryBody]:
    """
    List what happened to an address, the oldest first.
    """
    entries = person.history(call.app, address, by=call.actor)
    if not entries:
        raise UnknownSubscriber(f"nothing is known about {address}")
    # Entries are only added.
    after = call.after(cursor, int, 0)
    found = list(enumerate(entries, start=1))[after : after + limit + 1]
    return call.page(
        found, limit, key=lambda each: each[0], show=lambda each: HistoryEntryBody.of(each[1])
    )


@noun.post(f"{_PERSON}/tags", Permission.PEOPLE_READ, Permission.PEOPLE_WRITE, version_of=_PERSON)
def change_tags(call: Call, address: AddressInPath, body: TagChanges) -> SubscriberBody:
    """
    Give a subscriber tags and take others away.
    """
    changed = upsert.change_tags_of(
        call.app, address, add=body.add, remove=body.remove, by=call.actor
    )
    return details_body(changed)


@noun.get(f"{_PERSON}/notes", Permission.PEOPLE_READ)
def list_notes(
    call: Call, address: AddressInPath, limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[NoteBody]:
    """
    List the notes about a subscriber, the oldest first.
    """
    notes = person.show(call.app, address, by=call.actor).notes
    after = call.after(cursor, int, 0)
    found = list(enumerate(notes, start=1))[after : after + limit + 1]
    return call.page(found, limit, key=lambda each: each[0], show=lambda each: NoteBody.of(each[1]))


@noun.post(f"{_PERSON}/notes", Permission.PEOPLE_WRITE, status=201)
def write_note(call: Call, address: AddressInPath, body: NoteToWrite) -> NoteBody:
    """
    Write a note about a subscriber.
    """
    return NoteBody.of(tags.write_note(call.app, address, body.text, by=call.actor)[-1])


def _subscription(found: Subscriber, slug: str) -> SubscriptionBody:
    for each in found.subscriptions:
        if each.list_slug == slug:
            return subscription_body(found, each)
    raise UnknownSubscriber(f"{found.email} is not on list {slug}")
