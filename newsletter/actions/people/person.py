"""
Actions that show one person: what is known about them, and what happened to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.app import App
from subscribers import people
from subscribers.consent import consents_of
from subscribers.fields.values import values_of
from subscribers.history.model import HistoryEntry
from subscribers.history.records import history_of
from subscribers.model import Consent, Subscriber
from subscribers.tags.notes import Note, notes_of
from subscribers.tags.records import tags_of
from subscribers.validation.address import parse_address


@dataclass(frozen=True, kw_only=True)
class PersonDetails:
    """
    A person with the values of their fields, their tags, the notes about them, and the consents
    behind each of their subscriptions, by its number.
    """

    person: Subscriber
    values: Mapping[str, str]
    tags: Sequence[str]
    notes: Sequence[Note]
    consents: Mapping[int, Sequence[Consent]]


def show(app: App, address: str) -> PersonDetails:
    """
    Return one person with everything that is known about them.

    Raises:
        UnknownSubscriber: nobody has this address.
        InvalidAddress: the address is not valid.
    """
    with app.database.read() as connection:
        person = people.subscriber_by_address(connection, parse_address(address))
        return PersonDetails(
            person=person,
            values=values_of(connection, person.id),
            tags=tags_of(connection, [person.id]).get(person.id, ()),
            notes=notes_of(connection, [person.id]).get(person.id, ()),
            consents={s.id: consents_of(connection, s.id) for s in person.subscriptions},
        )


def history(app: App, address: str) -> list[HistoryEntry]:
    """
    Return what happened to an address, the oldest first.

    Raises:
        InvalidAddress: the address is not valid.
    """
    with app.database.read() as connection:
        return history_of(connection, parse_address(address))
