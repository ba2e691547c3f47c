"""
The page of an act on many people that the server does step by step.
"""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from newsletter.actions.people.newsroom import bulk_jobs
from newsletter.model.bulk_job import BulkJob
from newsletter.web.admin.path_numbers import number_in
from newsletter.web.admin.people.people_pages import PEOPLE
from newsletter.web.admin.routes import Needs, StaffRequest, StaffRoutes
from newsletter.web.admin.staff_pages import StaffPages

_JOB = f"{PEOPLE}/bulk/{{number}}"


class BulkJobPages:
    """
    The pages of the jobs of one App.
    """

    def __init__(self, pages: StaffPages, routes: StaffRoutes) -> None:
        self.pages = pages
        self.app = pages.app
        self.staff_routes = routes

    def routes(self) -> list[Route]:
        """
        Return the routes of these pages.
        """
        page = self.staff_routes.page
        return [
            page(_JOB, needs=Needs.SESSION, show=self.show),
            page(f"{_JOB}/progress", needs=Needs.POLL, show=self.show_progress),
            page(f"{_JOB}/stop", needs=Needs.SESSION, submit=self.stop),
        ]

    def show(self, staff_request: StaffRequest) -> Response:
        """
        Show how far it is, or what it came to.
        """
        job = self._job(staff_request)
        return self.pages.page(
            staff_request.request,
            "people/bulk-job.html",
            section="people",
            logged_in=staff_request.logged_in,
            job=job,
            path=job_path(job.id),
        )

    def show_progress(self, staff_request: StaffRequest) -> Response:
        """
        Show what changes while it goes on. Once it has ended, the browser is told to load the whole
        page.
        """
        job = self._job(staff_request)
        response = self.pages.fragment(
            staff_request.request,
            "people/parts/job.html",
            logged_in=staff_request.logged_in,
            job=job,
            path=job_path(job.id),
        )
        if job.ended_at is not None:
            response.headers["HX-Refresh"] = "true"
        return response

    def stop(self, staff_request: StaffRequest) -> Response:
        """
        Stop it. What is done stays so.
        """
        number = number_in(staff_request.request)
        bulk_jobs.stop(self.app, number, by=staff_request.actor)
        return self.pages.redirect(job_path(number))

    def _job(self, staff_request: StaffRequest) -> BulkJob:
        number = number_in(staff_request.request)
        return bulk_jobs.show(self.app, number, by=staff_request.actor)


def job_path(number: int) -> str:
    """
    Return the path of a job.
    """
    return _JOB.format(number=number)
