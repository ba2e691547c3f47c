"""
Remind people who asked to join and have not confirmed, and end requests that nobody confirmed.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.errors import NewsletterError, StoreError
from newsletter.issues.context import PublishingContext
from newsletter.issues.standing.notices import standing_notice
from newsletter.model.notice import NoticeKind, NoticeRecipient
from newsletter.store.delivery.appending import append_notices
from subscribers.database.tables import mailing_list, subscriber, subscription
from subscribers.requests import retention
from subscribers.requests.model import ReaderRequest
from subscribers.validation.address import Address


@dataclass(frozen=True, kw_only=True)
class _Reminder:
    """
    A person to be reminded. `list_id` is None if the request is about several lists, `language` if
    that of the person is not known.
    """

    list_id: int | None
    language: str | None
    recipient: NoticeRecipient

    @property
    def order(self) -> tuple[int, str]:
        return self.list_id or 0, self.language or ""


def remind_people(context: PublishingContext) -> int:
    """
    Remind those who have waited for some days, once, and return their number.

    Raises:
        NewsletterError: one of the reminders cannot be rendered; the others were sent.
    """
    now, count = context.clock(), 0
    with context.database.read() as connection:
        due = retention.due_reminders(connection, now)
        reminders = _reminders(connection, due)
    by_notice = sorted(reminders, key=lambda each: each.order)
    failed: NewsletterError | None = None
    for _, group in itertools.groupby(by_notice, key=lambda each: each.order):
        try:
            count += _remind(context, list(group), now)
        except StoreError:
            raise
        except NewsletterError as error:
            failed = error
    if failed is not None:
        raise failed
    return count


def _remind(context: PublishingContext, same: Sequence[_Reminder], now: dt.datetime) -> int:
    """
    Remind people of one list in one language, and return their number.
    """
    notice = standing_notice(context, NoticeKind.REMINDER, same[0].list_id, same[0].language)
    with context.database.write() as connection:
        numbers = [each.recipient.request_id or 0 for each in same]
        marked = retention.mark_reminded(connection, numbers, now)
        recipients = [e.recipient for e in same if e.recipient.request_id in marked]
        if recipients:
            append_notices(connection, notice, recipients, now=now)
        context.on_step("reminders.before_commit")
    return len(recipients)


def expire_requests(context: PublishingContext) -> None:
    """
    Delete the requests whose links no longer work, and cut the addresses that old ones came from.
    """
    now = context.clock()
    with context.database.write() as connection:
        retention.expire(connection, now)
        retention.cut_networks(connection, now)


def _reminders(connection: sa.Connection, due: Sequence[ReaderRequest]) -> list[_Reminder]:
    """
    Return the reminders of these requests; people without an address, and lists that were removed,
    are left out.
    """
    if not due:
        return []
    people = _people(connection, due)
    lists = set(connection.scalars(sa.select(mailing_list.c.id)))
    found = []
    for request in due:
        person = people.get(request.subscriber_id)
        if person is None:
            continue
        list_id = request.lists[0] if len(request.lists) == 1 else None
        if list_id is not None and list_id not in lists:
            continue
        recipient = NoticeRecipient(
            subscriber_id=request.subscriber_id,
            email=Address(person.email, person.email_key),
            subscription_id=person.on.get(list_id) if list_id else None,
            request_id=request.id,
        )
        language = request.language or person.language
        found.append(_Reminder(list_id=list_id, language=language, recipient=recipient))
    return found


@dataclass(frozen=True, kw_only=True)
class _Person:
    """
    Where a person is mailed, and their subscriptions by list.
    """

    email: str
    email_key: str
    language: str | None
    on: dict[int, int]


def _people(connection: sa.Connection, due: Sequence[ReaderRequest]) -> dict[int, _Person]:
    numbers = sorted({request.subscriber_id for request in due})
    people = {
        row.id: _Person(email=row.email, email_key=row.email_key, language=row.language, on={})
        for row in connection.execute(sa.select(subscriber).where(subscriber.c.id.in_(numbers)))
        if row.email is not None
    }
    subscriptions = sa.select(
        subscription.c.id, subscription.c.subscriber_id, subscription.c.list_id
    ).where(subscription.c.subscriber_id.in_(sorted(people)))
    for row in connection.execute(subscriptions):
        people[row.subscriber_id].on[row.list_id] = row.id
    return people
