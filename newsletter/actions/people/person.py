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
        person = visible_part(
            people.subscriber_by_address(connection, parse_address(address)), by=by
        )
        return PersonDetails(
            person=person,
            values=json_values_of_all(connection, [person.id]).get(person.id, {}),
            tags=tags_of(connection, [person.id]).get(person.id, ()),
            notes=notes_of(connection, [person.id]).get(person.id, ()),
            consents={s.id: consents_of(connection, s.id) for s in person.subscriptions},
        )


@requires(Permission.PEOPLE_READ, "subscriber.history", about=the_person_on_a_list())
def history(app: App, address: str, *, by: Actor) -> list[HistoryEntry]:
    """
    Return what happened to an address on the lists within reach, the oldest first.

    Raises:
        InvalidAddress: the address is not valid.
    """
    with app.database.read() as connection:
        entries = history_of(connection, parse_address(address))
    return [each for each in entries if not each.list_slug or by.sees(each.list_slug)]


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
    return visible_part(person, by=by)


def sees_person(by: Actor, person: Subscriber) -> bool:
    """
    Return True if the person is or was on a list within reach.
    """
    return by.lists is None or any(by.sees(s.list_slug) for s in person.subscriptions)


def visible_part(person: Subscriber, *, by: Actor) -> Subscriber:
    """
    Return the person without subscriptions and suppressions that are out of reach.
    """
    return replace(
        person,
        subscriptions=tuple(s for s in person.subscriptions if by.sees(s.list_slug)),
        suppressions=tuple(
            s for s in person.suppressions if s.scope == ALL_LISTS or by.sees(s.scope)
        ),
    )
