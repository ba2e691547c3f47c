"""
All routes of the room of people.
"""

from __future__ import annotations

from starlette.routing import Route

from newsletter.web.admin.people.people_pages import PeoplePages
from newsletter.web.admin.people.person_acts import PersonActs
from newsletter.web.admin.people.person_pages import PersonPages
from newsletter.web.admin.people.person_record import PersonRecord
from newsletter.web.admin.routes import StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages


def people_routes(pages: StaffPages, routes: StaffRoutes) -> list[Route]:
    """
    Return the routes of the room.
    """
    people = PersonPages(pages, routes)
    return [
        *PeoplePages(pages, routes).routes(),
        *PersonActs(people).routes(),
        *PersonRecord(people).routes(),
        *people.routes(),
    ]
