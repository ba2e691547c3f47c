"""
Walk through every page and form of the newsroom, with the objects of an installation in their
addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from installation import Installation
from list_reach.other_list import OtherList
from starlette.routing import Route

from newsletter.model.issue import IssueState
from newsletter.store.tables import outgoing_webhook, staff_member
from newsletter.web.admin.staff_site import staff_routes
from newsletter.web.page.static_files import StaticFiles
from newsletter.web.write_pool import WritePool
from subscribers.database.tables import subscriber

# Which objects stand in the place of the first parameter, by the first part of the path.
OBJECTS = {
    "briefs": ("brief",),
    "exports": ("export",),
    "fields": ("field",),
    "help": ("document",),
    "imports": ("import", "draft"),
    "issues": (*(f"issue_{state}" for state in IssueState), "issue_to_both"),
    "lists": ("list",),
    "people": ("person",),
    "requests": ("request",),
    "schedules": ("schedule", "schedule_of_both"),
    "segments": ("segment", "segment_of_both", "segment_of_none"),
    "sources": ("source", "paused_source"),
    "staff": ("member",),
    "suppressions": ("suppression",),
    "tokens": ("token",),
    "webhooks": ("webhook",),
}
# Everybody who may see briefs, sources, fields and the documentation sees all of them.
SHARED = {"briefs", "fields", "help", "sources"}
# What stands in the place of further parameters.
FURTHER = {"wall": "2026-11-02T06:00", "state": "accepted"}
# Pages of the log-in and of one's own account, which have tests of their own.
_OTHERS = re.compile(r"/admin/(login|logout|confirm|invitation|reset|setup|account)\b")
# Neither the number nor the name of anything.
NUMBER_OF_NOTHING = "999999"
_PARAMETER = re.compile(r"\{(\w+)\}")
# One that may have slashes.
_OF_PATH = re.compile(r"\{(\w+):path\}")


@dataclass(frozen=True, kw_only=True)
class Step:
    """
    One address of the newsroom. `kind` is the first part of its path ("issues"), `of_nothing` the
    address that names an object that does not exist instead; empty if no object stands in it.
    """

    path: str
    route: str
    kind: str
    of_nothing: str


def newsroom_routes(installation: Installation) -> list[Route]:
    """
    Return the routes of the newsroom, without those of the log-in and of one's own account.
    """
    routes = staff_routes(installation.app, StaticFiles(), writes=WritePool())
    return [
        route
        for route in routes
        if isinstance(route, Route) and route.methods and not _OTHERS.match(route.path)
    ]


def steps(
    installation: Installation, other: OtherList, method: str, *, most: int | None = None
) -> Iterator[Step]:
    """
    Yield each address that *method* can be sent to, with each object that can stand in it, or with
    the first *most* of them.
    """
    objects = {**other.objects, **numbers_of(installation, other)}
    for route in newsroom_routes(installation):
        if method not in (route.methods or ()):
            continue
        kind = route.path.removeprefix("/admin").strip("/").partition("/")[0]
        path = _OF_PATH.sub(r"{\1}", route.path)
        parameters = _PARAMETER.findall(path)
        names = OBJECTS[kind][:most] if parameters else (None,)
        for name in names:
            values = {each: FURTHER[each] for each in parameters[1:]}
            named, nothing = dict(values), dict(values)
            if name is not None:
                named[parameters[0]] = str(objects[name])
                nothing[parameters[0]] = NUMBER_OF_NOTHING
            yield Step(
                path=path.format(**named),
                route=route.path,
                kind=kind,
                of_nothing=path.format(**nothing) if parameters else "",
            )


def numbers_of(installation: Installation, other: OtherList) -> dict[str, Any]:
    """
    Return the numbers of what no path names otherwise.
    """
    with installation.app.database.read() as connection:
        person = connection.scalar(
            sa.select(subscriber.c.id).where(subscriber.c.email_key == other.objects["person"])
        )
        member = connection.scalar(
            sa.select(staff_member.c.id).where(staff_member.c.email_key == other.objects["member"])
        )
        webhook = connection.scalar(
            sa.select(outgoing_webhook.c.id).where(
                outgoing_webhook.c.name == other.objects["webhook"]
            )
        )
    return {
        "document": "guides/lists",
        "person": person,
        "member": member,
        "webhook": webhook,
        "paused_source": "quay",
        "suppression": 1,
    }
