"""
Actions on requests under data protection law for programs: a page of them, and one.
"""

from __future__ import annotations

from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from subscribers.requests.privacy import PrivacyRequest, find_request, requests_after


@requires(Permission.PEOPLE_READ, "request.page", about=unlimited(ObjectKind.REQUEST))
def page(app: App, *, is_open: bool, after: int, limit: int, by: Actor) -> list[PrivacyRequest]:
    """
    Return at most *limit* requests with a number above *after*, or only the open ones.
    """
    with app.database.read() as connection:
        return requests_after(connection, after, limit=limit, is_open=is_open)


@requires(Permission.PEOPLE_READ, "request.show", about=unlimited(ObjectKind.REQUEST, "number"))
def find(app: App, number: int, *, by: Actor) -> PrivacyRequest:
    """
    Return the request of that number.

    Raises:
        UnknownRequest: there is none.
    """
    with app.database.read() as connection:
        return find_request(connection, number)
