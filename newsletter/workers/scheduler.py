"""
Fires the slots of schedules: whoever asks, each slot once. `timer` asks, and a person may.

Schedules and slots live in our tables. Every process may run a timer; `take_slot` lets one of
them have a slot, and what a dead one took is taken over (`pipeline.resume`).
"""

from __future__ import annotations

import logging

from newsletter import pipeline
from newsletter.errors import NewsletterError, StoreError
from newsletter.issues.context import PublishingContext
from newsletter.model.schedule import Schedule
from newsletter.operations.alerts import send_alerts
from newsletter.scheduling.firing import fire_due
from newsletter.store.content import sources
from newsletter.store.flow_control import kill_switch as stops
from newsletter.store.scheduling import schedules
from newsletter.store.scheduling.schedules import SlotRow
from subscribers.errors import SubscribersError

logger = logging.getLogger(__name__)


def tick(context: PublishingContext) -> list[SlotRow]:
    """
    Everything whose time has come: sources to poll, slots to fire, what was left half-way. The
    slots fired are returned; none while everything is stopped, and then they count as late.
    """
    with context.database.read() as connection:
        if stops.active_stop(connection) is not None:
            return []
    poll_due_sources(context)
    with context.database.read() as connection:
        rules = schedules.all_schedules(connection)
    fired = [row for rule in rules if (row := _fire_alone(context, rule)) is not None]
    for row in fired:
        pipeline.publish_slot(context, row)
    pipeline.resume(context)
    _tell_operator(context)
    return fired


def _tell_operator(context: PublishingContext) -> None:
    """
    As `tell_operator`; a mail that cannot be made stops nothing else.
    """
    try:
        count = send_alerts(context)
    except StoreError:
        raise
    except NewsletterError as error:
        told = {"event": "operator.not_told"}
        logger.error("the operator cannot be told: %s", error, extra=told)
        return
    if count:
        told = {"event": "operator.told"}
        logger.warning("the operator is told of what needs a person: %s", count, extra=told)


def _fire_alone(context: PublishingContext, rule: Schedule) -> SlotRow | None:
    """
    As `fire_due`; what is wrong with one schedule stops no other.
    """
    try:
        return fire_due(context.database, rule, now=context.clock())
    except StoreError:
        raise
    except Exception as error:
        logger.error(
            "schedule %s cannot fire: %s",
            rule.name,
            error,
            extra={"event": "schedule.broken"},
            exc_info=not isinstance(error, NewsletterError | SubscribersError),
        )
        return None


def poll_due_sources(context: PublishingContext) -> None:
    """
    Polls the sources whose interval is over.
    """
    now = context.clock()
    with context.database.read() as connection:
        known = sources.all_sources(connection)
    due = [
        source.name
        for source in known
        if not source.is_gone and (source.next_poll_at is None or source.next_poll_at <= now)
    ]
    pipeline.collect_sources(context, due)
