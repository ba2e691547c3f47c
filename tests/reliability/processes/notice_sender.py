"""
A process that takes sign-ups and sends, and kills itself, for `test_notice_kill.py`; the fork
server runs it.

Arguments: folder, database address, seconds the clock is ahead, issue, and the point and how often
it may be passed before the process ends itself with SIGKILL (point "" for never).
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path

import sqlalchemy as sa

from newsletter import pipeline
from newsletter.app import App, utc_now
from newsletter.issues.standing.notices import standing_notice
from newsletter.model.notice import NoticeKind, NoticeRecipient
from newsletter.settings import Settings
from newsletter.store.delivery.appending import append_notices
from newsletter.store.issues.issues import load_issue
from newsletter.store.tables import batch
from newsletter.workers.sender import run_until_done
from reliability.processes.outbox_sender import CrashPoint, SmallBatches
from subscribers.database.request_tables import reader_request
from subscribers.database.tables import subscriber, subscription
from subscribers.requests.model import RequestKind
from subscribers.requests.records import add_request
from subscribers.validation.address import Address


def take_signups(app: App, on_step: CrashPoint) -> None:
    """
    Take the sign-up of each person who waits and has not asked yet, one transaction each.
    """
    asked = sa.select(reader_request.c.subscriber_id)
    waiting = (
        sa.select(subscriber.c.id, subscriber.c.email, subscriber.c.email_key, subscription.c.id)
        .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
        .where(subscription.c.state == "pending", subscriber.c.id.not_in(asked))
        .order_by(subscriber.c.id)
    )
    with app.database.read() as connection:
        rows = connection.execute(waiting).all()
    for person, email, key, number in rows:
        notice = standing_notice(app.publishing, NoticeKind.CONFIRM, 1, "en")
        now = app.clock()
        with app.database.write() as connection:
            request = add_request(
                connection, RequestKind.JOIN, subscriber_id=person, lists=[1], now=now
            )
            recipient = NoticeRecipient(
                subscriber_id=person,
                email=Address(email, key),
                subscription_id=number,
                request_id=request,
            )
            append_notices(connection, notice, [recipient], now=now)
            on_step("append.before_commit")
        on_step("append.after")


def main() -> None:
    folder, url, ahead_s, issue, point, times = sys.argv[1:]
    issue_id, crash_point = int(issue), CrashPoint(point, int(times))
    settings = {
        "site": {"name": "The Institute", "base_url": "https://news.example.org"},
        "database": {"url": url},
        "sender": {"name": "The Desk", "address": "desk@example.org"},
        "delivery": {"connections": 1},
        "folder": Path(folder),
    }
    ahead = dt.timedelta(seconds=float(ahead_s))
    with App(
        settings=Settings(**settings), clock=lambda: utc_now() + ahead, on_step=crash_point
    ) as app:
        app.providers["outbox"] = SmallBatches(app.provider_named("outbox"), crash_point)
        pipeline.resume(app.publishing)
        with app.database.read() as connection:
            state = load_issue(connection, issue_id).state
        if state == "draft":
            pipeline.publish_issue(app.publishing, issue_id)
        take_signups(app, crash_point)

        def is_done() -> bool:
            with app.database.read() as connection:
                still_open = sa.select(batch.c.id).where(batch.c.state != "settled").limit(1)
                return connection.execute(still_open).first() is None

        run_until_done(app, is_done=is_done)
