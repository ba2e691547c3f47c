"""
The frame of a page of the newsroom: its sections, what waits in them, and whether sending is on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import babel.dates
import babel.numbers

from newsletter.access.sessions import LoggedIn
from newsletter.actions.operations import open_work
from newsletter.app import App
from newsletter.model.access import Actor, Permission
from newsletter.model.staff import Member
from newsletter.store.flow_control.kill_switch import Stop
from newsletter.store.operations.open_work import OpenWork
from newsletter.web.admin.frame.words import StaffWords


@dataclass(frozen=True, kw_only=True)
class NavigationEntry:
    """
    An entry of the navigation. `key` is the letter that leads there after `g`, `count` what waits
    there, in words; empty if nothing does.
    """

    name: str
    key: str
    path: str
    title: str
    count: str = ""


@dataclass(frozen=True, kw_only=True)
class NewsroomFrame:
    """
    What the frame shows: the sections that the member may open, the moment and its zone, the stop
    of all sending if there is one, and whether the member may see and change that.
    """

    sections: tuple[NavigationEntry, ...]
    now: dt.datetime
    zone: ZoneInfo
    zone_name: str
    stop: Stop | None
    can_see_stop: bool
    can_stop: bool


def load_frame(app: App, logged_in: LoggedIn, words: StaffWords) -> NewsroomFrame:
    """
    Load the frame of a page for the member who is logged in.
    """
    member = logged_in.member
    actor = member.actor(logged_in.session.from_address)
    zone = zone_of(member)
    work = open_work.count(app, by=actor)
    can_see_stop = Permission.OPERATIONS_READ in actor.permissions
    return NewsroomFrame(
        sections=_sections(actor, work, words),
        now=app.clock(),
        zone=zone,
        zone_name=babel.dates.get_timezone_location(zone, locale=words.locale, return_city=True),
        stop=work.stop,
        can_see_stop=can_see_stop,
        can_stop=Permission.ISSUES_SEND in actor.permissions and actor.lists is None,
    )


def zone_of(member: Member | None) -> ZoneInfo:
    """
    Return the time zone in which a member sees times: UTC until they choose one.
    """
    return ZoneInfo(member.timezone if member and member.timezone else "UTC")


def _sections(actor: Actor, work: OpenWork, words: StaffWords) -> tuple[NavigationEntry, ...]:
    _ = words.gettext
    every: list[tuple[Permission, Callable[[], NavigationEntry]]] = [
        (
            Permission.LISTS_READ,
            lambda: NavigationEntry(name="today", key="t", path="/admin/", title=_("Today")),
        ),
        (
            Permission.BRIEFS_READ,
            lambda: NavigationEntry(
                name="briefs",
                key="b",
                path="/admin/briefs",
                title=_("Briefs"),
                count=_("%(n)s new", n=work.new_briefs) if work.new_briefs else "",
            ),
        ),
        (
            Permission.ISSUES_READ,
            lambda: NavigationEntry(
                name="issues",
                key="i",
                path="/admin/issues",
                title=_("Issues"),
                count=_drafts_in_words(work, words),
            ),
        ),
        (
            Permission.SCHEDULES_READ,
            lambda: NavigationEntry(
                name="schedules", key="s", path="/admin/schedules", title=_("Schedules")
            ),
        ),
        (
            Permission.PEOPLE_READ,
            lambda: NavigationEntry(
                name="people", key="p", path="/admin/people", title=_("People")
            ),
        ),
        (
            Permission.LISTS_READ,
            lambda: NavigationEntry(
                name="settings", key="e", path="/admin/settings", title=_("Settings")
            ),
        ),
    ]
    return tuple(make() for permission, make in every if permission in actor.permissions)


def _drafts_in_words(work: OpenWork, words: StaffWords) -> str:
    if not work.drafts:
        return ""
    shown = babel.numbers.format_decimal(work.drafts, locale=words.locale)
    return words.ngettext("%(n)s draft", "%(n)s drafts", work.drafts, n=shown)
