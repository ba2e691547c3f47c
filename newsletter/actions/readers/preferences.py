"""
Actions of readers on their settings: show them, and save what they changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa

from newsletter.actions.readers.rejoin import ask_to_rejoin, lists_to_confirm, prepare_rejoin
from newsletter.app import App
from newsletter.issues.settings.consent_sentence import ConsentSentence
from newsletter.issues.settings.public_lists import (
    PublicList,
    lists_as_pages_show_them,
    public_lists,
)
from newsletter.store.flow_control import kill_switch
from newsletter.store.scheduling.schedules import offered_cadences
from subscribers.database.tables import subscription
from subscribers.fields.asked import declared_fields
from subscribers.fields.model import Field
from subscribers.fields.values import set_values, values_of
from subscribers.history.model import Origin, OriginKind
from subscribers.lists import find_list
from subscribers.model import Cadence, Subscriber, Subscription, SubscriptionState
from subscribers.people import address_of, subscriber_by_number
from subscribers.person_edits import change_person
from subscribers.preferences.cadences import choose_cadence
from subscribers.preferences.leave import end_subscriptions
from subscribers.subscription_records import find_subscription
from subscribers.subscriptions.begin import subscribe

Admit = Callable[[sa.Connection], bool]

BY_READER = Origin(kind=OriginKind.READER, through="settings page")


@dataclass(frozen=True, kw_only=True)
class ListChoice:
    """
    A newsletter in the settings of a person, with the cadences that it offers.
    """

    newsletter: PublicList
    subscription: Subscription | None
    cadences: tuple[Cadence, ...]

    @property
    def is_on(self) -> bool:
        found = self.subscription
        return found is not None and found.state is SubscriptionState.ACTIVE

    @property
    def cadence(self) -> Cadence:
        return self.subscription.cadence if self.subscription else Cadence.EACH

    def was_left_after(self, time: dt.datetime | None) -> bool:
        found = self.subscription
        if found is None or time is None or found.state is not SubscriptionState.ENDED:
            return False
        return found.since > time


@dataclass(frozen=True, kw_only=True)
class ReaderSettings:
    """
    Everything that a person can change: every public list and those they are on, the public fields
    and their values.
    """

    person: Subscriber
    choices: tuple[ListChoice, ...]
    fields: tuple[Field, ...]
    values: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class SettingsChanges:
    """
    What a person changed, and nothing else, so that two open pages do not undo each other: the
    lists to join, with the sentence they agree to, and to leave; cadences by list; columns of the
    person; values of fields. A list that the person left after `shown_at`, the time at which they
    saw the page, is not joined: perhaps the browser only sends an old form again.
    """

    join: Mapping[str, ConsentSentence] = field(default_factory=dict)
    leave: frozenset[str] = frozenset()
    cadences: Mapping[str, Cadence] = field(default_factory=dict)
    person: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    shown_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class SavedSettings:
    """
    What became of the changes: the slugs of the lists that the person joins once they confirm it by
    the email that was sent, of those they cannot join because they are held, and whether anything
    beside that was saved.
    """

    to_confirm: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    has_saved: bool = True


def find_settings(app: App, subscriber_id: int) -> ReaderSettings | None:
    """
    Return the settings of a person; None if there is no such person, or they were erased.
    """
    with app.database.read() as connection:
        return _load(app, connection, subscriber_id)


def save_settings(
    app: App, subscriber_id: int, changes: SettingsChanges, *, language: str, admit: Admit
) -> SavedSettings | None:
    """
    Save what a person changed, in one transaction, with the history of it. Return None if there is
    no such person, or they were erased.

    A list that they were never on is joined at once, because the link of the page was sent to their
    address. One that they left, or asked us never to send, is joined once they confirm an email,
    which is sent if *admit* returns True: the link may have been forwarded. While such a list is
    held, no email is sent and nothing asked. Lists that the page does not show are left alone.
    """
    rejoin = prepare_rejoin(app, subscriber_id, changes.join, language=language)
    with app.database.write() as connection:
        kill_switch.require_not_migrated(connection)
        is_admitted = not rejoin or admit(connection)
        found = _load(app, connection, subscriber_id)
        if found is None:
            return None
        shown = {each.newsletter.slug: each for each in found.choices}
        joins = {
            slug: consent
            for slug, consent in changes.join.items()
            if slug in shown and not shown[slug].was_left_after(changes.shown_at)
        }
        left = lists_to_confirm(app, connection, subscriber_id, joins)
        held = frozenset(slug for slug in left if shown[slug].newsletter.is_held)
        direct = {slug: consent for slug, consent in joins.items() if slug not in left}
        _change_lists(app, connection, found, replace(changes, join=direct))
        app.on_step("preferences.after_lists")
        _change_person(app, connection, found, changes)
        if is_admitted:
            ask_to_rejoin(
                app,
                connection,
                subscriber_id,
                {slug: joins[slug] for slug in left - held},
                rejoin,
                language=language,
                by=BY_READER,
            )
        app.on_step("preferences.before_commit")
    app.on_step("preferences.after_commit")
    is_all = left.issuperset(changes.join) and changes == SettingsChanges(
        join=changes.join, shown_at=changes.shown_at
    )
    return SavedSettings(to_confirm=left - held, held=held, has_saved=not (left and is_all))


def _change_person(
    app: App, connection: sa.Connection, found: ReaderSettings, changes: SettingsChanges
) -> None:
    now, number = app.clock(), found.person.id
    if changes.person:
        change_person(connection, number, changes.person, by=BY_READER, now=now)
    known = {each.name for each in found.fields}
    values = {name: value for name, value in changes.fields.items() if name in known}
    if values:
        set_values(connection, number, values, by=BY_READER, now=now)


def _change_lists(
    app: App, connection: sa.Connection, found: ReaderSettings, changes: SettingsChanges
) -> None:
    now, number = app.clock(), found.person.id
    choices = {each.newsletter.slug: each for each in found.choices}
    ended = [
        choice.subscription.id
        for slug, choice in choices.items()
        if slug in changes.leave and choice.subscription is not None
    ]
    if ended:
        which = subscription.c.id.in_(ended)
        end_subscriptions(connection, number, which, by=BY_READER, now=now)
    subscriptions = {
        slug: choice.subscription
        for slug, choice in choices.items()
        if choice.subscription is not None and slug not in changes.leave
    }
    address = address_of(connection, number)
    for slug, (sentence, version) in changes.join.items():
        if address is not None:
            subscriptions[slug] = subscribe(
                connection,
                address,
                mailing_list=find_list(connection, slug),
                name="",
                consent=sentence,
                consent_version=version,
                source=BY_READER.through,
                keyring=app.links.keys,
                by=BY_READER,
                now=now,
            )
    for slug, cadence in changes.cadences.items():
        if slug in subscriptions and cadence in choices[slug].cadences:
            current = find_subscription(connection, subscriptions[slug].id)
            choose_cadence(connection, current, cadence, by=BY_READER, now=now)


def _load(app: App, connection: sa.Connection, subscriber_id: int) -> ReaderSettings | None:
    person = subscriber_by_number(connection, subscriber_id)
    if person is None:
        return None
    theirs = {each.list_id: each for each in person.subscriptions}
    shown = {each.id: each for each in public_lists(app.publishing, connection)}
    own = [
        number
        for number, each in theirs.items()
        if number not in shown and each.state is not SubscriptionState.ENDED
    ]
    if own:
        more = lists_as_pages_show_them(app.publishing, connection, own)
        shown |= {each.id: each for each in more}
    offered = offered_cadences(connection)
    choices = tuple(
        ListChoice(
            newsletter=each,
            subscription=theirs.get(each.id),
            cadences=tuple(sorted(offered.get(each.slug, {Cadence.EACH}), key=_ORDER.index)),
        )
        for each in shown.values()
    )
    fields = tuple(declared_fields(connection, public_only=True))
    values = values_of(connection, subscriber_id) if fields else {}
    return ReaderSettings(person=person, choices=choices, fields=fields, values=values)


_ORDER = list(Cadence)
