"""
Actions of readers on their settings: show them, and save what they changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from newsletter.app import App
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

    join: Mapping[str, str] = field(default_factory=dict)
    leave: frozenset[str] = frozenset()
    cadences: Mapping[str, Cadence] = field(default_factory=dict)
    person: Mapping[str, Any] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    shown_at: dt.datetime | None = None


def find_settings(app: App, subscriber_id: int) -> ReaderSettings | None:
    """
    Return the settings of a person; None if there is no such person, or they were erased.
    """
    with app.database.read() as connection:
        return _load(app, connection, subscriber_id)


def save_settings(app: App, subscriber_id: int, changes: SettingsChanges) -> bool:
    """
    Save what a person changed, in one transaction, with the history of it. Return False if there is
    no such person, or they were erased.

    The link of the page was sent to their address, so a list that they join needs no other
    confirmation. Lists that the page does not show are left alone.
    """
    with app.database.write() as connection:
        kill_switch.require_not_migrated(connection)
        found = _load(app, connection, subscriber_id)
        if found is None:
            return False
        _change_lists(app, connection, found, changes)
        now = app.clock()
        if changes.person:
            change_person(connection, subscriber_id, changes.person, by=BY_READER, now=now)
        known = {each.name for each in found.fields}
        values = {name: value for name, value in changes.fields.items() if name in known}
        if values:
            set_values(connection, subscriber_id, values, by=BY_READER, now=now)
        app.on_step("preferences.before_commit")
    return True


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
    for slug, consent in changes.join.items():
        is_shown = slug in choices and not choices[slug].was_left_after(changes.shown_at)
        if is_shown and address is not None:
            subscriptions[slug] = subscribe(
                connection,
                address,
                mailing_list=find_list(connection, slug),
                name="",
                consent=consent,
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
