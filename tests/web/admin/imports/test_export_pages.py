"""
The pages of exports, of files of suppressions, and the export of the audit trail.
"""

from __future__ import annotations

import json

from installation import Installation
from people_upload import upload, work
from staff_samples import StaffBrowser, form_token

from newsletter.actions.people import subscribers
from newsletter.model.access import OPERATOR

EXPORTS = "/admin/exports"
SUPPRESSIONS = "/admin/suppressions"


def test_people_and_suppressions_are_exported_and_each_download_is_recorded(
    daily: Installation, browser: StaffBrowser
) -> None:
    for name in ("ada", "bo"):
        address = f"{name}@example.org"
        subscribers.add(daily.app, address, "daily", by=OPERATOR, name=name, consent="x")
    assert "Nothing was exported yet" in browser.get(EXPORTS).text
    asked = browser.post(f"{EXPORTS}/new", on="/admin/people", q="ada@", anywhere="yes")
    assert 'value="ada@"' in asked.text
    without_list = browser.post(EXPORTS, on=f"{EXPORTS}/new", format="for-ghost")
    assert without_list.status_code == 422
    assert "Choose one list" in without_list.text
    browser.post(EXPORTS, on=f"{EXPORTS}/new", tag="nonesuch")
    assert browser.post(EXPORTS, on=f"{EXPORTS}/new", q="ada@", anywhere="yes").status_code == 303
    browser.post(EXPORTS, on=f"{EXPORTS}/new", list="daily", format="jsonl")
    browser.post(EXPORTS, on=f"{EXPORTS}/new", list="daily", format="for-mailchimp")
    browser.post(f"{EXPORTS}/suppressions", on=EXPORTS, hashed="yes")
    assert 'hx-trigger="every 2s"' in browser.get(EXPORTS).text
    work(daily)
    page = browser.get(EXPORTS).text
    assert "There is no tag" in page
    assert 'hx-trigger="every 2s"' not in page
    token = form_token(page)
    files = [browser.post(f"{EXPORTS}/{n}/file", token=token) for n in range(2, 6)]
    assert "ada@example.org" in files[0].text
    assert "bo@example.org" not in files[0].text
    assert {json.loads(line)["address"] for line in files[1].text.splitlines()} == {
        "ada@example.org",
        "bo@example.org",
    }
    assert files[2].content.startswith(b"PK")
    assert files[3].text.startswith("sha256\n")
    assert all("attachment" in each.headers["content-disposition"] for each in files)

    trail = browser.post("/admin/audit/export", on="/admin/audit", action="export.download")
    found = [json.loads(line) for line in trail.text.splitlines()]
    assert [entry["object_id"] for entry in found] == ["5", "4", "3", "2"]
    assert "@" not in "".join(line for line in trail.text.splitlines() if "eve@" not in line)


def test_a_file_of_suppressions_is_looked_at_before_it_is_imported(
    daily: Installation, browser: StaffBrowser
) -> None:
    page = f"{SUPPRESSIONS}/import"
    for content, name in ((b"", "x.csv"), (b"%PDF-1", "x.pdf")):
        assert upload(browser, content, page=page, name=name, list="").status_code == 422
    assert (
        upload(browser, "a@example.org", page=page, until="2020-01-01", list="").status_code == 422
    )
    question = upload(
        browser,
        "email\nada@example.org\n@spam.example.net\nwhat\n",
        page=page,
        list="",
        note="asked",
    )
    assert "Suppress 2" in question.text
    kept = question.text.partition('name="kept" value="')[2].partition('"')[0]
    given = {"kept": kept, "reason": "complaint", "note": "asked", "list": "", "until": ""}
    assert browser.post(page, **{**given, "kept": "../.."}).status_code == 422
    assert browser.post(page, **given).headers["location"] == SUPPRESSIONS
    assert browser.post(page, **given).status_code == 422
    shown = browser.get(SUPPRESSIONS).text
    for text in ("ada@example.org", "@spam.example.net", "they complained about an email", "asked"):
        assert text in shown
