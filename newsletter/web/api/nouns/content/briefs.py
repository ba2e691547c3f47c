"""
Briefs: list and show them, write them from fields, change, hold, free and pin them.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from newsletter.actions.content import briefs, written_briefs
from newsletter.model.access import Permission
from newsletter.model.brief import BriefStatus
from newsletter.model.schedule import Order
from newsletter.web.api.bodies.content.brief_requests import (
    BriefChanges,
    BriefFieldsToReset,
    BriefHold,
    BriefKey,
    BriefNumber,
    BriefToJoin,
    BriefToWrite,
)
from newsletter.web.api.bodies.content.briefs import (
    BriefBody,
    BriefSummaryBody,
    brief_body,
    brief_summary,
)
from newsletter.web.api.body import CountedPage
from newsletter.web.api.call import Call
from newsletter.web.api.nouns.content.media import media_url
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import ByAge, CursorText, Limit, Total

noun = Noun("briefs", "Briefs, of which issues are made.")

_BRIEF, _KEY = "/briefs/{brief}", "/briefs/keys/{key}"
_READ, _WRITE = Permission.BRIEFS_READ, Permission.BRIEFS_WRITE
Source = Annotated[str | None, Query(max_length=100, description="Only briefs of this source")]
Status = Annotated[BriefStatus | None, Query(description="Only briefs with this status")]


@noun.get("/briefs", _READ)
def list_briefs(
    call: Call,
    status: Status = None,
    source: Source = None,
    order: ByAge = Order.NEWEST,
    total: Total = False,
    limit: Limit = 100,
    cursor: CursorText = None,
) -> CountedPage[BriefSummaryBody]:
    """
    List the briefs, the newest first unless `order` says otherwise.
    """
    found = briefs.page(
        call.app,
        after=call.after(cursor, int, 0) or None,
        order=order,
        limit=limit + 1,
        status=status,
        source=source,
        by=call.actor,
    )
    count = briefs.total(call.app, status=status, source=source, by=call.actor) if total else None
    return call.counted_page(
        found, limit, key=lambda each: each.id, show=brief_summary, total=count
    )


@noun.post("/briefs", _WRITE, status=201)
def write_brief(call: Call, body: BriefToWrite) -> BriefBody:
    """
    Write a new brief, which issues and schedules may take at once.
    """
    written = body.as_written(media_url(call))
    made = written_briefs.write(call.app, written, by=call.actor)
    call.made(f"{PREFIX}/briefs/{made.id}")
    return brief_body(made.stored)


@noun.get(_KEY, _READ)
def find_brief(call: Call, key: BriefKey) -> BriefBody:
    """
    Show the brief that a program gave this name.
    """
    return brief_body(written_briefs.find(call.app, key, by=call.actor))


@noun.put(_KEY, _READ, _WRITE)
def keep_brief(call: Call, key: BriefKey, body: BriefToWrite) -> BriefBody:
    """
    Write a brief under a name of your own, or change the one that has it.

    Sent twice, it is stored once. What a person edited since stays.
    """
    written = body.as_written(media_url(call))
    kept = written_briefs.keep(call.app, key, written, by=call.actor)
    if kept.is_new:
        call.made(f"{PREFIX}/briefs/{kept.id}")
    return brief_body(kept.stored)


@noun.get(_BRIEF, _READ)
def show_brief(call: Call, brief: BriefNumber) -> BriefBody:
    """
    Show a brief.
    """
    return brief_body(briefs.show(call.app, brief, by=call.actor)[0])


@noun.patch(_BRIEF, _READ, _WRITE)
def change_brief(call: Call, brief: BriefNumber, body: BriefChanges) -> BriefBody:
    """
    Edit fields of a brief.
    """
    values = body.as_values(media_url(call))
    return brief_body(briefs.edit(call.app, brief, values=values, by=call.actor))


@noun.delete(_BRIEF, _WRITE)
def remove_brief(call: Call, brief: BriefNumber) -> None:
    """
    Remove a brief that staff or a program wrote, and that is in no issue.

    A brief of a source would come again: hold it.
    """
    briefs.remove(call.app, brief, by=call.actor)


@noun.post(f"{_BRIEF}/reset", _READ, _WRITE, version_of=_BRIEF)
def reset_brief(call: Call, brief: BriefNumber, body: BriefFieldsToReset) -> BriefBody:
    """
    Take fields of a brief from its source again.
    """
    reset = body.as_words()
    return brief_body(briefs.edit(call.app, brief, values={}, reset=reset, by=call.actor))


@noun.post(f"{_BRIEF}/hold", _READ, _WRITE, version_of=_BRIEF)
def hold_brief(call: Call, brief: BriefNumber, body: BriefHold) -> BriefBody:
    """
    Hold a brief, so that no schedule takes it.

    It stays in the drafts that have it.
    """
    held, _ = briefs.hold(call.app, brief, reason=body.reason, by=call.actor)
    return brief_body(held)


@noun.post(f"{_BRIEF}/free", _READ, _WRITE, version_of=_BRIEF)
def free_brief(call: Call, brief: BriefNumber) -> BriefBody:
    """
    Release a held or recorded brief, so that issues may take it.
    """
    return brief_body(briefs.free(call.app, brief, by=call.actor))


@noun.post(f"{_BRIEF}/join", _READ, _WRITE, version_of=_BRIEF)
def join_briefs(call: Call, brief: BriefNumber, body: BriefToJoin) -> BriefBody:
    """
    Join another brief to this one: both are the same piece of news.

    Later versions of either update this one. The other is held, and no schedule takes it.
    """
    return brief_body(briefs.join(call.app, brief, other=body.other, by=call.actor))


@noun.post(f"{_BRIEF}/pin", _READ, _WRITE, version_of=_BRIEF)
def pin_brief(call: Call, brief: BriefNumber) -> BriefBody:
    """
    Put a brief first in the next issue that takes it.
    """
    return brief_body(briefs.set_pinned(call.app, brief, pinned=True, by=call.actor))


@noun.post(f"{_BRIEF}/unpin", _READ, _WRITE, version_of=_BRIEF)
def unpin_brief(call: Call, brief: BriefNumber) -> BriefBody:
    """
    Unpin a brief.
    """
    return brief_body(briefs.set_pinned(call.app, brief, pinned=False, by=call.actor))
