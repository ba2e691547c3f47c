"""
Join a list again that one has left: the link of the settings page may have been forwarded, so an
email asks whether the reader wants it.
"""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from newsletter.app import App
from newsletter.issues.settings.consent_sentence import ConsentSentence
from newsletter.issues.standing.notices import standing_notice
from newsletter.model.notice import NoticeKind, NoticeRecipient, StandingNotice
from newsletter.store.delivery.appending import append_notices
from newsletter.store.issues.list_holds import held_lists
from subscribers.history.model import Origin
from subscribers.lists import all_slugs, find_list
from subscribers.model import MailingList
from subscribers.people import address_of
from subscribers.signup.join import join
from subscribers.signup.model import SignUp
from subscribers.subscription_records import lock_subscriptions, unsubscribed_at

Notices = Mapping[str, StandingNotice]


def prepare_rejoin(
    app: App, subscriber_id: int, joins: Mapping[str, ConsentSentence], *, language: str
) -> Notices:
    """
    Return the notice that asks for a confirmation by the slug of each list that the person has
    left and that is not held. Call this outside a transaction.
    """
    if not joins:
        return {}
    with app.database.read() as connection:
        left = _left_lists(app, connection, subscriber_id, joins)
        held = held_lists(connection)
    return {
        each.slug: standing_notice(app.publishing, NoticeKind.CONFIRM, each.id, language)
        for each in left
        if each.slug not in held
    }


def lists_to_confirm(
    app: App, connection: sa.Connection, subscriber_id: int, joins: Mapping[str, ConsentSentence]
) -> frozenset[str]:
    """
    Return the slugs of the lists that the person has left or asked us never to send. Nobody leaves
    another one before the transaction ends.
    """
    if not joins:
        return frozenset()
    lock_subscriptions(connection, [subscriber_id])
    return frozenset(each.slug for each in _left_lists(app, connection, subscriber_id, joins))


def ask_to_rejoin(
    app: App,
    connection: sa.Connection,
    subscriber_id: int,
    joins: Mapping[str, ConsentSentence],
    notices: Notices,
    *,
    language: str,
    by: Origin,
) -> None:
    """
    Store a request to join for each list, and send its notice. A list without one was left only a
    moment ago, and is not asked about.
    """
    address, now = address_of(connection, subscriber_id), app.clock()
    if address is None:
        return
    for slug, notice in sorted(notices.items(), key=lambda each: each[1].issue_id):
        if slug not in joins:
            continue
        sentence, version = joins[slug]
        sign_up = SignUp(
            address=address,
            lists=[find_list(connection, slug)],
            form=by.through,
            language=language,
            consent=sentence,
            consent_version=version,
        )
        made = join(connection, sign_up, keyring=app.links.keys, by=by, now=now)
        who = NoticeRecipient(
            subscriber_id=subscriber_id,
            email=address,
            subscription_id=made.subscription_id,
            request_id=made.request_id,
        )
        append_notices(connection, notice, [who], now=now)


def _left_lists(
    app: App, connection: sa.Connection, subscriber_id: int, joins: Mapping[str, ConsentSentence]
) -> list[MailingList]:
    address = address_of(connection, subscriber_id)
    if address is None:
        return []
    lists = [find_list(connection, slug) for slug in all_slugs(connection) if slug in joins]
    keys = app.links.keys
    return [
        each
        for each in lists
        if unsubscribed_at(connection, address, mailing_list=each, keyring=keys) is not None
    ]
