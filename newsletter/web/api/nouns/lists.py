"""
Mailing lists: list, make, show, change and remove them.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from newsletter.actions.operations import list_health
from newsletter.actions.people import lists
from newsletter.actions.people.sync import list_pages
from newsletter.model.access import Permission
from newsletter.web.api.bodies.list_health import ListHealthBody, health_body
from newsletter.web.api.bodies.lists import (
    ListBody,
    ListChanges,
    ListCountsBody,
    ListHold,
    ListSlug,
    ListToMake,
    list_body,
)
from newsletter.web.api.body import ResourcePage
from newsletter.web.api.call import Call
from newsletter.web.api.operations import PREFIX, Noun
from newsletter.web.api.requests.paging import CursorText, Limit

noun = Noun("lists", "Mailing lists, which people subscribe to.")

_LIST = "/lists/{slug}"
Days = Annotated[int, Query(ge=1, le=366, description="How many days to look back")]


@noun.get("/lists", Permission.LISTS_READ)
def list_lists(call: Call, limit: Limit = 100, cursor: CursorText = None) -> ResourcePage[ListBody]:
    """
    List the mailing lists, the oldest first.
    """
    after = call.after(cursor, int, 0)
    found = list_pages.page(call.app, after=after, limit=limit + 1, by=call.actor)
    return call.page(found, limit, key=lambda each: each.mailing_list.id, show=list_body)


@noun.post("/lists", Permission.LISTS_WRITE, status=201)
def make_list(call: Call, body: ListToMake) -> ListBody:
    """
    Make a mailing list.
    """
    made = lists.add(call.app, body.slug, body.name, body.as_values(), by=call.actor)
    call.made(f"{PREFIX}/lists/{body.slug}")
    return list_body(made)


@noun.get(_LIST, Permission.LISTS_READ)
def show_list(call: Call, slug: ListSlug) -> ListBody:
    """
    Show a mailing list.
    """
    return list_body(lists.show(call.app, slug, by=call.actor))


@noun.patch(_LIST, Permission.LISTS_WRITE)
def change_list(call: Call, slug: ListSlug, body: ListChanges) -> ListBody:
    """
    Change the given values of a mailing list.
    """
    return list_body(lists.edit(call.app, slug, body.as_values(), by=call.actor))


@noun.post(f"{_LIST}/hold", Permission.LISTS_READ, Permission.LISTS_WRITE, version_of=_LIST)
def hold_list(call: Call, slug: ListSlug, body: ListHold) -> ListBody:
    """
    Hold a mailing list, so that nothing is sent to it until it is released.

    Issues that are being sent to it are paused.
    """
    lists.hold(call.app, slug, reason=body.reason, by=call.actor)
    return list_body(lists.show(call.app, slug, by=call.actor))


@noun.post(f"{_LIST}/release", Permission.LISTS_READ, Permission.LISTS_WRITE, version_of=_LIST)
def release_list(call: Call, slug: ListSlug) -> ListBody:
    """
    Release a mailing list that was held.

    Issues that its hold paused stay paused until they are resumed.
    """
    lists.release(call.app, slug, by=call.actor)
    return list_body(lists.show(call.app, slug, by=call.actor))


@noun.delete(_LIST, Permission.LISTS_WRITE)
def remove_list(call: Call, slug: ListSlug) -> None:
    """
    Remove a mailing list that nobody was ever on.
    """
    lists.remove(call.app, slug, by=call.actor)


@noun.get(f"{_LIST}/counts", Permission.LISTS_READ)
def count_list(call: Call, slug: ListSlug) -> ListCountsBody:
    """
    Count the people on a mailing list.

    Those of a list with more than 100,000 people may be a moment old: a second for a million.
    """
    return ListCountsBody.of(list_pages.count(call.app, slug, by=call.actor))


@noun.get(f"{_LIST}/health", Permission.LISTS_READ)
def show_list_health(call: Call, slug: ListSlug, days: Days = 30) -> ListHealthBody:
    """
    Show how a mailing list has done: who joined and left, bounces and complaints by domain.
    """
    return health_body(list_health.health(call.app, slug, days=days, by=call.actor))
