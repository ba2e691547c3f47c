"""
Actions that show one person: what is known about them, and what happened to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from newsletter.actions.guard.objects import the_person_on_a_list
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, Permission
from subscribers import people
from subscribers.consent import consents_of
from subscribers.errors import UnknownSubscriber
from subscribers.fields.json_values import FieldValue
from subscribers.fields.values import json_values_of_all
from subscribers.history.model import HistoryEntry
from subscribers.history.records import history_of
from subscribers.model import Consent, Subscriber
from subscribers.reach import known_among, without_hidden_part
from subscribers.suppression.model import ALL_LISTS
from subscribers.tags.notes import Note, notes_of
from subscribers.tags.records import tags_of
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address, parse_address


@dataclass(frozen=True, kw_only=True)
class PersonDetails:
    """
    A person with the values of their fields, their tags, the notes about them, and the consents
    behind each of their subscriptions, by its number.
    """

    person: Subscriber
    values: Mapping[str, FieldValue]
    tags: Sequence[str]
    notes: Sequence[Note]
    consents: Mapping[int, Sequence[Consent]]


@requires(Permission.PEOPLE_READ, "subscriber.show", about=the_person_on_a_list())
def show(app: App, address: str, *, by: Actor) -> PersonDetails:
    """
    Return one person with everything that is known about them, on the lists within reach.

    Raises:
        UnknownSubscriber: nobody has this address.
        InvalidAddress: the address is not valid.
    """
    with app.database.read() as connection:
        found = people.subscriber_by_address(connection, parse_address(address))
        person = visible_part(connection, found, by=by)
        known = known_among(connection, [person.id], by.lists)
        return PersonDetails(
            person=person,
            values=json_values_of_all(connection, known).get(person.id, {}),
            tags=tags_of(connection, known).get(person.id, ()),
            notes=notes_of(connection, known).get(person.id, ()),
            consents={s.id: consents_of(connection, s.id) for s in person.subscriptions},
        )


@requires(Permission.PEOPLE_READ, "subscriber.history", about=the_person_on_a_list())
def history(app: App, address: str, *, by: Actor) -> list[HistoryEntry]:
    """
    Return what happened to an address on the lists within reach, the oldest first.

    Raises:
        InvalidAddress: the address is not valid.
    """
    parsed = parse_address(address)
    with app.database.read() as connection:
        entries = history_of(connection, parsed)
        person = people.subscriber_by_address(connection, parsed) if by.lists is not None else None
        is_known = person is None or bool(known_among(connection, [person.id], by.lists))
    return visible_entries(entries, is_known=is_known, by=by)


def visible_entries(
    entries: Sequence[HistoryEntry], *, is_known: bool, by: Actor
) -> list[HistoryEntry]:
    """
    Return what happened on the lists within reach and, if *by* sees all of the person, on none.
    """
    return [each for each in entries if (by.sees(each.list_slug) if each.list_slug else is_known)]


def seen_by_address(connection: sa.Connection, address: Address, *, by: Actor) -> Subscriber:
    """
    Return the person with an address, if they are or were on a list within reach, without what is
    out of reach.

    Raises:
        UnknownSubscriber: there is nobody.
    """
    person = people.subscriber_by_address(connection, address)
    if not sees_person(by, person):
        raise UnknownSubscriber(
            phrase("there is no subscriber {address} for you", address=address.email)
        )
    return visible_part(connection, person, by=by)


def sees_person(by: Actor, person: Subscriber) -> bool:
    """
    Return True if the person is or was on a list within reach.
    """
    return by.lists is None or any(by.sees(s.list_slug) for s in person.subscriptions)


def visible_part(connection: sa.Connection, person: Subscriber, *, by: Actor) -> Subscriber:
    """
    Return the person without what is out of reach: subscriptions and suppressions, and of somebody
    from elsewhere all that the lists share (`subscribers.reach`).
    """
    return visible_people(connection, [person], by=by)[0]


def visible_people(
    connection: sa.Connection, found: Sequence[Subscriber], *, by: Actor
) -> list[Subscriber]:
    """
    Return people without what is out of reach, as `visible_part` does.
    """
    known = known_among(connection, [person.id for person in found], by.lists)
    parts = [_part_on_lists(person, by=by) for person in found]
    return [part if part.id in known else without_hidden_part(part) for part in parts]


def _part_on_lists(person: Subscriber, *, by: Actor) -> Subscriber:
    return replace(
        person,
        subscriptions=tuple(s for s in person.subscriptions if by.sees(s.list_slug)),
        suppressions=tuple(
            s for s in person.suppressions if s.scope == ALL_LISTS or by.sees(s.scope)
        ),
    )
