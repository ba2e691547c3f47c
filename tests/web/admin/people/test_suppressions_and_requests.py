"""
The pages of suppressions and of requests under data protection law.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter.actions.people import privacy, subscribers, suppressions
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.model.access import OPERATOR, Role

ADA, GONE = "ada@example.org", "gone@example.org"
HOSTILE = '<script>alert(1)</script> "onmouseover=x'
MOST_STATEMENTS = 12


def suppressed(installation: Installation) -> list[str]:
    return [each.address for each in suppressions.all_of(installation.app, by=OPERATOR)]


def test_an_address_and_a_domain_are_suppressed_and_found(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    page = "/admin/suppressions"
    assert "Nobody is suppressed" in browser.get(page).text
    browser.post(f"{page}/add", on=page, address=GONE, why=HOSTILE)
    browser.post(f"{page}/add", on=page, address="@spam.example.net", sure="yes")
    wrong = browser.post(f"{page}/add", on=page, address="nobody", why="kept")
    assert wrong.status_code == 422
    assert 'value="kept"' in wrong.text
    assert suppressed(installation) == ["@spam.example.net", GONE]
    html = browser.get(page).text
    assert "&lt;script&gt;" in html
    assert "<script>alert" not in html
    found = browser.post(f"{page}/find", on=page, q="@spam.example.net").text
    assert "@spam.example.net" in found
    assert GONE not in found
    assert "is not suppressed" in browser.post(f"{page}/find", on=page, q=ADA).text
    end = {"address": "@spam.example.net", "list": "", "why": "sorry"}
    browser.post(f"{page}/end", on=page, **end, sure="yes")
    assert suppressed(installation) == [GONE]


def test_a_domain_is_suppressed_and_ended_after_a_question_with_the_number_of_people(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    app = installation.app
    for address in ("two@example.org", "three@sub.example.org"):
        subscribers.add(app, address, "daily", by=OPERATOR, consent="by post")
    suppressions.add(app, "two@example.org", by=OPERATOR, values=SuppressionValues())
    add_member(installation)
    browser.log_in()
    page = "/admin/suppressions"
    asked = browser.post(f"{page}/add", on=page, address="example.org", why="spam").text
    assert "Stop email to 1 person?" in asked
    assert 'name="address" value="@example.org"' in asked
    assert 'name="why" value="spam"' in asked
    assert suppressed(installation) == ["two@example.org"]
    assert "</bdi>. Nothing is sent to those who are here" in asked
    one = browser.post(f"{page}/add", on=page, address="example.org", list="weekly").text
    assert "Nothing of the list <bdi>weekly</bdi> is sent" in one
    below = browser.post(f"{page}/add", on=page, address="*.example.org").text
    assert "Stop email to 1 person?" in below
    assert "at a domain below" in below
    none = browser.post(f"{page}/add", on=page, address="example.com").text
    assert "Nobody there gets email now." in none, "Carla has not confirmed"
    given = {"address": "example.org", "why": "spam", "sure": "yes"}
    browser.post(f"{page}/add", on=page, **given)
    assert suppressed(installation) == ["@example.org", ADA, "two@example.org"]
    person = browser.get(f"/admin/people/{people['Ada']}").text
    assert "by staff, because of <bdi>@example.org</bdi>" in person
    assert "<bdi>Because of</bdi>: <bdi>@example.org</bdi>" in person
    assert ADA in browser.post(f"{page}/find", on=page, q=ADA).text
    assert "everybody there" in browser.post(f"{page}/find", on=page, q="example.org").text
    ended = browser.post(f"{page}/end", on=page, address="@example.org", list="").text
    assert "Let 1 person get email again?" in ended
    assert len(suppressed(installation)) == 3
    browser.post(f"{page}/end", on=page, address="@example.org", list="", sure="yes")
    assert suppressed(installation) == ["two@example.org"]


def test_a_code_that_nobody_can_read_is_shortened(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    app = installation.app
    suppressions.add(app, ADA, by=OPERATOR, values=SuppressionValues(reason="complaint"))
    subscribers.erase_person(app, ADA, by=OPERATOR)
    suppressions.add(app, "c" * 64, by=OPERATOR, values=SuppressionValues())
    add_member(installation)
    browser.log_in()
    html = browser.get("/admin/suppressions").text
    assert "An erased person" in html
    assert "An address of which only a hash is known" in html
    shown = re.findall(r"<bdi>(\w+)…</bdi>", html)
    assert [len(code) for code in shown] == [8, 8]
    assert "cccccccc" in shown


def test_a_complaint_is_not_ended_without_a_reason(
    installation: Installation, browser: StaffBrowser
) -> None:
    values = SuppressionValues(reason="complaint")
    suppressions.add(installation.app, GONE, by=OPERATOR, values=values)
    add_member(installation)
    browser.log_in()
    page = "/admin/suppressions"
    browser.post(f"{page}/end", on=page, address=GONE, list="")
    assert "It was not ended." in browser.get(page).text
    browser.post(f"{page}/end", on=page, address=GONE, list="", why="asked us to")
    assert suppressed(installation) == []


def test_a_file_of_suppressions_says_which_of_its_reasons_are_not_known(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    pasted = "email,reason\nada@example.org,bounced\nbo@example.org,moved"
    page = browser.post(
        "/admin/suppressions/import", pasted=pasted, reason="manual", list="", until="", note=""
    ).text
    assert '<dt class="num">1</dt><dd>lines with a reason that is not known here' in page


def test_suppressions_follow_each_other_page_by_page(
    installation: Installation, browser: StaffBrowser
) -> None:
    for number in range(51):
        address = f"gone{number:02d}@example.org"
        suppressions.add(installation.app, address, by=OPERATOR, values=SuppressionValues())
    add_member(installation)
    browser.log_in()
    with counted(installation.app) as statements:
        first = browser.get("/admin/suppressions").text
    assert len(statements) <= MOST_STATEMENTS
    assert "gone49@" in first
    assert "gone50@" not in first
    assert "gone50@" in browser.get("/admin/suppressions?after=50&seen=50").text


def test_suppressions_are_found_by_their_reason(
    installation: Installation, browser: StaffBrowser
) -> None:
    for address, reason in ((GONE, "bounce"), (ADA, "manual")):
        values = SuppressionValues(reason=reason)
        suppressions.add(installation.app, address, by=OPERATOR, values=values)
    add_member(installation)
    browser.log_in()
    page = "/admin/suppressions"
    chosen = browser.post(f"{page}/find", on=page, q="", reason="bounce")
    assert chosen.headers["location"] == f"{page}?reason=bounce"
    bounced = browser.get(f"{page}?reason=bounce").text
    assert GONE in bounced
    assert ADA not in bounced
    assert "Nobody is suppressed for this reason." in browser.get(f"{page}?reason=complaint").text
    assert ADA in browser.get(f"{page}?reason=nonsense").text
    other = browser.post(f"{page}/find", on=page, q=ADA, reason="bounce").text
    assert "is not suppressed for this reason" in other


def test_a_request_is_recorded_and_closed(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    page = "/admin/requests"
    assert "No privacy request is open" in browser.get(page).text
    day = (installation.now - dt.timedelta(days=40)).date()
    browser.post(page, email=ADA, kind="erasure", received=day.isoformat())
    with counted(installation.app) as statements:
        html = browser.get(page).text
    assert len(statements) <= MOST_STATEMENTS
    assert "1 request is late" in html
    assert f'href="/admin/people/{people["Ada"]}/erase"' in html
    (number,) = (each.id for each in privacy.all_of(installation.app, by=OPERATOR))
    assert browser.post(f"{page}/{number}/done", on=page, outcome=" ").status_code == 422
    browser.post(f"{page}/{number}/done", on=page, outcome=HOSTILE)
    closed = browser.get(page).text
    assert "No privacy request is open" in closed
    assert "&lt;script&gt;" in closed
    wrong = {"email": "ada", "received": "2999-01-01"}
    for name, value in wrong.items():
        typed = {"email": ADA, "kind": "access", name: value}
        assert browser.post(page, **typed).status_code == 422
    assert browser.post(f"{page}/{number}/done", on=page, outcome="again").status_code == 404


def test_after_an_erasure_the_request_says_that_it_was_done_in_time(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    add_member(installation)
    browser.log_in()
    page = "/admin/requests"
    for kind, days in (("erasure", 10), ("access", 40)):
        day = (installation.now - dt.timedelta(days=days)).date()
        browser.post(page, email=ADA, kind=kind, received=day.isoformat())
    late, erasure = privacy.all_of(installation.app, by=OPERATOR)
    privacy.done(installation.app, late.id, outcome="sent", by=OPERATOR)
    erased = browser.post(f"/admin/people/{people['Ada']}/erase", address=ADA)
    assert erased.headers["location"] == f"{page}#request-{erasure.id}"
    html = browser.get(page).text
    assert f"request {erasure.id} is closed" in html
    assert ADA not in html
    rows = re.findall(r'<tr id="request-(\d+)">(.*?)</tr>', html, re.DOTALL)
    assert {int(number): "in time" in row for number, row in rows} == {
        erasure.id: True,
        late.id: False,
    }
    assert all('data-l="Received"' in row and 'data-l="Due"' in row for _, row in rows)
    found = browser.post("/admin/people", on="/admin/people", q=ADA).text
    assert "An erased person cannot be found" in found


def test_who_may_only_look_and_who_is_limited(
    installation: Installation, browser: StaffBrowser, people: Mapping[str, int]
) -> None:
    suppressions.add(installation.app, GONE, by=OPERATOR, values=SuppressionValues())
    add_member(installation, role=Role.OBSERVER)
    browser.log_in()
    html = browser.get("/admin/suppressions").text
    assert GONE in html
    assert 'action="/admin/suppressions/add"' not in html
    on = "/admin/suppressions"
    assert browser.post(f"{on}/add", on=on, address=ADA).status_code == 403
    assert browser.post(f"{on}/end", on=on, address=GONE, list="").status_code == 403
    assert browser.post("/admin/requests", email=ADA, kind="access").status_code == 403
    add_member(installation, "bob@example.org", role=Role.PEOPLE, lists=["daily"])
    browser.log_in("bob@example.org")
    assert GONE not in browser.get("/admin/suppressions").text
    assert browser.get("/admin/requests").status_code in (403, 404)
    assert browser.post(f"{on}/add", on=on, address=GONE, list="").status_code in (403, 404)
