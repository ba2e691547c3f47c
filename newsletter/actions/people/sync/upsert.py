"""
Actions on one subscriber for programs: make one, or make or change the one with an address.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from newsletter.actions.guard.objects import the_person, the_person_on_a_list
from newsletter.actions.guard.requires import require, requires
from newsletter.actions.people import person
from newsletter.actions.people.person import PersonDetails, sees_person
from newsletter.actions.people.subscribers import add_to_list
from newsletter.actions.people.sync.joining import join
from newsletter.app import App
from newsletter.errors import InvalidValue, TransactionConflict
from newsletter.model.access import Actor, Permission
from newsletter.store.access.object_lock import lock_object
from newsletter.store.access.owning_lists import lists_of_person
from subscribers.errors import SubscriberExists, UnknownList, UnknownSubscriber
from subscribers.fields.json_values import FieldValue, as_typed
from subscribers.fields.values import set_typed_values
from subscribers.model import Subscriber, SubscriptionState
from subscribers.people import subscriber_by_address
from subscribers.person_edits import edit_person
from subscribers.requests.records import asked_to_join
from subscribers.tags.names import parse_tag
from subscribers.tags.records import change_tags, tags_of
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address, parse_address
from subscribers.validation.text_fields import parse_language

# Somebody who reaches one of the lists that a person is on, or is to join, may ask for it.
_ANY_OF_THEIRS = replace(the_person_on_a_list(), more_lists=("values.lists",))


@dataclass(frozen=True, kw_only=True)
class PersonValues:
    """
    What a program says about a person. None leaves a value as it is, an empty text removes it.

    `tags` are all their tags. `lists` are those they join; with a `consent`, which says how they
    agreed, they are active there at once, and otherwise they are asked by email. Somebody who left
    stays so without `resubscribe`; with it, a consent that is newer brings them back at once, and
    without one they are asked by email.
    """

    name: str | None = None
    timezone: str | None = None
    language: str | None = None
    fields: Mapping[str, FieldValue] = field(default_factory=dict)
    tags: Sequence[str] | None = None
    lists: Sequence[str] = ()
    consent: str | None = None
    resubscribe: bool = False

    @property
    def has_edits(self) -> bool:
        """
        Return True if they say something about the person, and not only what they join.
        """
        given = (self.name, self.timezone, self.language, self.tags)
        return bool(self.fields) or any(each is not None for each in given)


@requires(Permission.PEOPLE_WRITE, "subscriber.make", about=_ANY_OF_THEIRS)
def create(app: App, address: str, values: PersonValues, *, by: Actor) -> PersonDetails:
    """
    Make a subscriber, and return them.

    Raises:
        SubscriberExists: somebody has this address.
        UnknownList, SubscribersError, InvalidValue, Refused: as `upsert`.
    """
    parsed = parse_address(address)
    with app.database.unit():
        known = _find(app, parsed)
        if known is not None and sees_person(by, known):
            raise SubscriberExists(
                phrase(
                    "{address} is a subscriber already: change them instead", address=parsed.email
                )
            )
        return _upsert(app, parsed, values, known=known, by=by)


@requires(Permission.PEOPLE_WRITE, "subscriber.upsert", about=_ANY_OF_THEIRS)
def upsert(
    app: App, address: str, values: PersonValues, *, by: Actor
) -> tuple[PersonDetails, bool]:
    """
    Make a subscriber, or change the one with this address. Return them, and whether they are new.

    Raises:
        UnknownList: there is no such list.
        SubscribersError, InvalidValue: a value is not valid.
        Refused: they left one of the lists, or nothing is sent to it now.
    """
    parsed = parse_address(address)
    with app.database.unit():
        known = _find(app, parsed)
        is_new = known is None or not sees_person(by, known)
        return _upsert(app, parsed, values, known=known, by=by), is_new


@requires(Permission.PEOPLE_WRITE, "subscriber.change", about=_ANY_OF_THEIRS)
def change(app: App, address: str, values: PersonValues, *, by: Actor) -> PersonDetails:
    """
    Change a subscriber, and return them.

    Raises:
        UnknownSubscriber: nobody has this address.
        UnknownList, SubscribersError, InvalidValue, Refused: as `upsert`.
    """
    parsed = parse_address(address)
    with app.database.unit():
        known = _find(app, parsed)
        if known is None or not sees_person(by, known):
            raise UnknownSubscriber(
                phrase("there is no subscriber {address}: check the address", address=parsed.email)
            )
        return _upsert(app, parsed, values, known=known, by=by)


@requires(Permission.PEOPLE_WRITE, "subscriber.tag", about=the_person())
def change_tags_of(
    app: App, address: str, *, add: Collection[str], remove: Collection[str], by: Actor
) -> PersonDetails:
    """
    Give a subscriber tags and take others away, and return them.

    Raises:
        UnknownSubscriber: nobody has this address.
        InvalidText: one of them is not a valid tag.
    """
    given, taken = set(map(parse_tag, add)), set(map(parse_tag, remove))
    if both := given & taken:
        raise InvalidValue(
            phrase("tag {both!r} is both added and removed: choose one", both=min(both))
        )
    parsed = parse_address(address)
    with app.database.write() as connection:
        found = subscriber_by_address(connection, parsed)
        origin, now = by.origin, app.clock()
        change_tags(connection, [found.id], add=given, remove=taken, by=origin, now=now)
    return person.show(app, address, by=by)


def _find(app: App, address: Address) -> Subscriber | None:
    with app.database.read() as connection:
        try:
            return subscriber_by_address(connection, address)
        except UnknownSubscriber:
            return None


def _upsert(
    app: App, address: Address, values: PersonValues, *, known: Subscriber | None, by: Actor
) -> PersonDetails:
    """
    Do as `upsert` for a person who was *known* a moment ago. Of somebody whom *by* does not see,
    what all lists share stays as it is, and nothing tells that they are known.
    """
    is_seen = known is not None and sees_person(by, known)
    if not is_seen and not values.lists:
        raise InvalidValue(
            phrase("a new subscriber needs a list that they join: add it to lists"), field="lists"
        )
    slugs = _require_seen(values.lists, by=by)
    language = None if values.language is None else parse_language(values.language)
    there = frozenset(() if known is None else (s.list_slug for s in known.subscriptions))

    def still_new(connection: sa.Connection) -> bool:
        lock_object(connection, f"person {address.key}")
        return lists_of_person(connection, address.key) == there

    asked = [slug for slug in slugs if slug not in there]
    if known is not None and values.resubscribe:
        asked += _may_be_asked_again(app, known, slugs)
    if asked and not values.consent:
        join(app, address, asked, language=language, still_new=still_new, by=by)
    if values.consent or values.has_edits:
        with app.database.write() as connection:
            if values.consent:
                if not still_new(connection):
                    raise TransactionConflict(
                        phrase("{address} was changed meanwhile: try again", address=address.email)
                    )
                _subscribe(app, connection, address, slugs, values, by=by)
            if values.has_edits:
                edit = _edit if is_seen or known is None else _check
                edit(app, connection, address, values, by=by)
    return person.show(app, address.email, by=by)


def _may_be_asked_again(app: App, known: Subscriber, slugs: Sequence[str]) -> list[str]:
    """
    Return those of the lists that the person has left, and was not asked since to join again.
    """
    with app.database.read() as connection:
        asked = asked_to_join(connection, known.id, app.clock())
    return [
        each.list_slug
        for each in known.subscriptions
        if each.list_slug in slugs
        and each.state is SubscriptionState.ENDED
        and asked.get(each.list_id, each.since) <= each.since
    ]


def _require_seen(slugs: Sequence[str], *, by: Actor) -> list[str]:
    for slug in slugs:
        if not by.sees(slug):
            raise UnknownList(phrase("there is no list {slug!r} for you", slug=slug), wanted=slug)
    return list(dict.fromkeys(slugs))


def _subscribe(
    app: App,
    connection: sa.Connection,
    address: Address,
    slugs: Sequence[str],
    values: PersonValues,
    *,
    by: Actor,
) -> None:
    for slug in slugs:
        add_to_list(
            app,
            connection,
            address,
            slug,
            by=by,
            consent=values.consent,
            resubscribe=values.resubscribe,
        )


def _check(
    app: App, connection: sa.Connection, address: Address, values: PersonValues, *, by: Actor
) -> None:
    """
    Check the values of a person as for a change, and change nothing.
    """
    with connection.begin_nested() as tried:
        _set(app, connection, address, values, by=by)
        tried.rollback()


def _edit(
    app: App, connection: sa.Connection, address: Address, values: PersonValues, *, by: Actor
) -> None:
    theirs = the_person().target(app, by, {"address": address.email})
    require(by, Permission.PEOPLE_WRITE, theirs)
    _set(app, connection, address, values, by=by)


def _set(
    app: App, connection: sa.Connection, address: Address, values: PersonValues, *, by: Actor
) -> None:
    origin, now = by.origin, app.clock()
    edit_person(
        connection,
        address,
        name=values.name,
        timezone=values.timezone,
        language=values.language,
        by=origin,
        now=now,
    )
    if not values.fields and values.tags is None:
        return
    found = subscriber_by_address(connection, address)
    fields = {name: as_typed(value) for name, value in values.fields.items()}
    set_typed_values(connection, found, fields, by=origin, now=now)
    if values.tags is not None:
        wanted = set(map(parse_tag, values.tags))
        had = set(tags_of(connection, [found.id]).get(found.id, ()))
        change_tags(connection, [found.id], add=wanted, remove=had - wanted, by=origin, now=now)
