"""
Today: the first page after the log-in. It says what goes out, what waits, what comes next and what
went wrong.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.operations import kill_switch
from newsletter.actions.today import coming_slots, open_issues, summary
from newsletter.actions.today.coming_slots import SlotPreviews
from newsletter.actions.today.open_issues import IssuesNow
from newsletter.model.access import Actor, Permission
from newsletter.operations.kept_alerts import KeptAlerts
from newsletter.store.delivery.status.progress import IssueProgress
from newsletter.store.operations.today.beginnings import Beginnings
from newsletter.store.operations.today.open_issues import OpenIssue
from newsletter.web.admin.frame.masthead import zone_of
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import HOME, StaffPages
from newsletter.web.admin.today.first_steps import first_steps, needs_first_steps, steps_left
from newsletter.web.admin.today.headline import heading_of
from newsletter.web.admin.today.kept_changers import KeptChangers
from newsletter.web.admin.today.kept_people_changes import KeptPeopleChanges
from newsletter.web.admin.today.kept_readers import KeptReaders
from newsletter.web.admin.today.live_issues import SHOWN_AFTER, live_issues
from newsletter.web.admin.today.problems import ShownProblem, WithinReach, problems_of
from newsletter.web.admin.today.slot_texts import coming_entries
from newsletter.web.admin.today.waiting_drafts import waiting_drafts
from subscribers.health.day_changes import PeopleChanges

LIVE = "/admin/today/live"
_DAY = dt.timedelta(days=1)
_SLOTS = 3
_DRAFTS = 6
_SENT = 3


@dataclass(frozen=True, kw_only=True)
class Yesterday:
    """
    The day before today, in the member's time zone.
    """

    begins: dt.datetime
    ends: dt.datetime

    @classmethod
    def before(cls, now: dt.datetime, zone: ZoneInfo) -> Yesterday:
        """
        Return the day before *now*.
        """
        today = now.astimezone(zone).date()
        begins = dt.datetime.combine(today - dt.timedelta(days=1), dt.time(), tzinfo=zone)
        return cls(begins=begins, ends=dt.datetime.combine(today, dt.time(), tzinfo=zone))


class TodayPages:
    """
    The first page of one App's newsroom.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes
        self.alerts = KeptAlerts(pages.app)
        self.readers = KeptReaders(pages.app)
        self.changes = KeptPeopleChanges(pages.app)
        self.changers = KeptChangers(pages.app)

    def routes(self) -> list[Route]:
        """
        Return the routes of this page.
        """
        page = self.staff_routes.page
        return [
            page(HOME, needs=Needs.SESSION, show=self.show),
            page("/admin", needs=Needs.SESSION, show=self.move),
            page(LIVE, needs=Needs.POLL, show=self.show_live),
        ]

    def move(self, staff_request: StaffRequest) -> Response:
        """
        Redirect to the same page with a slash.
        """
        return self.pages.redirect(HOME)

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show what concerns the member today, or the first steps of a new installation.
        """
        actor = staff_request.actor
        found = summary.beginnings(self.app, by=actor)
        if needs_first_steps(actor, found):
            return self._first_steps(staff_request, found)
        return self._today(staff_request, found)

    def show_live(self, staff_request: StaffRequest) -> Response:
        """
        Show again what is being sent, and the heading with the problems if it says something else
        by now.
        """
        actor, now = staff_request.actor, self.app.clock()
        found = summary.beginnings(self.app, by=actor)
        issues = self._issues_since(now - SHOWN_AFTER, found, actor)
        # Only who is limited to some lists needs to know the schedules.
        slots = None if actor.lists is None else self._slots(staff_request, most=0)
        problems = self._problems(staff_request, found, issues, slots)
        live, drafts = live_issues(issues, now=now), waiting_drafts(issues, actor)
        heading = heading_of(staff_request.words, live=live, problems=problems, drafts=drafts)
        can_see_stop = Permission.OPERATIONS_READ in actor.permissions
        return self.pages.fragment(
            staff_request.request,
            "today/parts/renewed.html",
            logged_in=staff_request.logged_in,
            live=live,
            live_path=LIVE,
            can_send=Permission.ISSUES_SEND in actor.permissions,
            heading=heading,
            mark=heading.mark(problems),
            shown_mark=staff_request.request.query_params.get("shown", ""),
            problems=problems,
            stop=kill_switch.show(self.app, by=actor) if can_see_stop else None,
        )

    def _today(self, staff_request: StaffRequest, found: Beginnings) -> Response:
        actor, words, now = staff_request.actor, staff_request.words, self.app.clock()
        day = Yesterday.before(now, zone_of(staff_request.logged_in.member))
        issues, slots = self._issues(staff_request, found, day), self._slots(staff_request)
        problems = self._problems(staff_request, found, issues, slots)
        live = live_issues(issues, now=now) if issues else ()
        drafts = waiting_drafts(issues, actor) if issues else ()
        heading = heading_of(words, live=live, problems=problems, drafts=drafts)
        return self.pages.page(
            staff_request.request,
            "today/today.html",
            section="today",
            logged_in=staff_request.logged_in,
            heading=heading,
            mark=heading.mark(problems),
            problems=problems,
            issues_shown=issues is not None,
            live=live,
            live_path=LIVE,
            can_send=Permission.ISSUES_SEND in actor.permissions,
            drafts=drafts[:_DRAFTS],
            list_names=slots.names if slots else {},
            has_own_drafts=any(draft.is_mine for draft in drafts),
            more_drafts=max(len(drafts) - _DRAFTS, 0),
            coming=coming_entries(slots, issues, words) if slots or issues else (),
            called_off=_called_off(issues, since=now - _DAY) if issues else (),
            yesterday=day,
            sent=_sent(issues, day)[:_SENT] if issues else (),
            people=self._people(staff_request, day),
            left=steps_left(self.app.settings, actor, found),
            can=actor.permissions,
            allowed=Permission,
        )

    def _issues(
        self, staff_request: StaffRequest, found: Beginnings, day: Yesterday
    ) -> IssuesNow | None:
        actor = staff_request.actor
        if Permission.ISSUES_READ not in actor.permissions:
            return None
        since = min(day.begins, self.app.clock() - SHOWN_AFTER)
        return self._issues_since(since, found, actor)

    def _issues_since(self, since: dt.datetime, found: Beginnings, actor: Actor) -> IssuesNow:
        issues = open_issues.load(self.app, sent_since=since, by=actor)
        return self.changers.with_changers(issues, newest_entry=found.newest_entry, by=actor)

    def _slots(self, staff_request: StaffRequest, *, most: int = _SLOTS) -> SlotPreviews | None:
        actor = staff_request.actor
        if Permission.SCHEDULES_READ not in actor.permissions:
            return None
        found = coming_slots.load(self.app, most=most, by=actor)
        return self.readers.with_readers(found, by=actor)

    def _problems(
        self,
        staff_request: StaffRequest,
        found: Beginnings,
        issues: IssuesNow | None,
        slots: SlotPreviews | None,
    ) -> list[ShownProblem]:
        if not (found.has_source or found.has_list):
            return []
        alerts = self.alerts.load(newest_entry=found.newest_entry)
        reach = WithinReach.of(staff_request.actor, issues, slots)
        return problems_of(alerts, reach, staff_request.words)

    def _people(self, staff_request: StaffRequest, day: Yesterday) -> PeopleChanges | None:
        actor = staff_request.actor
        if Permission.PEOPLE_READ not in actor.permissions:
            return None
        return self.changes.between(day.begins, day.ends, by=actor)

    def _first_steps(self, staff_request: StaffRequest, found: Beginnings) -> Response:
        actor, words, settings = staff_request.actor, staff_request.words, self.app.settings
        issues = open_issues.load(self.app, by=actor) if found.has_draft else None
        draft = issues.issues[0].issue.id if issues and issues.issues else None
        problems = self._problems(staff_request, found, issues, None)
        return self.pages.page(
            staff_request.request,
            "today/first-steps.html",
            section="today",
            logged_in=staff_request.logged_in,
            steps=first_steps(found, actor.permissions, words, draft=draft),
            problems=problems,
            found=found,
            stays_here=settings.is_on_this_machine(settings.delivery.provider),
            can=actor.permissions,
            allowed=Permission,
        )


def _sent(issues: IssuesNow, day: Yesterday) -> list[tuple[OpenIssue, IssueProgress]]:
    """
    Return the issues that were submitted on that day, with their counts.
    """
    return [
        (each, issues.progress[each.issue.id])
        for each in issues.issues
        if each.submitted_at is not None
        and day.begins <= each.submitted_at < day.ends
        and each.issue.id in issues.progress
    ]


def _called_off(issues: IssuesNow, *, since: dt.datetime) -> list[OpenIssue]:
    """
    Return the issues that were cancelled after *since*, before anybody got them.
    """
    return [each for each in issues.called_off if each.called_off_at and each.called_off_at > since]
