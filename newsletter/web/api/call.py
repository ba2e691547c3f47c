"""
What an operation knows about its request, beside its parameters.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from newsletter.app import App
from newsletter.model.access import Actor, Permission
from newsletter.web.api.body import CountedPage, ResourcePage, ResponseBody
from newsletter.web.api.operations import Operation
from newsletter.web.api.requests.paging import Cursors, next_page

Item = TypeVar("Item")
Shown = TypeVar("Shown", bound=ResponseBody)


@dataclass(kw_only=True)
class Call:
    """
    One request of an operation. `status` and `headers` are those of its response.
    """

    app: App
    actor: Actor
    operation: Operation
    cursors: Cursors
    path: str
    query: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)

    def with_permissions(self, *permissions: Permission) -> Actor:
        """
        Return the actor with further permissions, to show them what they have just made.
        """
        more = self.actor.permissions | frozenset(permissions)
        return dataclasses.replace(self.actor, permissions=more)

    def made(self, path: str) -> None:
        """
        Respond with status 201 and the path of the object that was made.
        """
        self.status = 201
        self.headers["Location"] = path

    def after(self, cursor: str | None, kind: type[Item], start: Item) -> Item:
        """
        Return the key after which the page begins; *start* without a cursor.
        """
        if cursor is None:
            return start
        key = self.cursors.read(self.path, self.query, cursor)
        assert isinstance(key, kind)
        return key

    def after_seen(self, cursor: str | None) -> tuple[int, int]:
        """
        Return the number after which the page begins, and how many items the pages before had, of a
        list whose reading may have to be recorded.
        """
        after, seen = self.after(cursor, str, "0 0").split()
        return int(after), int(seen)

    def page(
        self,
        found: Sequence[Item],
        limit: int,
        *,
        key: Callable[[Item], int | str],
        show: Callable[[Item], Shown],
    ) -> ResourcePage[Shown]:
        """
        Return a page of what was *found*, of which one more than *limit* was asked for.
        """
        items = found[:limit]
        if len(found) <= limit:
            return ResourcePage(items=[show(each) for each in items])
        cursor = self.cursors.make(self.path, self.query, key(items[-1]))
        self.headers["Link"] = next_page(self.path, self.query, cursor, limit)
        return ResourcePage(items=[show(each) for each in items], next=cursor)

    def counted_page(
        self,
        found: Sequence[Item],
        limit: int,
        *,
        key: Callable[[Item], int | str],
        show: Callable[[Item], Shown],
        total: int | None,
    ) -> CountedPage[Shown]:
        """
        Return a page as `page` does, with the *total* of all its items if it was asked for.
        """
        page = self.page(found, limit, key=key, show=show)
        return CountedPage(items=page.items, next=page.next, total=total)
