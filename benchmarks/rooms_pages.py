"""
The pages of the newsroom, each with the objects of an installation in its address, and the
statements that it sends to the database.
"""

from __future__ import annotations

import re
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from starlette.exceptions import StarletteDeprecationWarning
from starlette.routing import Route

from benchmarks.measure import seconds_for
from benchmarks.rooms_data import LISTS, SCHEDULES, SEGMENTS, Data
from newsletter.app import App
from newsletter.store.tables import brief, issue, slot, staff_member
from newsletter.web.admin.cookies import Cookie, StaffCookies
from newsletter.web.admin.staff_site import staff_routes
from newsletter.web.application import make_web
from newsletter.web.page.static_files import StaticFiles
from newsletter.web.write_pool import WritePool
from subscribers.database.job_tables import file_job

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the project's HTTP client is httpx.
    warnings.simplefilter("ignore", StarletteDeprecationWarning)
    from starlette.testclient import TestClient

_MOVED = 303
_SHOWN, _NOT_SHOWN = (200, 204), (_MOVED, 404, 409)
_SITE = "http://127.0.0.1"
MOST_STATEMENTS = 12
# Pages that make an email, or try the undoing of an import, to say something about it: what that
# takes is not theirs. Of each, one is enough.
_TRIES = re.compile(r"/(check|approve|preview|sample|email|try/issue|undo)$")
# What the audit trail records if somebody reads very many people.
_RECORDS = "INSERT INTO audit_entry"
_OF_RECORD = 3
# Pages for people who are not logged in.
_OTHERS = re.compile(r"/admin/(login|logout|confirm|invitation|reset|setup)\b")
_PARAMETER = re.compile(r"\{(\w+)(?::path)?\}")
# Who reads the letter: somebody who got everything that went to everybody.
PERSON = 33
# What is asked for of the lists, beside their first page.
NARROWED = (
    "/admin/briefs?q=quay",
    "/admin/briefs?state=held&source=source+5",
    "/admin/briefs?state=used",
    "/admin/issues?show=sent&list=readers",
    "/admin/issues?before=50",
    "/admin/people?list=readers",
    "/admin/people?list=readers&state=pending",
    "/admin/people?list=few&state=active",
    "/admin/people?list=third&state=ended",
    "/admin/people?state=suppressed",
    "/admin/people?tag=tag+3",
    "/admin/people?tag=tag+20&list=readers",
    "/admin/people?segment=tagged",
    "/admin/people?segment=townspeople&list=third",
    "/admin/people?segment=everybody-else",
    "/admin/people?list=readers&after=7777&seen=50",
    "/admin/suppressions?after=500&seen=500",
    "/admin/suppressions?reason=complaint",
    "/admin/audit?object=issue",
    "/admin/audit?actor=Nobody",
    "/admin/schedules?week=2026-10-05",
    "/admin/lists/readers/readers?days=365",
)
_SENT_TO_EVERYBODY = (
    "/admin/issues/{0}/readers?state=accepted&after={1}",
    "/admin/issues/{0}/readers?state=rejected",
    "/admin/issues/{0}/readers?state=uncertain",
    "/admin/issues/{0}/readers?state=bounced_hard",
    "/admin/issues/{0}/readers?state=complained",
)


@dataclass(frozen=True, kw_only=True)
class Page:
    """
    A page, and the statements that it sends to the database, with their parameters.
    """

    path: str
    statements: Sequence[tuple[str, Any]]

    @property
    def own_statements(self) -> int:
        """
        Return how many there are without those that record who read very many people.
        """
        records = any(statement.startswith(_RECORDS) for statement, _ in self.statements)
        return len(self.statements) - (_OF_RECORD if records else 0)

    def run_statements(self, app: App) -> float:
        """
        Execute what the page reads, nothing else, and return the seconds.
        """
        reads = [each for each in self.statements if each[0].startswith(("SELECT", "WITH"))]

        def read() -> None:
            with app.database.read() as connection:
                for statement, parameters in reads:
                    connection.exec_driver_sql(statement, parameters).all()

        return seconds_for(read)


def cookie_of(data: Data) -> str:
    """
    Return the header by which the member is known.
    """
    name = StaffCookies(data.app.settings.site.base_url).name(Cookie.SESSION)
    return f"{name}={data.cookie}"


