"""
Actions that show one person, named by number: an address stands in no URL.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared, unlimited
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.newsroom.past_addresses import with_addresses
from newsletter.actions.people.person import visible_entries, visible_part
from newsletter.app import App
from newsletter.delivery.trace import DeliveryTrace, trace_person
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.delivery.emails_to import SentEmail, latest_emails
from newsletter.store.delivery.trace import Who
from subscribers import people
from subscribers.consent import consents_of_all
from subscribers.errors import UnknownSubscriber
from subscribers.fields.model import Field
from subscribers.fields.values import fields_with_values
from subscribers.history.model import HistoryEntry
from subscribers.history.records import history_of
from subscribers.model import Consent, MailingList, Subscriber, Subscription
from subscribers.reach import known_among
from subscribers.requests.privacy import PrivacyRequest, privacy_requests
from subscribers.subscriptions.of_person import lists_beside
from subscribers.suppression.records import suppressions_of
from subscribers.tags.notes import Note, notes_of
from subscribers.tags.records import tags_of
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address, parse_address

_ABOUT = shared(ObjectKind.PERSON)


@dataclass(frozen=True, kw_only=True)
class PersonPage:
    """
    A person as the newsroom shows one: with every list that the member sees beside their
    subscription to it, every field beside their value, and what happened, the latest first. Unless
    the person `is_within_reach`, they are on other lists too, and only those of the member change.
    `requests` are the open ones under data protection law, for members who see all lists.
    """

    person: Subscriber
    lists: Sequence[tuple[MailingList, Subscription | None]]
    fields: Sequence[tuple[Field, str]]
    tags: Sequence[str]
    notes: Sequence[Note]
    history: Sequence[HistoryEntry]
    requests: Sequence[PrivacyRequest]
    is_within_reach: bool

    @property
    def address(self) -> str:
        """
        Return the person's address. Nobody who was erased is shown.
        """
        assert self.person.email is not None
        return self.person.email


@requires(Permission.PEOPLE_READ, "person.page", about=_ABOUT)
def show(app: App, number: int, *, by: Actor) -> PersonPage:
    """
    Return the person of that number.

    Raises:
        UnknownSubscriber: there is none, they were erased, or were on no list within reach.
    """
    with app.database.read() as connection:
        found, address, lists = find_seen(connection, number, by)
        suppressions = tuple(suppressions_of(connection, address))
        person = replace(found, suppressions=suppressions)
        entries = [*reversed(history_of(connection, address))]
        entries = with_addresses(connection, number, address.email, entries)
        known = known_among(connection, [number], by.lists)
        fields = fields_with_values(connection, number)
        return PersonPage(
            person=visible_part(connection, person, by=by),
            lists=[(each, theirs) for each, theirs in lists if by.sees(each.slug)],
            fields=[(each, value if known else "") for each, value in fields],
            tags=tags_of(connection, known).get(number, ()),
            notes=notes_of(connection, known).get(number, ()),
            history=visible_entries(entries, is_known=bool(known), by=by),
            requests=(
                privacy_requests(connection, address=address, is_open=True)
                if by.lists is None
                else ()
            ),
            is_within_reach=by.sees_all([s.list_slug for s in person.subscriptions]),
        )


@requires(Permission.PEOPLE_READ, "person.address", about=_ABOUT)
def address_of(app: App, number: int, *, by: Actor) -> str:
    """
    Return the address of the person of that number, by which the other actions know them.

    Raises:
        UnknownSubscriber: there is none, they were erased, or were on no list within reach.
    """
    with app.database.read() as connection:
        return find_seen(connection, number, by)[1].email


@requires(Permission.PEOPLE_READ, "person.emails", about=_ABOUT)
def emails(app: App, number: int, *, limit: int, by: Actor) -> tuple[str, list[SentEmail]]:
    """
    Return the address of the person of that number, and the latest emails to them, of those to
    lists within reach.

    Raises:
        UnknownSubscriber: there is none, they were erased, or were on no list within reach.
    """
    with app.database.read() as connection:
        _, address, _ = find_seen(connection, number, by)
        who = Who(email_key=address.key, subscriber_id=number)
        found = latest_emails(connection, who, limit=limit)
    return address.email, [each for each in found if by.sees_all(each.lists)]


@requires(Permission.PEOPLE_READ, "person.why", about=_ABOUT)
def why(app: App, number: int, *, issue_id: int, by: Actor) -> tuple[str, list[DeliveryTrace]]:
    """
    Return the address of the person of that number, and why an issue came or did not; nothing of an
    issue to a list out of reach.

    Raises:
        UnknownSubscriber: there is none, they were erased, or were on no list within reach.
        NotFound: there is no such issue.
    """
    with app.database.read() as connection:
        person, address, _ = find_seen(connection, number, by)
        found = trace_person(connection, person, issue_id, now=app.clock())
    return address.email, [each for each in found if by.sees_all(each.issue.audience.lists)]


@requires(Permission.PEOPLE_READ, "person.consents", about=_ABOUT)
def consents(app: App, number: int, *, by: Actor) -> tuple[str, Mapping[str, Sequence[Consent]]]:
    """
    Return the address of the person of that number, and the consents behind each of their
    subscriptions, by the names of the lists.

    Raises:
        UnknownSubscriber: there is none, they were erased, or were on no list within reach.
    """
    with app.database.read() as connection:
        _, address, lists = find_seen(connection, number, by)
        seen = {s.id: each.name for each, s in lists if s and by.sees(each.slug)}
        found = consents_of_all(connection, list(seen))
        return address.email, {name: found.get(own, ()) for own, name in seen.items()}


@requires(Permission.PEOPLE_READ, "person.numbers", about=unlimited(ObjectKind.PERSON))
def numbers_by_key(app: App, keys: Collection[str], *, by: Actor) -> Mapping[str, int]:
    """
    Return the numbers of the people who have these address keys. Who is no subscriber is left out.
    """
    with app.database.read() as connection:
        return people.numbers_by_key(connection, keys)


def find_seen(
    connection: sa.Connection, number: int, by: Actor
) -> tuple[Subscriber, Address, Sequence[tuple[MailingList, Subscription | None]]]:
    """
    Return a person, without their suppressions, with their address and the lists, if they are or
    were on one within reach.

    Raises:
        UnknownSubscriber: there is none, they were erased, or were on no list within reach.
    """
    found = people.person_alone(connection, number)
    lists = lists_beside(connection, number)
    theirs = tuple(each for _, each in lists if each is not None)
    is_seen = by.lists is None or any(by.sees(each.list_slug) for each in theirs)
    if found is None or found.email is None or not is_seen:
        raise UnknownSubscriber(phrase("there is no person {number} for you", number=number))
    address = parse_address(found.email)
    return replace(found, subscriptions=theirs), address, lists
