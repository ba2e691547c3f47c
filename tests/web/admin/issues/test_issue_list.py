"""
The newsroom's list of issues.
"""

from __future__ import annotations

import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter import pipeline
from newsletter.actions.issues import issue_delivery
from newsletter.model.access import OPERATOR, Role

MOST_STATEMENTS = 12


@pytest.fixture
def reading(installation: Installation, browser: StaffBrowser) -> StaffBrowser:
    """
    The browser of an owner, with a sent issue, a cancelled one and a draft to a list of its own.
    """
    installation.add_list()
    installation.add_list("other")
    installation.add_readers(3)
    sent = installation.add_issue("The Quiet Quay")
    pipeline.publish_issue(installation.app.publishing, sent)
    installation.submit_all()
    cancelled = installation.add_issue("Nobody Answered", subject="A <b>census</b>")
    issue_delivery.cancel(installation.app, cancelled, reason="too late", by=OPERATOR)
    installation.add_issue("The Tolls Rise", lists=["other"])
    add_member(installation)
    browser.log_in()
    return browser


def test_each_issue_is_shown_with_its_state_and_why(reading: StaffBrowser) -> None:
    html = reading.get("/admin/issues").text
    assert html.index("The Tolls Rise") < html.index("A &lt;b&gt;census") < html.index("Quay")
    assert "too late" in html
    for chip in ("draft", "cancelled", "sent"):
        assert f'<span class="chip {chip}">' in html


def test_the_list_is_narrowed_by_state_and_list(reading: StaffBrowser) -> None:
    asked = {
        "show=sent": {1},
        "show=not-sent": {2},
        "show=drafts": {3},
        "list=other": {3},
        "list=daily": {1, 2},
        "before=2": {1},
        "show=nonsense&list=%3Cscript%3E&before=x": {1, 2, 3},
    }
    for query, shown in asked.items():
        html = reading.get(f"/admin/issues?{query}").text
        found = {number for number in (1, 2, 3) if f'href="/admin/issues/{number}"' in html}
        assert found == shown, query


def test_it_needs_few_statements_however_many_issues_there_are(
    installation: Installation, reading: StaffBrowser
) -> None:
    for number in range(30):
        installation.add_issue(f"Issue {number}")
    with counted(installation.app) as statements:
        page = reading.get("/admin/issues")
    assert len(statements) <= MOST_STATEMENTS, "\n".join(statements)
    assert "before=" in page.text


def test_somebody_with_one_list_sees_only_its_issues(
    installation: Installation, reading: StaffBrowser
) -> None:
    add_member(installation, "bo@example.org", role=Role.EDITOR, lists=["other"])
    reading.log_in("bo@example.org")
    html = reading.get("/admin/issues").text
    assert "The Tolls Rise" in html
    assert "Quay" not in html
    assert reading.get("/admin/issues/1").status_code == 404
    assert reading.get("/admin/issues/1/readers").status_code == 404
    assert reading.post("/admin/issues/1/duplicate", on="/admin/issues").status_code == 404


def test_without_issues_it_says_what_they_are_and_how_to_make_one(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    html = browser.get("/admin/issues").text
    assert "No issue yet" in html
    assert 'href="/admin/issues/new"' in html


def test_somebody_who_may_not_see_issues_is_not_offered_them(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation, role=Role.PEOPLE)
    browser.log_in()
    assert 'href="/admin/issues"' not in browser.get("/admin/").text
    assert browser.get("/admin/issues").status_code == 403
