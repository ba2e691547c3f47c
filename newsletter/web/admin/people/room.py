"""
All routes of the room of people, with segments, tags and fields.
"""

from __future__ import annotations

from starlette.routing import Route

from newsletter.web.admin.fields.field_pages import FieldPages
from newsletter.web.admin.people.bulk_job_pages import BulkJobPages
from newsletter.web.admin.people.bulk_pages import BulkPages
from newsletter.web.admin.people.new_person import NewPersonPage
from newsletter.web.admin.people.pending_pages import PendingPages
from newsletter.web.admin.people.people_pages import PeoplePages
from newsletter.web.admin.people.person_acts import PersonActs
from newsletter.web.admin.people.person_edit import PersonEdit
from newsletter.web.admin.people.person_pages import PersonPages
from newsletter.web.admin.people.person_record import PersonRecord
from newsletter.web.admin.people.request_pages import RequestPages
from newsletter.web.admin.routes import StaffRoutes
from newsletter.web.admin.segments.reason_pages import ReasonPages
from newsletter.web.admin.segments.segment_pages import SegmentPages
from newsletter.web.admin.staff_pages import StaffPages
from newsletter.web.admin.suppressions.suppression_pages import SuppressionPages
from newsletter.web.admin.tags.tag_pages import TagPages


def people_routes(pages: StaffPages, routes: StaffRoutes) -> list[Route]:
    """
    Return the routes of the room.
    """
    people = PersonPages(pages, routes)
    return [
        *PeoplePages(pages, routes).routes(),
        *BulkPages(pages, routes).routes(),
        *BulkJobPages(pages, routes).routes(),
        *PendingPages(pages, routes).routes(),
        *NewPersonPage(pages, routes).routes(),
        *PersonEdit(pages, routes).routes(),
        *SuppressionPages(pages, routes).routes(),
        *RequestPages(pages, routes).routes(),
        *SegmentPages(pages, routes).routes(),
        *ReasonPages(pages, routes).routes(),
        *TagPages(pages, routes).routes(),
        *FieldPages(pages, routes).routes(),
        *PersonActs(people).routes(),
        *PersonRecord(people).routes(),
        *people.routes(),
    ]
