"""
The audit trail: list its entries, and check it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from newsletter.actions.access import audit
from newsletter.actions.access.audit import AuditFilter
from newsletter.model.access import Permission
from newsletter.web.api.bodies.audit import AuditEntryBody, AuditReportBody
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import Noun
from newsletter.web.api.requests.paging import CursorText, Limit
from newsletter.web.api.requests.request_limits import RateClass
from newsletter.web.api.times import GivenMoment

noun = Noun("audit", "The audit trail: who did what to which object, from where.")

ActorName = Annotated[str, Query(max_length=320, description="Done by whom, as the trail says it")]
ActionName = Annotated[str, Query(max_length=60, description="Such as `issue.send`")]
KindName = Annotated[str, Query(max_length=20, description="The kind of object, such as `issue`")]
ObjectId = Annotated[str, Query(max_length=320, description="The object, as the trail names it")]
SinceTime = Annotated[GivenMoment | None, Query(description="At this time or later")]
UntilTime = Annotated[GivenMoment | None, Query(description="Before this time")]


@noun.get("/audit", Permission.AUDIT_READ)
def list_audit_entries(
    call: Call,
    actor: ActorName = "",
    action: ActionName = "",
    object_kind: KindName = "",
    object_id: ObjectId = "",
    since: SinceTime = None,
    until: UntilTime = None,
    limit: Limit = 100,
    cursor: CursorText = None,
) -> ResourcePage[AuditEntryBody]:
    """
    List the entries that match all filters, the newest first.
    """
    which = AuditFilter(
        actor=actor,
        action=action,
        object_kind=object_kind,
        object_id=object_id,
        since=since,
        until=until,
    )
    before = call.after(cursor, int, 0) or None
    found = audit.entries(call.app, which, before=before, limit=limit + 1, by=call.actor)
    return call.page(found, limit, key=lambda each: each.number, show=AuditEntryBody.of)


@noun.get("/audit/check", Permission.AUDIT_READ, rate=RateClass.BULK)
def check_audit_trail(call: Call) -> AuditReportBody:
    """
    Check that no entry was changed, removed, added or swapped since it was written.
    """
    return AuditReportBody.of(audit.check(call.app, by=call.actor))
