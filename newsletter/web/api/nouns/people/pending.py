"""
People who have not confirmed: list, ask and drop them; and the runs that ask people of a list
again.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import Query

from newsletter.actions.people import ask_again, asking, pending
from newsletter.actions.people.sync import pending_pages
from newsletter.errors import NotFound
from newsletter.model.access import Permission
from newsletter.web.api.bodies.fields import PeopleCountBody
from newsletter.web.api.bodies.lists import ListSlug
from newsletter.web.api.bodies.people.pending import (
    AskedBody,
    AskRunBody,
    AskRunToStart,
    DroppedBody,
    PendingPersonBody,
    PendingToAsk,
    PendingToDrop,
)
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import Noun
from newsletter.web.api.requests.paging import CursorText, Limit
from newsletter.web.api.requests.request_limits import RateClass
from subscribers.ask_again.model import AskAudience, AskTerms

noun = Noun("pending", "People who have not confirmed, and asking people again.")

_RUN = "/lists/{slug}/ask-again"
OnList = Annotated[str, Query(max_length=60, description="On the list with this slug")]
Audience = Annotated[AskAudience, Query(description="Whom the run would ask")]
SegmentName = Annotated[str | None, Query(max_length=60, description="For the audience `segment`")]
ImportNumber = Annotated[int | None, Query(ge=1, lt=2**63, description="For the audience `import`")]


@noun.get("/pending", Permission.PEOPLE_READ)
def list_pending(
    call: Call, list: OnList = "", limit: Limit = 100, cursor: CursorText = None
) -> ResourcePage[PendingPersonBody]:
    """
    List those who wait for their confirmation, the first to subscribe first.
    """
    after, seen = call.after_seen(cursor)
    found = pending_pages.page(
        call.app, list_slug=list or None, after=after, seen=seen, limit=limit + 1, by=call.actor
    )
    return call.page(
        found,
        limit,
        key=lambda each: f"{each.subscription_id} {seen + limit}",
        show=PendingPersonBody.of,
    )


@noun.post("/pending/resend", Permission.PEOPLE_WRITE, rate=RateClass.BULK, in_steps=True)
def resend_confirmations(call: Call, body: PendingToAsk) -> AskedBody:
    """
    Ask people to confirm again.

    Nobody is asked twice in 24 hours, or more than three times.
    """
    if body.address is not None:
        return AskedBody.of(
            asking.resend_to_address(call.app, body.address, body.list, by=call.actor)
        )
    assert body.list is not None
    assert body.most is not None
    done = asking.resend_to_list(call.app, body.list, most=body.most, by=call.actor)
    return AskedBody.of(done)


@noun.post("/pending/drop", Permission.PEOPLE_READ, Permission.PEOPLE_WRITE, rate=RateClass.BULK)
def drop_pending(call: Call, body: PendingToDrop) -> DroppedBody:
    """
    End the pending subscriptions that are older than some days.

    People who were on no other list are erased.
    """
    older_than = dt.timedelta(days=body.older_than_days)
    act = pending.count_to_drop if body.dry_run else pending.drop
    dropped = act(call.app, older_than=older_than, list_slug=body.list, by=call.actor)
    return DroppedBody(dropped=dropped)


@noun.get(_RUN, Permission.LISTS_READ)
def show_ask_run(call: Call, slug: ListSlug) -> AskRunBody:
    """
    Show the latest run that asked people of a list again.
    """
    found = ask_again.status(call.app, slug, by=call.actor)
    if found is None:
        raise NotFound(f"list {slug} was never asked again: there is no run to show")
    return AskRunBody.of(found)


@noun.get(f"{_RUN}/counts", Permission.PEOPLE_READ, rate=RateClass.BULK)
def count_ask_run(
    call: Call,
    slug: ListSlug,
    audience: Audience = AskAudience.PENDING,
    segment: SegmentName = None,
    number: ImportNumber = None,
) -> PeopleCountBody:
    """
    Count the people that a run would ask.
    """
    terms = AskTerms(audience=audience, per_day=1, days=1, segment=segment, import_id=number)
    return PeopleCountBody(people=ask_again.count(call.app, slug, terms, by=call.actor))


@noun.post(_RUN, Permission.ISSUES_SEND, rate=RateClass.BULK, in_steps=True)
def start_ask_run(call: Call, slug: ListSlug, body: AskRunToStart) -> AskRunBody:
    """
    Start a run that asks people of a list whether they want it.

    Its people are fixed from now on. `newsletter serve` asks them.
    """
    return AskRunBody.of(ask_again.start(call.app, slug, body.as_terms(), by=call.actor))


@noun.post(f"{_RUN}/stop", Permission.ISSUES_SEND)
def stop_ask_run(call: Call, slug: ListSlug) -> AskRunBody:
    """
    Stop the run of a list: nobody else is asked, and nobody is unsubscribed.
    """
    return AskRunBody.of(ask_again.stop(call.app, slug, by=call.actor))