@dataclass(frozen=True, kw_only=True)
class FoundPages:
    """
    The pages of the newsroom, those of them that need too many statements, and the routes of which
    none can be shown here: there is no object to stand in their address.
    """

    pages: Sequence[Page]
    crowded: Sequence[Page]
    left_out: Sequence[str]


def find_pages(data: Data, *, most_statements: int = MOST_STATEMENTS) -> FoundPages:
    """
    Return each page of the newsroom that is shown, with each object that can stand in its address.
    Require that no page fails.
    """
    found: list[Page] = []
    crowded: list[Page] = []
    left_out: list[str] = []
    web = make_web(data.app, stopping=threading.Event())
    headers = {"Cookie": cookie_of(data)}
    with TestClient(web, _SITE, headers=headers, follow_redirects=False) as client:
        for route, paths in _addresses(data):
            opened = (_open(data.app, client, path) for path in paths)
            shown = [each for each in opened if each is not None]
            if not shown:
                left_out.append(route)
            shown = [page for page in shown if page.statements]
            if _TRIES.search(route):
                shown = shown[:1]
            else:
                crowded += [page for page in shown if page.own_statements > most_statements]
            found += shown
    return FoundPages(pages=found, crowded=crowded, left_out=left_out)


def _open(app: App, client: TestClient, path: str) -> Page | None:
    """
    Return the page at a path, without statements if it leads to another; None if there is nothing.
    """
    client.get(path)
    with _noted(app) as statements:
        status = client.get(path).status_code
    assert status in (*_SHOWN, *_NOT_SHOWN), f"{path}: {status}"
    if status in _NOT_SHOWN:
        return Page(path=path, statements=()) if status == _MOVED else None
    return Page(path=path, statements=statements)


@contextmanager
def _noted(app: App) -> Iterator[list[tuple[str, Any]]]:
    """
    Collect the statements that are executed while the block runs.
    """
    seen: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append((statement, parameters))

    sa.event.listen(app.database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(app.database.engine, "before_cursor_execute", note)


def _addresses(data: Data) -> Iterator[tuple[str, list[str]]]:
    """
    Yield each route of the newsroom, with addresses of its pages.
    """
    objects = _objects(data)
    further = {"wall": _wall(data)}
    for route in staff_routes(data.app, StaticFiles(), writes=WritePool()):
        if not isinstance(route, Route) or _OTHERS.match(route.path):
            continue
        if "GET" not in (route.methods or ()):
            continue
        path = _PARAMETER.sub(r"{\1}", route.path)
        names = _PARAMETER.findall(path)
        if not names:
            yield path, [path]
            continue
        of_kind = objects.get(path.split("/")[2], [])
        yield path, [path.format(**{**further, names[0]: name}) for name in of_kind]
    newest = data.size.issues
    yield "narrowed", [*NARROWED, *(_.format(newest, 777) for _ in _SENT_TO_EVERYBODY)]


def _objects(data: Data) -> dict[str, list[object]]:
    """
    Return the objects in the place of a page's first parameter, by the first part of its path.
    """
    by_state = sa.select(sa.func.max(issue.c.id)).group_by(issue.c.state).order_by(issue.c.state)
    newest_briefs = sa.select(sa.func.max(brief.c.id)).group_by(brief.c.status)
    with data.app.database.read() as connection:
        member = connection.scalar(sa.select(sa.func.max(staff_member.c.id)))
        return {
            "briefs": list(connection.scalars(newest_briefs)),
            "fields": ["town"],
            "help": ["guides/staff"],
            "imports": list(connection.scalars(sa.select(sa.func.max(file_job.c.id)))),
            "issues": [1, *connection.scalars(by_state)],
            "lists": list(LISTS),
            "people": [PERSON],
            "schedules": list(SCHEDULES[:1]),
            "segments": list(SEGMENTS),
            "sources": ["source%205"],
            "staff": [member],
            "webhooks": [1],
        }


def _wall(data: Data) -> str | None:
    with data.app.database.read() as connection:
        return connection.scalar(sa.select(sa.func.max(slot.c.slot)).where(slot.c.schedule_id == 1))
