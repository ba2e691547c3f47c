"""
Actions of readers who leave: end one list or all, undo it within the hour, and say why.
"""

from __future__ import annotations

import datetime as dt
import logging

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.issues.settings.public_lists import PublicList, lists_as_pages_show_them
from newsletter.issues.standing.notices import standing_notice
from newsletter.model.notice import NoticeKind, NoticeRecipient, StandingNotice
from newsletter.store.delivery.appending import append_notices
from newsletter.store.flow_control import kill_switch
from subscribers.errors import SubscribersError
from subscribers.history.model import Origin, OriginKind
from subscribers.people import address_of
from subscribers.preferences import leave
from subscribers.unsubscribe_view import UnsubscribeView, find_unsubscribe_view

logger = logging.getLogger(__name__)

BY_LINK = Origin(kind=OriginKind.READER, through="unsubscribe link")
BY_EMAIL = Origin(kind=OriginKind.READER, through="unsubscribe email")


def find_page(app: App, subscription_id: int) -> tuple[UnsubscribeView, PublicList]:
    """
    Return what the page behind an unsubscribe link shows.

    Raises:
        UnknownSubscriber: there is no such subscription.
    """
    with app.database.read() as connection:
        view = find_unsubscribe_view(connection, subscription_id)
        (newsletter,) = lists_as_pages_show_them(app.publishing, connection, [view.list_id])
        return view, newsletter


def unsubscribe(
    app: App, subscription_id: int, *, everything: bool = False, by: Origin = BY_LINK
) -> None:
    """
    End a subscription, or *everything* that its reader gets, and say goodbye if the list does so,
    in one transaction. A second call changes nothing and sends nothing.

    Raises:
        UnknownSubscriber: there is no such subscription.
    """
    view, newsletter = find_page(app, subscription_id)
    goodbye = None if view.is_ended else _goodbye(app, view, newsletter)
    with app.database.write() as connection:
        kill_switch.require_not_migrated(connection)
        now = app.clock()
        done = leave.leave(connection, subscription_id, everything=everything, by=by, now=now)
        app.on_step("leave.after_end")
        address = address_of(connection, done.subscriber_id)
        if goodbye is not None and address is not None and newsletter.id in done.left:
            who = NoticeRecipient(
                subscriber_id=done.subscriber_id, email=address, subscription_id=subscription_id
            )
            append_notices(connection, goodbye, [who], now=now)
        app.on_step("leave.before_commit")
    app.on_step("leave.after_commit")


def _goodbye(app: App, view: UnsubscribeView, newsletter: PublicList) -> StandingNotice | None:
    """
    Return the goodbye of the list, if it sends one. Nobody is kept because it cannot be rendered.
    """
    if not newsletter.sends_goodbye:
        return None
    kind, language = NoticeKind.GOODBYE, view.reader_language
    try:
        return standing_notice(app.publishing, kind, newsletter.id, language)
    except (NewsletterError, SubscribersError) as error:
        extra = {"event": "notice.goodbye_failed"}
        logger.warning("no goodbye is sent from list %s: %s", newsletter.slug, error, extra=extra)
        return None


def undo(app: App, subscription_id: int, *, left_at: dt.datetime, by: Origin = BY_LINK) -> int:
    """
    Bring back what the reader left in that second, if it was less than an hour ago, and return how
    many lists that are.

    Raises:
        UnknownSubscriber: there is no such subscription.
    """
    with app.database.write() as connection:
        kill_switch.require_not_migrated(connection)
        now = app.clock()
        return leave.undo(connection, subscription_id, left_at=left_at, by=by, now=now)


def undo_until(app: App, subscription_id: int) -> dt.datetime | None:
    """
    Return until when leaving can be undone; None if it cannot.
    """
    with app.database.read() as connection:
        return leave.undo_until(connection, subscription_id, now=app.clock())


def give_reason(app: App, subscription_id: int, reason: str, words: str) -> bool:
    """
    Store why a reader left; return whether they said anything.
    """
    with app.database.write() as connection:
        kill_switch.require_not_migrated(connection)
        return leave.give_reason(connection, subscription_id, reason, words, now=app.clock())
