"""
A process that sends events to webhooks until none waits, with short waits: run by
`test_webhooks.py`, never imported.

Arguments: folder and database address.
"""

from __future__ import annotations

import datetime as dt
import random
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from newsletter.app import App
from newsletter.model.outgoing import RetryPolicy
from newsletter.settings import Settings
from newsletter.store.tables import outgoing_delivery
from newsletter.workers.webhook_sender import WebhookSender

DEADLINE_S = 0.5
# Everything a thousand times as fast, but for what depends on the deadline of a request.
POLICY = RetryPolicy(
    random=random.Random(),
    first=dt.timedelta(seconds=0.02),
    longest=dt.timedelta(seconds=1),
    give_up_after=dt.timedelta(days=9),
    longest_probe=dt.timedelta(seconds=0.1),
    pause_after=dt.timedelta(days=9),
    lease=dt.timedelta(seconds=4),
)


def main() -> None:
    folder, url = Path(sys.argv[1]), sys.argv[2]
    settings = Settings(
        database={"url": url},  # type: ignore[arg-type]
        limits={"fetch_networks": ["127.0.0.0/8"]},  # type: ignore[arg-type]
        folder=folder,
    )
    left = sa.select(outgoing_delivery.c.event_id).where(outgoing_delivery.c.next_at.is_not(None))
    with App(settings=settings, deadline_s=DEADLINE_S) as app:
        sender = WebhookSender(app, wait=lambda _seconds: False, policy=POLICY)
        while True:
            if not sender.send_some():
                with app.database.read() as connection:
                    if connection.scalar(left.limit(1)) is None:
                        break
                time.sleep(0.01)
        sender.close()


if __name__ == "__main__":
    main()
