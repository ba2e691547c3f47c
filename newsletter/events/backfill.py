"""
Events that no webhook brought, because nobody was there to hear them: providers that remember are
asked what they told of late, once a night or by hand, and what is new of it goes into the inbox,
where `record` reads it as it reads webhooks. Stands above `app`, whose providers it asks.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from newsletter.app import App
from newsletter.errors import NewsletterError
from newsletter.model.event import Remembering
from newsletter.store.events import backfill as nights
from newsletter.store.events import inbox
from newsletter.store.events.inbox import Arrival, Webhook

logger = logging.getLogger(__name__)

# The longest that any of them tries to tell by itself is a day.
LOOK_BACK = dt.timedelta(days=2)
# None of them keeps everything for longer.
LONGEST = dt.timedelta(days=10)
# In UTC: few send then, and what is found is heeded by whatever leaves in the morning.
NIGHT_BEGINS = dt.timedelta(hours=3)
AT_ONCE = 200


@dataclass(kw_only=True)
class Found:
    """
    How many reports were read, and what they were: new, known already, and about no delivery of
    ours (another installation's, or somebody else's mail).
    """

    read: int = 0
    new: int = 0
    known: int = 0
    other: int = 0


def remembering(app: App, name: str) -> Remembering | None:
    """
    The provider of that name, where it can be asked.

    Raises:
        SettingsError: it is not set up, or its secret is missing.
    """
    provider = app.provider_named(name)
    return provider if isinstance(provider, Remembering) else None


def pull(
    app: App,
    name: str,
    provider: Remembering,
    found: Found,
    *,
    look_back: dt.timedelta = LOOK_BACK,
    is_stopping: Callable[[], bool] = lambda: False,
) -> None:
    """
    Asks one provider, and counts what it told in *found*. Some reports are kept before the next
    ones are asked for; it ends early when told to stop.

    Raises:
        ProviderError: it could not be asked to the end.
    """
    some: list[bytes] = []
    try:
        for raw in provider.reported(app.clock() - look_back):
            some.append(raw)
            if len(some) == AT_ONCE:
                _keep_new(app, name, some, found)
                some.clear()
                if is_stopping():
                    return
    finally:
        # What came before the search broke off is kept too.
        _keep_new(app, name, some, found)


def _keep_new(app: App, name: str, raws: Sequence[bytes], found: Found) -> None:
    if not raws:
        return
    now = app.clock()
    told = [Webhook(id=0, provider=name, received_at=now, raw=raw) for raw in raws]
    with app.database.read() as connection:
        novelty = app.recorder.novelty(connection, told)
    new = [Arrival(provider=name, raw=one.raw, at=now) for one in told if novelty.get(one)]
    if new:
        with app.database.write() as connection:
            inbox.keep_all(connection, new)
    found.read += len(told)
    found.new += len(new)
    found.other += sum(one not in novelty for one in told)
    found.known = found.read - found.new - found.other


def pull_nightly(app: App, *, is_stopping: Callable[[], bool] = lambda: False) -> None:
    """
    Asks each provider that nobody has asked this night. One that cannot be asked to the end is in
    the log, and asked again the next night, for the reports of this one too.
    """
    night = (app.clock() - NIGHT_BEGINS).date()
    for name in app.settings.provider:
        if is_stopping():
            return
        try:
            _pull_once(app, name, night, is_stopping)
        except NewsletterError as error:
            told = {"event": "missed.failed"}
            logger.error("what %s told is not asked for: %s", name, error, extra=told)


def _pull_once(app: App, name: str, night: dt.date, is_stopping: Callable[[], bool]) -> None:
    # First, so that one that cannot be opened is in the log once a night.
    with app.database.write() as connection:
        heard = nights.begin(connection, name, night)
    if heard is None:
        return
    provider = remembering(app, name)
    if provider is None:
        return
    # The nights in which nobody was there to ask, or to answer, are asked about too.
    look_back = min(night - heard + dt.timedelta(days=1), LONGEST)
    found = Found()
    try:
        pull(app, name, provider, found, look_back=look_back, is_stopping=is_stopping)
        if not is_stopping():
            with app.database.write() as connection:
                nights.end(connection, name, night)
    finally:
        if found.new:
            told = {"event": "missed.found"}
            logger.warning("%s events of %s came by no webhook", found.new, name, extra=told)
