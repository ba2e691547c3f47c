"""
Actions on bounces: read bounce mailboxes, and ask providers for events that no webhook brought.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence

from newsletter.app import App
from newsletter.errors import Refused
from newsletter.events.backfill import BackfillCounts
from newsletter.events.bounce_mailbox import BounceCounts


def read(app: App, mailboxes: Sequence[Iterable[bytes]] = ()) -> BounceCounts:
    """
    Read *mailboxes*, or else those that the settings name, and apply the reports about deliveries
    in them. Return the total counts.

    Raises:
        Refused: no provider has a bounce address, or there is nothing to read.
    """
    bounces = app.bounce_mailbox
    if not bounces.receivers:
        raise Refused("no provider has a bounce_address: set one in its [provider.NAME] section")
    if not mailboxes and not bounces.mailboxes:
        raise Refused("there is no mailbox to read: name a file, or set `bounce_mailbox`")
    opened = mailboxes or (mailbox() for mailbox in bounces.mailboxes.values())
    counts = [bounces.read(mails) for mails in opened]
    _process(app)
    fields = [field.name for field in dataclasses.fields(BounceCounts)]
    return BounceCounts(**{f: sum(getattr(each, f) for each in counts) for f in fields})


def pull(app: App, *, days: int) -> BackfillCounts:
    """
    Ask the providers for events of the last *days*, apply them, and return the total counts.

    Raises:
        Refused: no provider can be asked.
    """
    counts = BackfillCounts()
    histories = {name: app.event_backfill.history_of(name) for name in app.settings.provider}
    if not any(histories.values()):
        raise Refused(
            "no configured provider can be asked for bounces: only Postmark, Mailgun, Brevo and "
            "SparkPost can"
        )
    for name, history in histories.items():
        if history is not None:
            app.event_backfill.run(name, history, counts, look_back=dt.timedelta(days=days))
    _process(app)
    return counts


def _process(app: App) -> None:
    while app.event_processor.process_due():
        pass
