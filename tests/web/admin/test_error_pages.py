"""
What goes wrong before a page below `/admin/` can answer: staff see it in their frame and language.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from installation import Installation
from staff_samples import BASE_URL, StaffBrowser, add_member
from starlette.requests import Request
from web_samples import TestClient, heading

from newsletter.errors import StoreError
from newsletter.store.access.members import edit_member
from newsletter.web.admin.error_pages import StaffErrorPages
from newsletter.web.admin.staff_pages import StaffPages
from newsletter.web.page.static_files import StaticFiles
from newsletter.web.page.templates import PageTemplates
from newsletter.web.public.errors import ErrorPages

TOO_LARGE = {"note": "x" * 70_000}


def test_a_form_that_is_too_large_is_refused_in_the_frame_and_language_of_the_member(
    installation: Installation, browser: StaffBrowser
) -> None:
    plain = browser.client.post("/admin/login", data=TOO_LARGE)
    assert (plain.status_code, heading(plain.text)) == (413, "This is too large")
    assert "64 KB" in plain.text
    assert "/admin/logout" not in plain.text
    eve = add_member(installation)
    with installation.app.database.write() as connection:
        edit_member(connection, eve.id, language="de")
    browser.log_in()
    own = browser.client.post("/admin/staff", data=TOO_LARGE)
    assert (own.status_code, heading(own.text)) == (413, "Das ist zu groß")
    assert 'action="/admin/logout"' in own.text
    picture = browser.client.post("/admin/briefs/new", content=b"x" * 22_000_000)
    assert (picture.status_code, "20 MB" in picture.text) == (413, True)
    assert "Newsroom" not in browser.client.post("/u/token", data=TOO_LARGE).text


@pytest.mark.parametrize("status_code", [408, 500, 503])
def test_what_is_slow_or_broken_is_said_to_staff_too(
    installation: Installation, browser: StaffBrowser, status_code: int
) -> None:
    add_member(installation)
    browser.log_in()
    readers = ErrorPages(PageTemplates(installation.app.site, ()))
    staff = StaffErrorPages(StaffPages(installation.app, StaticFiles()), readers.page)
    client = TestClient(staff.page(status_code), base_url=BASE_URL, cookies=browser.client.cookies)
    page = client.get("/admin/briefs")
    assert page.status_code == status_code
    assert "Newsroom" in page.text
    # The frame needs the database, which is what may be away.
    assert ("/admin/logout" in page.text) is (status_code != 503)
    assert "Newsroom" not in client.get("/join").text


def test_a_database_that_is_away_is_said_in_the_words_of_staff(installation: Installation) -> None:
    readers = ErrorPages(PageTemplates(installation.app.site, ()))
    staff = StaffErrorPages(StaffPages(installation.app, StaticFiles()), readers.page)
    handle = staff.handlers(readers.handlers())[StoreError]
    scope = {"type": "http", "path": "/admin/", "headers": [], "query_string": b""}
    scope |= {"server": ("test", 443), "scheme": "https", "method": "GET"}
    response = handle(Request(scope), StoreError("locked"))
    assert (response.status_code, response.headers["retry-after"]) == (503, "30")
    assert b"The database cannot be used now" in response.body


def test_what_breaks_the_frame_leaves_a_page_without_it(
    installation: Installation, browser: StaffBrowser, caplog: pytest.LogCaptureFixture
) -> None:
    add_member(installation)
    browser.log_in()
    readers = ErrorPages(PageTemplates(installation.app.site, ()))
    staff = StaffErrorPages(StaffPages(installation.app, StaticFiles()), readers.page)
    client = TestClient(staff.page(500), base_url=BASE_URL, cookies=browser.client.cookies)
    with installation.app.database.write() as connection:
        connection.execute(sa.text("DROP TABLE kill_switch"))
    page = client.get("/admin/")
    assert (page.status_code, heading(page.text)) == (500, "Something went wrong")
    assert "/admin/logout" not in page.text
    assert [record.message for record in caplog.records] == ["an error page failed in its frame"]
