"""
The sources in the newsroom: how each stands, its settings, and removing one.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from brief_pages import add_brief
from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.content import sources
from newsletter.errors import SourceError, UnknownSource
from newsletter.ingest.collect import save_failure
from newsletter.model.access import OPERATOR, Role
from newsletter.model.source import SourceSettings
from newsletter.store.content.source_holds import hold_source
from newsletter.web.admin.frame.words import Catalogues
from subscribers.text.phrases import phrase

SITE = "/admin/sources/site"
SETTINGS = {
    "location": "https://example.org/feed/",
    "every": "5m",
    "look_back": "14d",
    "settle": "15m",
    "timezone": "Europe/Oslo",
    "image": "none",
    "full_text": "auto",
    "categories": "News\r\nHarbour",
}


@pytest.fixture
def reading(installation: Installation) -> Installation:
    """
    An installation with a source called `site`.
    """
    installation.add_source("site", "feed", "https://example.org/feed/")
    return installation


def enter(installation: Installation, browser: StaffBrowser, **values: object) -> None:
    add_member(installation, **values)  # type: ignore[arg-type]
    browser.log_in()


def source(installation: Installation) -> SourceSettings:
    return sources.settings_of(installation.app, "site", by=OPERATOR)


def test_a_source_that_failed_says_why(reading: Installation, browser: StaffBrowser) -> None:
    error = SourceError("the server answers <b>500</b>")
    save_failure(reading.app.database, source(reading), error, reading.now)
    enter(reading, browser)
    for path in ("/admin/sources", SITE):
        page = browser.get(path).text
        assert "Not read<" in page
        assert "the server answers &lt;b&gt;500&lt;/b&gt;" in page


def test_what_was_stored_of_a_poll_is_translated(
    reading: Installation, browser: StaffBrowser
) -> None:
    error = SourceError(phrase("the content is over 512 KB, which is too large for a brief"))
    save_failure(reading.app.database, source(reading), error, reading.now)
    enter(reading, browser, language="de")
    for path in ("/admin/sources", SITE):
        assert "der Inhalt hat über 512 KB" in browser.get(path).text
    reason = phrase("{changed} of {known} known items have new ids", changed=8, known=9)
    with reading.app.database.write() as connection:
        hold_source(connection, source(reading), reason=reason, now=reading.now)
    assert "8 von 9 bekannten Einträgen haben neue Kennungen" in browser.get(SITE).text
    hold = source(reading).hold or ""
    assert str.__str__(hold).startswith("held since 2026-03-04 12:00 UTC: 8 of 9 known items")
    words = Catalogues([]).words("de").in_zone(ZoneInfo("Europe/Oslo"))
    assert words.translate(hold).startswith("zurückgehalten seit 04.03.2026, 13:00: 8 von 9")


def test_a_source_is_paused_with_a_reason_and_resumed(
    reading: Installation, browser: StaffBrowser
) -> None:
    enter(reading, browser)
    browser.post(f"{SITE}/pause", on=SITE, reason="<b>rebuilt</b>")
    for path in ("/admin/sources", SITE):
        page = browser.get(path).text
        assert "Paused" in page
        assert "&lt;b&gt;rebuilt&lt;/b&gt;" in page
    browser.post("/admin/briefs/read", on="/admin/sources")
    assert "0 sources are read now" in browser.get("/admin/briefs").text
    add_brief(reading, "The Quiet Harbour")
    assert "One source is paused: site." in browser.get("/admin/briefs").text
    again = browser.post(f"{SITE}/pause", on="/admin/sources")
    assert "paused since" in browser.get(again.headers["location"]).text
    browser.post(f"{SITE}/resume", on=SITE)
    assert source(reading).is_polled


def test_settings_are_saved_and_a_wrong_one_is_not(
    reading: Installation, browser: StaffBrowser
) -> None:
    enter(reading, browser)
    assert browser.post(SITE, **SETTINGS).status_code == 303
    found = source(reading)
    assert (found.every, found.timezone) == (dt.timedelta(minutes=5), "Europe/Oslo")
    assert found.categories == ("News", "Harbour")
    page = browser.post(SITE, **{**SETTINGS, "every": "soon", "location": "https://new.example"})
    assert page.status_code == 422
    assert 'id="every-error"' in page.text
    assert 'value="https://new.example"' in page.text
    assert source(reading).location == "https://example.org/feed/"


def test_a_choice_that_is_not_offered_is_refused_in_a_sentence_at_the_field(
    reading: Installation, browser: StaffBrowser
) -> None:
    enter(reading, browser)
    page = browser.post(SITE, **{**SETTINGS, "full_text": "harbour", "image": "<b>"})
    assert page.status_code == 422
    for name in ("full_text", "image"):
        assert f'id="{name}-error">Choose one of those in the list.<' in page.text
    assert "not a valid" not in page.text


def test_a_source_on_hold_is_read_again_on_request(
    reading: Installation, browser: StaffBrowser
) -> None:
    with reading.app.database.write() as connection:
        hold_source(connection, source(reading), reason="all ids are new", now=reading.now)
    enter(reading, browser)
    assert "all ids are new" in browser.get(SITE).text
    browser.post(f"{SITE}/resume", on=SITE)
    assert source(reading).held_since is None
    browser.post(f"{SITE}/read", on=SITE)
    assert "The source is read in a moment." in browser.get(SITE).text


def test_a_source_is_removed_only_when_the_box_is_ticked(
    reading: Installation, browser: StaffBrowser
) -> None:
    enter(reading, browser)
    browser.post(f"{SITE}/remove", on=SITE)
    assert source(reading).name == "site"
    reading.add_list()
    reading.add_schedule()
    browser.post(f"{SITE}/remove", on=SITE, sure="yes")
    with pytest.raises(UnknownSource):
        source(reading)
    assert "morning" in browser.get("/admin/sources").text


def test_a_folder_is_changed_on_the_server(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_source("site", "folder", str(installation.folder))
    enter(installation, browser)
    assert "newsletter source edit site" in browser.get(SITE).text
    assert browser.post(SITE, **{**SETTINGS, "location": "/etc"}).status_code == 422
    assert source(installation).location == str(installation.folder)


def test_roles_and_lists_limit_what_can_be_done(
    reading: Installation, browser: StaffBrowser
) -> None:
    reading.add_list("daily")
    reading.add_list("weekly")
    reading.add_schedule()
    enter(reading, browser, role=Role.AUTHOR)
    page = browser.get(SITE).text
    for offered in ("Read it now", "Save the source", "Remove"):
        assert offered not in page
    for act in ("", "/read", "/resume", "/remove"):
        assert browser.post(SITE + act, on="/admin/account", **SETTINGS).status_code == 403
    add_member(reading, "lim@example.org", role=Role.EDITOR, lists=["weekly"])
    browser.client.cookies.clear()
    browser.log_in("lim@example.org")
    assert browser.post(f"{SITE}/read", on=SITE).status_code == 404
    assert browser.post(f"{SITE}/remove", on=SITE, sure="yes").status_code == 404
    assert browser.post(SITE, **SETTINGS).status_code == 404


def test_an_unknown_source_has_no_page(installation: Installation, browser: StaffBrowser) -> None:
    enter(installation, browser)
    assert browser.get(SITE).status_code == 404
    assert "There is no source yet" in browser.get("/admin/sources").text


@pytest.mark.parametrize("path", ["/admin/sources", SITE, "/admin/sources/new"])
def test_a_page_needs_few_statements(
    reading: Installation, browser: StaffBrowser, path: str
) -> None:
    for number in range(20):
        reading.add_source(f"other-{number}", "feed", f"https://example.org/{number}")
    enter(reading, browser)
    with counted(reading.app) as statements:
        assert browser.get(path).status_code == 200
    assert len(statements) <= 12, "\n".join(statements)
