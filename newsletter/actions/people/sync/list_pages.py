"""
Actions on mailing lists for programs: a page of them, and the counts of one.
"""

from __future__ import annotations

from newsletter.actions.guard.objects import shared, the_list
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.lists import ListDetails, details_of
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from subscribers import lists
from subscribers.list_pages import lists_after
from subscribers.model import ListCounts


@requires(Permission.LISTS_READ, "list.page", about=shared(ObjectKind.LIST))
def page(app: App, *, after: int, limit: int, by: Actor) -> list[ListDetails]:
    """
    Return at most *limit* lists with a number above *after*, in the order of their numbers.
    """
    with app.database.read() as connection:
        found = lists_after(connection, after, limit=limit, slugs=by.lists)
        return [details_of(connection, each) for each in found]


@requires(Permission.LISTS_READ, "list.count", about=the_list())
def count(app: App, slug: str, *, by: Actor) -> ListCounts:
    """
    Return how many people are on a list in each state. That of a large list may be some
    seconds old.

    Raises:
        UnknownList: there is no such list.
    """
    with app.database.read() as connection:
        return app.list_counts.count(connection, lists.find_list(connection, slug))
