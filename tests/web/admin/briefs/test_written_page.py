"""
The page on which a brief is written by hand.
"""

from __future__ import annotations

import html
import re

from brief_pages import HOSTILE, enter
from installation import Installation
from picture_files import picture
from staff_samples import SAME_ORIGIN, StaffBrowser, form_token

from newsletter.model.access import Role
from newsletter.model.brief import BriefStatus, Link
from newsletter.store.content.briefs import BY_HAND

NEW = "/admin/briefs/new"


def frame(page: str) -> str:
    found = re.search(r'srcdoc="([^"]*)"', page)
    return html.unescape(found[1]) if found else ""


def test_a_brief_is_written_in_markdown_and_saved(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser, role=Role.AUTHOR)
    answer = browser.post(
        NEW,
        title="The Quieter Quay",
        date="2026-03-04",
        takeaway="Two boats fewer\r\n\r\nThe quay stays open",
        body="The board **decided**.",
        url="https://example.org/quay",
    )
    assert answer.headers["location"] == "/admin/briefs/1"
    (stored,) = installation.stored_briefs()
    assert (stored.brief.title, stored.source) == ("The Quieter Quay", BY_HAND)
    assert stored.brief.takeaways == ("Two boats fewer", "The quay stays open")
    assert "<strong>decided</strong>" in stored.brief.body_html


def test_a_brief_without_a_title_or_with_a_bad_date_is_not_saved(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    answer = browser.post(NEW, title="", date="4 March", body="The board **decided**.")
    assert answer.status_code == 422
    assert 'id="title-error"' in answer.text
    assert 'id="date-error"' in answer.text
    assert "The board **decided**." in answer.text
    assert installation.stored_briefs() == []


def test_a_preview_shows_what_readers_get_and_stores_nothing(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    typed = {"title": "Quay", "body": f"It **stays**. {HOSTILE}", "date": "not yet"}
    part = browser.post("/admin/briefs/preview", on=NEW, **typed).text
    assert "<strong>stays</strong>" in frame(part)
    assert "<script" not in frame(part)
    assert "<html" not in part
    typed["date"] = ""
    page = browser.post(NEW, then="preview", **typed)
    assert page.status_code == 200
    assert "<strong>stays</strong>" in frame(page.text)
    assert 'value="Quay"' in page.text
    assert installation.stored_briefs() == []


def test_a_picture_comes_with_the_brief(installation: Installation, browser: StaffBrowser) -> None:
    enter(installation, browser)
    answer = browser.client.post(
        NEW,
        data={"form_token": form_token(browser.get(NEW).text), "title": "Quay", "image-alt": "It"},
        files={"picture": ("quay.png", picture("PNG", 700, 400), "image/png")},
        headers=SAME_ORIGIN,
    )
    assert answer.status_code == 303
    (stored,) = installation.stored_briefs()
    assert (stored.brief.image_url or "").startswith("media:")
    assert stored.brief.image_alt == "It"


def test_a_form_with_no_file_chosen_has_no_picture(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    browser.client.post(
        NEW,
        data={"form_token": form_token(browser.get(NEW).text), "title": "Quay"},
        files={"picture": ("", b"", "application/octet-stream")},
        headers=SAME_ORIGIN,
    )
    assert [each.brief.image_url for each in installation.stored_briefs()] == [None]


def test_who_only_looks_writes_nothing(installation: Installation, browser: StaffBrowser) -> None:
    enter(installation, browser, role=Role.OBSERVER)
    assert browser.post(NEW, on="/admin/account", title="Mine").status_code == 403
    assert installation.stored_briefs() == []


def test_what_is_pasted_comes_back_as_markdown(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser, role=Role.AUTHOR)
    pasted = f"<p class=MsoNormal>It <b>stays</b>.</p>{HOSTILE}<img src='file:///c:/a.png'>"
    part = browser.post("/admin/briefs/pasted", on=NEW, pasted=pasted).text
    assert "It **stays**." in part
    assert "<script" not in part
    assert "upload it" in part
    without_token = browser.post("/admin/briefs/pasted", token="none", pasted=pasted)
    assert without_token.status_code == 403
    deep = browser.post("/admin/briefs/pasted", on=NEW, pasted="<div>" * 500).text
    assert "Pasted as plain text." in deep


def test_html_is_added_to_the_text_without_scripts(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    typed = {"title": "Quay", "body": "First.", "pasted": "<p>It <b>stays</b>.</p>"}
    page = browser.post(NEW, then="paste", **typed).text
    assert "\nFirst.\n\nIt **stays**.</textarea>" in page
    assert 'value="Quay"' in page
    assert installation.stored_briefs() == []


def test_the_text_of_the_button_is_one_s_own_and_stands_in_the_preview(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    typed = {"title": "Quay", "url": "https://example.org/quay", "button": f"Book {HOSTILE}"}
    part = frame(browser.post("/admin/briefs/preview", on=NEW, **typed).text)
    assert 'href="https://example.org/quay">Book &lt;script&gt;' in part
    typed["button"] = ""
    part = frame(browser.post("/admin/briefs/preview", on=NEW, **typed).text)
    assert 'href="https://example.org/quay">Read more<' in part
    wrong = browser.post(NEW, title="Quay", button="Book a seat")
    assert "The button needs a page that it leads to." in wrong.text
    assert 'value="Book a seat"' in wrong.text
    typed["button"] = "Book a seat"
    browser.post(NEW, **typed)
    (stored,) = installation.stored_briefs()
    assert stored.brief.cta == Link("Book a seat", "https://example.org/quay")
    assert "The button says “Book a seat”." in browser.get("/admin/briefs/1").text


def test_a_brief_that_is_not_finished_is_saved_and_held(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    saved = browser.post(NEW, title="Quay", body="Not yet", then="hold")
    assert saved.headers["location"] == "/admin/briefs/1"
    page = browser.get("/admin/briefs/1").text
    assert "The brief is saved and held" in page
    assert "Your text, as first written" in page
    assert "source" not in re.sub(r"<[^>]*>", "", page[page.index("<main") :])
    (stored,) = installation.stored_briefs()
    assert stored.status is BriefStatus.HELD


def test_a_picture_is_shown_as_soon_as_it_is_chosen_and_can_be_taken_out(
    installation: Installation, browser: StaffBrowser
) -> None:
    enter(installation, browser)
    token = form_token(browser.get(NEW).text)
    good, bad = (
        browser.client.post(
            "/admin/briefs/picture",
            data={"form_token": token, "title": "Quay"},
            files={"picture": ("quay.png", content, "image/png")},
            headers=SAME_ORIGIN,
        ).text
        for content in (picture("PNG", 700, 400), b"no picture")
    )
    assert 'src="/media/' in good
    assert "finding bad" in bad
    image = re.findall(r'name="image" value="(media:[^"]*)"', good)[0]
    browser.post(NEW, title="Quay", image=image)
    page = browser.get("/admin/briefs/1").text
    assert not re.search(r'<input id="image"', page)
    seen = re.findall(r'name="seen" value="([^"]*)"', page)[0]
    browser.post("/admin/briefs/1", title="Quay", seen=seen, image=image, **{"no-image": "yes"})
    assert installation.stored_briefs()[0].brief.image_url is None
