"""
Convert a schedule to the columns of its table, and back, for `schedules`.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from newsletter.model.issue import AudienceRule, DeadlineAction
from newsletter.model.schedule import Approval, IssueRules, MisfirePolicy, Schedule
from newsletter.model.timing import quiet_from
from subscribers.model import Cadence


def columns_of(rule: Schedule) -> dict[str, Any]:
    """
    Return what a person decided about *rule*, by column: everything except its times and its pause.
    """
    return {
        "name": rule.name,
        "cron": rule.cron,
        "timezone": rule.timezone,
        "audience": {
            "lists": list(rule.audience.lists),
            "minus": list(rule.audience.minus),
            "segment": rule.audience.segment,
        },
        "cadence": rule.cadence,
        "sources": list(rule.sources),
        "template": rule.template,
        "each": rule.each,
        "sender": rule.sender,
        "fallback_provider": rule.fallback_provider,
        "rules": rule.rules.as_json(),
        "approval": rule.approval,
        "editors": list(rule.editors),
        "deadline_s": int(rule.deadline.total_seconds()) if rule.deadline else None,
        "at_deadline": rule.at_deadline,
        "is_local": rule.is_local,
        "quiet": str(rule.quiet) if rule.quiet else None,
        "days_off": list(rule.days_off),
        "misfire_policy": rule.misfire_policy,
        "misfire_limit_s": int(rule.misfire_limit.total_seconds()),
        "repeat": rule.repeat,
    }


def schedule_of(row: Any) -> Schedule:
    """
    Return the schedule of a row of the table.
    """
    return Schedule(
        id=row.id,
        name=row.name,
        cron=row.cron,
        timezone=row.timezone,
        audience=AudienceRule.from_json(row.audience),
        sources=tuple(row.sources),
        cadence=Cadence(row.cadence),
        template=row.template,
        each=row.each,
        sender=row.sender,
        fallback_provider=row.fallback_provider,
        rules=IssueRules.from_json(row.rules),
        approval=Approval(row.approval),
        editors=tuple(row.editors),
        deadline=dt.timedelta(seconds=row.deadline_s) if row.deadline_s else None,
        at_deadline=DeadlineAction(row.at_deadline),
        is_local=row.is_local,
        quiet=quiet_from(row.quiet) if row.quiet else None,
        days_off=tuple(row.days_off),
        misfire_policy=MisfirePolicy(row.misfire_policy),
        misfire_limit=dt.timedelta(seconds=row.misfire_limit_s),
        repeat=row.repeat,
        is_paused=row.is_paused,
        created_at=row.created_at,
        last_due=row.last_due,
    )
