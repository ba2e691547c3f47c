"""
Actions on bounces: read bounce mailboxes, and ask providers for events that no webhook brought.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from functools import partial

from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.actions.readers.unsubscribe import BY_EMAIL, unsubscribe
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.events.backfill import BackfillCounts
from newsletter.events.bounce_mailbox import BounceCounts
from newsletter.model.access import Actor, ObjectKind, Permission
from subscribers.errors import UnknownSubscriber
from subscribers.text.phrases import phrase


@requires(
    Permission.OPERATIONS_WRITE,
    "bounces.read",
    about=unlimited(ObjectKind.INSTALLATION),
    in_steps=True,
)
def read(app: App, mailboxes: Sequence[Iterable[bytes]] = (), *, by: Actor) -> BounceCounts:
    """
    Read *mailboxes*, or else those that the settings name, apply the reports about deliveries in
    them, and end the subscriptions of readers who unsubscribe by email. Return the total counts.

    Raises:
        Refused: there is neither a bounce address nor an unsubscribe address, or nothing to read.
    """
    bounces = app.bounce_mailbox
    if not bounces.receivers and not app.settings.delivery.unsubscribe_address:
        raise Refused(
            phrase(
                "no provider has a bounce_address: set one in its [provider.NAME] "
                "section, or unsubscribe_address in [delivery]"
            )
        )
    if not mailboxes and not bounces.mailboxes:
        raise Refused(phrase("there is no mailbox to read: name a file, or set `bounce_mailbox`"))
    opened = mailboxes or (mailbox() for mailbox in bounces.mailboxes.values())
    counts = [bounces.read(mails, partial(_end, app)) for mails in opened]
    _process(app)
    fields = [field.name for field in dataclasses.fields(BounceCounts)]
    return BounceCounts(**{f: sum(getattr(each, f) for each in counts) for f in fields})


def fetch(app: App, *, by: Actor) -> None:
    """
    Read the mailboxes that the settings name. The event processor applies the reports, and the log
    says what failed.
    """
    app.bounce_mailbox.fetch(partial(_end, app))


def _end(app: App, subscription_id: int) -> bool:
    """
    End a subscription as its link does; return False if it was lost in a restore.
    """
    try:
        unsubscribe(app, subscription_id, by=BY_EMAIL)
    except UnknownSubscriber:
        return False
    return True


@requires(
    Permission.OPERATIONS_WRITE,
    "bounces.pull",
    about=unlimited(ObjectKind.INSTALLATION),
    in_steps=True,
)
def pull(app: App, *, days: int, by: Actor) -> BackfillCounts:
    """
    Ask the providers for events of the last *days*, apply them, and return the total counts.

    Raises:
        Refused: no provider can be asked.
    """
    counts = BackfillCounts()
    histories = {name: app.event_backfill.history_of(name) for name in app.settings.provider}
    if not any(histories.values()):
        raise Refused(
            phrase(
                "no configured provider can be asked for bounces: only Postmark, Mailgun, "
                "Brevo and SparkPost can"
            )
        )
    for name, history in histories.items():
        if history is not None:
            app.event_backfill.run(name, history, counts, look_back=dt.timedelta(days=days))
    _process(app)
    return counts


def _process(app: App) -> None:
    while app.event_processor.process_due():
        pass
