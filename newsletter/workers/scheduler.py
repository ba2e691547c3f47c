"""
Poll due sources and fire due slots, each slot once. `timer` calls `tick`.

Schedules and slots live in our tables. Any number of processes may run a timer: `take_slot` gives a
slot to one of them, and `pipeline.resume` continues what a dead process left unfinished.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from newsletter import pipeline
from newsletter.errors import NewsletterError, StoreError
from newsletter.issues.context import PublishingContext
from newsletter.issues.standing.ask_runs import work_ask_runs
from newsletter.issues.standing.reminders import expire_requests, remind_people
from newsletter.model.schedule import Schedule
from newsletter.operations.alerts import send_alerts
from newsletter.scheduling.firing import fire_due
from newsletter.store.content import sources
from newsletter.store.flow_control import kill_switch
from newsletter.store.scheduling import schedules
from newsletter.store.scheduling.schedules import SlotRow
from subscribers.errors import SubscribersError

logger = logging.getLogger(__name__)


def tick(
    context: PublishingContext, *, poll: Callable[[Sequence[str]], object] | None = None
) -> list[SlotRow]:
    """
    Poll due sources, fire due slots, resume unfinished work, and alert the operator. Return the
    slots that fired. While the kill switch is on none fire, and these slots count as late
    afterwards. *poll* gets the names of the due sources, and may poll them elsewhere.
    """
    with context.database.read() as connection:
        if kill_switch.active_stop(connection) is not None:
            return []
    due = _due_sources(context)
    if poll is None:
        pipeline.collect_sources(context, due)
    else:
        poll(due)
    with context.database.read() as connection:
        rules = schedules.all_schedules(connection)
    fired = [row for rule in rules if (row := _fire_isolated(context, rule)) is not None]
    for row in fired:
        pipeline.publish_slot(context, row)
    pipeline.resume(context)
    _look_after_requests(context)
    work_ask_runs(context)
    _alert_operator(context)
    return fired


def _look_after_requests(context: PublishingContext) -> None:
    """
    Remind people who have not confirmed, and end requests that are too old. Log a mail that cannot
    be rendered instead of failing the tick.
    """
    expire_requests(context)
    try:
        remind_people(context)
    except StoreError:
        raise
    except (NewsletterError, SubscribersError) as error:
        extra = {"event": "reminders.failed"}
        logger.error("people who have not confirmed are not reminded: %s", error, extra=extra)


def _alert_operator(context: PublishingContext) -> None:
    """
    Send alerts that are due. Log a mail that cannot be rendered instead of failing the tick.
    """
    try:
        count = send_alerts(context)
    except StoreError:
        raise
    except NewsletterError as error:
        extra = {"event": "operator.alert_failed"}
        logger.error("the operator cannot be alerted: %s", error, extra=extra)
        return
    if count:
        extra = {"event": "operator.alerted"}
        logger.warning("alerts sent to the operator: %s", count, extra=extra)


def _fire_isolated(context: PublishingContext, rule: Schedule) -> SlotRow | None:
    """
    Fire the due slot of one schedule. Log a failure, so that it does not block other schedules.
    """
    try:
        return fire_due(context.database, rule, now=context.clock())
    except StoreError:
        raise
    except Exception as error:
        logger.error(
            "schedule %s cannot run: %s",
            rule.name,
            error,
            extra={"event": "schedule.failed", "schedule": rule.name},
            exc_info=not isinstance(error, NewsletterError | SubscribersError),
        )
        return None


def _due_sources(context: PublishingContext) -> list[str]:
    now = context.clock()
    with context.database.read() as connection:
        known = sources.all_sources(connection)
    return [
        source.name
        for source in known
        if source.is_polled and (source.next_poll_at is None or source.next_poll_at <= now)
    ]
