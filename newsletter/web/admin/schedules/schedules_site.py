"""
All pages of the room of schedules.
"""

from __future__ import annotations

from starlette.routing import Route

from newsletter.web.admin.routes import StaffRoutes
from newsletter.web.admin.schedules.calendar import ScheduleCalendarPage
from newsletter.web.admin.schedules.rule_form.editor import ScheduleEditorPages
from newsletter.web.admin.schedules.schedule import SchedulePage
from newsletter.web.admin.schedules.trial_pages import ScheduleTrialPages
from newsletter.web.admin.staff_pages import StaffPages


def schedule_routes(pages: StaffPages, routes: StaffRoutes) -> list[Route]:
    """
    Return the routes of the room.
    """
    return [
        *ScheduleCalendarPage(pages, routes).routes(),
        *ScheduleEditorPages(pages, routes).routes(),
        *ScheduleTrialPages(pages, routes).routes(),
        *SchedulePage(pages, routes).routes(),
    ]
