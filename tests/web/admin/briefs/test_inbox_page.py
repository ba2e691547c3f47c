"""
The inbox of the newsroom: which briefs it shows, and what can be done with several at once.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
from brief_pages import HOSTILE, add_brief, enter, status_of
from installation import Installation
from staff_samples import StaffBrowser
from statements import counted

from newsletter.actions.content import briefs
from newsletter.model.access import OPERATOR, Role
from newsletter.model.brief import BriefStatus
from newsletter.store.content.briefs import set_status
from newsletter.web.admin.frame.words import Catalogues


def titles(page: str) -> list[str]:
    return re.findall(r'class="title"[^>]*><bdi[^>]*>([^<]*)</bdi>', page)


def test_an_empty_inbox_says_what_it_is_for_and_what_comes_next(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    page = browser.get("/admin/briefs").text
    assert "Bring in some briefs" in page
    assert 'action="/admin/sources/new"' in page
    assert 'href="/admin/briefs/new"' in page


def test_briefs_are_shown_by_source_with_their_state_and_what_to_know(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    installation.add_list()
    installation.add_issue("In a draft", subject="The week in the north")
    held = add_brief(installation, "Held back", image_url="https://example.org/a.jpg")
    briefs.hold(installation.app, held, reason="wait for the ministry", by=OPERATOR)
    page = browser.get("/admin/briefs").text
    assert titles(page) == ["Held back", "In a draft"]
    assert "In the draft" in page
    assert "The week in the north" in page
    assert "Held by a person: wait for the ministry" in page
    assert "The picture has no description." in page
    assert "1 new" in page
    reason = briefs.show(installation.app, held, by=OPERATOR)[0].status_reason
    german = Catalogues([]).words("de").translate(reason or "")
    assert german == "von Hand zurückgehalten: wait for the ministry"


def test_words_are_found_in_title_and_text_without_regard_to_case(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    add_brief(installation, "Ice road")
    add_brief(installation, "Lighthouse", body_text="No keeper.")
    assert titles(browser.get("/admin/briefs?q=ålesund+ICE").text) == ["Ice road"]
    assert titles(browser.get("/admin/briefs?q=keeper").text) == ["Lighthouse"]
    assert "No brief matches" in browser.get("/admin/briefs?q=zeppelin").text


def test_the_inbox_is_narrowed_by_state_and_source(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    add_brief(installation, "New one")
    recorded = add_brief(installation, "Old one")
    with installation.app.database.write() as connection:
        set_status(connection, [recorded], BriefStatus.RECORDED, reason="")
    assert titles(browser.get("/admin/briefs").text) == ["New one"]
    assert titles(browser.get("/admin/briefs?state=recorded").text) == ["Old one"]
    assert titles(browser.get("/admin/briefs?state=nonsense&source=by+hand").text) == ["New one"]
    assert titles(browser.get("/admin/briefs?source=site").text) == []


def test_the_inbox_is_narrowed_by_the_day_that_is_shown(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    for day in (2, 3, 4):
        add_brief(installation, f"Day {day}", date=dt.date(2026, 3, day), body_text=f"{day}.")
    add_brief(installation, "No day", date=None, body_text="It came on the fourth.")
    for days, found in (
        ("since=2026-03-03", ["No day", "Day 4", "Day 3"]),
        ("since=2026-03-03&until=2026-03-03", ["Day 3"]),
        ("since=x&until=2026-99-99", ["No day", "Day 4", "Day 3", "Day 2"]),
    ):
        assert titles(browser.get(f"/admin/briefs?{days}").text) == found, days


def test_older_and_newer_pages_show_each_brief_once(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    for number in range(120):
        add_brief(installation, f"Brief {number}", body_text=f"Text {number}.")
    seen: list[str] = []
    pages = []
    path = "/admin/briefs"
    while path:
        page = browser.get(path).text
        pages.append(titles(page))
        seen += pages[-1]
        path = link(page, "Older briefs")
    assert [len(each) for each in pages] == [50, 50, 20]
    assert sorted(seen) == sorted(f"Brief {number}" for number in range(120))
    assert titles(browser.get(link(page, "Newer briefs")).text) == pages[1]


def link(page: str, text: str) -> str:
    found = re.search(rf'href="([^"]*)">{text}<', page)
    return found[1].replace("&amp;", "&") if found else ""


def test_picked_briefs_are_held_and_freed_together(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    one, two = add_brief(installation, "One"), add_brief(installation, "Two", body_text="Else.")
    picked = {"brief": [one, two, "x"], "q": "o", "reason": "wait for the ministry"}
    browser.post("/admin/briefs/hold", on="/admin/briefs", **picked)
    assert [status_of(installation, n) for n in (one, two)] == [BriefStatus.HELD] * 2
    page = browser.get("/admin/briefs?state=held").text
    assert "2 briefs are held." in page
    assert page.count("Held by eve@example.org: wait for the ministry") == 2
    browser.post("/admin/briefs/free", on="/admin/briefs", brief=[one, two])
    assert [status_of(installation, n) for n in (one, two)] == [BriefStatus.NEW] * 2
    browser.post("/admin/briefs/pin", on="/admin/briefs", brief=[one, two])
    assert "2 briefs lead the next issue" in browser.get("/admin/briefs").text
    browser.post("/admin/briefs/free", on="/admin/briefs")
    assert "Nothing was changed: pick briefs first." in browser.get("/admin/briefs").text


def test_the_sources_are_read_at_once_on_request(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    add_brief(installation, "One")
    installation.add_source("site", "feed", "https://example.org/feed/")
    assert browser.post("/admin/briefs/read", on="/admin/briefs").status_code == 303
    assert "1 source is read now." in browser.get("/admin/briefs").text


def test_who_only_looks_is_offered_nothing_and_refused(
    installation: Installation, browser: StaffBrowser
) -> None:
    one = add_brief(installation, "One")
    enter(installation, browser, role=Role.OBSERVER)
    page = browser.get("/admin/briefs").text
    assert titles(page) == ["One"]
    for offered in ("Write a brief", 'name="brief"', "Read the sources now"):
        assert offered not in page
    assert browser.post("/admin/briefs/hold", on="/admin/account", brief=one).status_code == 403
    assert status_of(installation, one) is BriefStatus.NEW


def test_who_manages_people_has_no_inbox(installation: Installation, browser: StaffBrowser) -> None:
    enter(installation, browser, role=Role.PEOPLE)
    assert 'href="/admin/briefs"' not in browser.get("/admin/").text
    assert browser.get("/admin/briefs").status_code == 403


def test_a_member_limited_to_another_list_cannot_hold_a_brief_in_its_draft(
    installation: Installation, browser: StaffBrowser
) -> None:
    installation.add_list("daily")
    installation.add_list("weekly")
    installation.add_issue("In a draft", subject="Secret plans")
    enter(installation, browser, role=Role.EDITOR, lists=["weekly"])
    assert "Secret plans" not in browser.get("/admin/briefs").text
    assert browser.post("/admin/briefs/hold", on="/admin/briefs", brief=1).status_code == 404
    assert status_of(installation, 1) is BriefStatus.NEW


def test_hostile_text_is_shown_as_text(installation: Installation, browser: StaffBrowser) -> None:
    enter(installation, browser)
    number = add_brief(installation, HOSTILE)
    briefs.hold(installation.app, number, reason=HOSTILE, by=OPERATOR)
    for path in ("/admin/briefs", f"/admin/briefs?q={HOSTILE}&source={HOSTILE}"):
        page = browser.get(path).text
        assert "<script>alert" not in page
        assert '"onmouseover' not in page


@pytest.mark.parametrize("query", ["", "?q=harbour", "?state=new&source=by+hand"])
def test_the_inbox_needs_few_statements(
    installation: Installation, browser: StaffBrowser, query: str
) -> None:
    enter(installation, browser)
    installation.add_list()
    for number in range(3):
        installation.add_issue(*[f"Harbour {number} {each}" for each in range(20)])
    with counted(installation.app) as statements:
        assert browser.get(f"/admin/briefs{query}").status_code == 200
    assert len(statements) <= 12, "\n".join(statements)
