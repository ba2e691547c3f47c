"""
Picking briefs for an issue: in a draft, in a new issue, and from the inbox.
"""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from brief_pages import add_brief
from installation import Installation
from staff_samples import StaffBrowser, add_member, form_token
from statements import counted

from newsletter.actions.content import briefs
from newsletter.actions.issues import issue_pages
from newsletter.model.access import OPERATOR, Role
from newsletter.model.brief import BriefStatus
from newsletter.model.issue import IssueState
from newsletter.store.content import briefs as briefs_store
from newsletter.store.issues.issues import edit_issue
from newsletter.store.tables import issue

MOST_STATEMENTS = 12


@pytest.fixture
def draft(installation: Installation, browser: StaffBrowser) -> int:
    """
    A draft of one brief to the list Daily; another brief was sent to it, one is new, one is held.
    """
    installation.add_list()
    installation.add_readers(1)
    add_member(installation)
    browser.log_in()
    sent = installation.add_issue("The old quay")
    with installation.app.database.write() as connection:
        values = {"state": IssueState.SUBMITTED, "submitted_at": installation.now, "number": 1}
        connection.execute(sa.update(issue).where(issue.c.id == sent).values(values))
        briefs_store.set_status(connection, [1], BriefStatus.USED, reason="")
    number = installation.add_issue("In the draft")
    add_brief(installation, "Fresh news")
    held = add_brief(installation, "Wait with this")
    briefs.hold(installation.app, held, reason="the ministry", by=OPERATOR)
    return number


def titles(page: str) -> list[str]:
    part = page[page.index('id="picks"') :]
    part = part[: part.index("</div>")]
    return re.findall(r'name="(?:add|brief)"[^>]*> <span><bdi[^>]*>([^<]*)', part)


def order_of(installation: Installation, number: int) -> list[int]:
    found = issue_pages.content(installation.app, number, by=OPERATOR)
    return [each.brief_id for each in found.briefs]


def test_any_brief_can_be_added_to_a_draft_and_says_whether_its_list_had_it(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    page = browser.get(f"/admin/issues/{draft}").text
    assert set(titles(page)) == {"Fresh news", "Wait with this", "The old quay"}
    assert titles(page)[0] == "Fresh news"
    assert re.search(r"Fresh news.*?Not yet sent to <bdi>Daily", page, re.DOTALL)
    assert re.search(r"The old quay.*?Sent to <bdi>Daily</bdi> in issue 1 on", page, re.DOTALL)
    assert re.search(r"Wait with this.*?Held: .*?the ministry", page, re.DOTALL)
    found = browser.get(f"/admin/issues/{draft}?find=QUAY+old").text
    assert titles(found) == ["The old quay"]


def test_a_search_keeps_what_is_ticked(browser: StaffBrowser, draft: int) -> None:
    part = browser.get("/admin/briefs/picks?into=add&list=daily&find=fresh&add=1&inside=2").text
    assert titles(part) == ["The old quay", "Fresh news"]
    assert part.count(" checked") == 1
    assert "No brief has these words." in browser.get("/admin/briefs/picks?find=nowhere").text


def test_a_search_without_scripts_saves_the_draft_and_shows_what_is_found(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    page = browser.get(f"/admin/issues/{draft}").text
    seen = re.findall(r'name="seen" value="([^"]*)"', page)[0]
    saved = browser.post(
        f"/admin/issues/{draft}/edit",
        token=form_token(page),
        seen=seen,
        brief=[str(each) for each in order_of(installation, draft)],
        subject="Typed",
        find=" old quay ",
        do="find",
    )
    assert saved.headers["location"] == f"/admin/issues/{draft}?find=old+quay#order"
    assert issue_pages.content(installation.app, draft, by=OPERATOR).issue.subject == "Typed"


def test_a_new_issue_names_the_briefs_that_were_picked(browser: StaffBrowser, draft: int) -> None:
    new = browser.get("/admin/issues/new?brief=1").text
    assert titles(new)[0] == "The old quay"
    assert "Brief 1" not in new
    answer = browser.post("/admin/issues/new", do="find", find="fresh", brief="1")
    assert titles(answer.text) == ["The old quay", "Fresh news"]


def test_briefs_of_the_inbox_are_added_to_a_draft_that_is_open(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    with installation.app.database.write() as connection:
        edit_issue(connection, draft, subject="<script>alert(1)</script>", changed_by="x")
    asked = browser.post("/admin/briefs/add-to-draft", on="/admin/briefs", brief=["1", "3"])
    path = asked.headers["location"]
    with counted(installation.app) as statements:
        page = browser.get(path).text
    assert len(statements) <= MOST_STATEMENTS
    assert "Add 2 briefs to a draft" in page
    assert "<script>alert" not in page
    added = browser.post("/admin/briefs/add-to-draft", on=path, brief=["1", "3"], issue=str(draft))
    assert added.headers["location"] == f"/admin/issues/{draft}#order"
    assert order_of(installation, draft) == [2, 1, 3]
    assert issue_pages.content(installation.app, draft, by=OPERATOR).issue.template == "digest"
    browser.post("/admin/briefs/add-to-draft", on=path, brief=["1"], issue=str(draft))
    assert "has these briefs already" in browser.get(f"/admin/issues/{draft}").text


def test_only_who_writes_issues_adds_to_drafts_and_only_to_those_within_reach(
    installation: Installation, browser: StaffBrowser, draft: int
) -> None:
    path = "/admin/briefs/add-to-draft?brief=1"
    add_member(installation, "look@example.org", role=Role.OBSERVER)
    browser.log_in("look@example.org")
    assert browser.get(path).status_code == 403
    assert "Add to a draft" not in browser.get("/admin/briefs/1").text
    installation.add_list("other")
    add_member(installation, "other@example.org", role=Role.EDITOR, lists=["other"])
    browser.log_in("other@example.org")
    assert "No draft is open." in browser.get(path).text
    sent = browser.post(
        "/admin/briefs/add-to-draft", on="/admin/account", brief="1", issue=str(draft)
    )
    assert sent.status_code == 404
    assert "Sent" not in browser.get("/admin/briefs/picks").text.replace("Not yet sent", "")
