"""
An issue that a second person has to approve, as who wrote it and as their colleagues see it.
"""

from __future__ import annotations

import re

import pytest
from installation import Installation
from staff_samples import StaffBrowser, add_member

from newsletter import pipeline
from newsletter.actions.issues import issues
from newsletter.actions.issues.drafts import approval
from newsletter.actions.people import lists
from newsletter.issues.settings.lists import ListValues
from newsletter.issues.settings.second_person import NeedsSecondPerson
from newsletter.model.access import OPERATOR, Actor, Role
from newsletter.model.issue import AudienceRule, DeadlineAction, IssueState
from newsletter.store.issues.issues import edit_issue, load_issue

WRITER, OTHER = "mara@example.org", "beno@example.org"


@pytest.fixture
def mara(installation: Installation) -> Actor:
    """
    An editor, who wrote a draft to three readers that needs a second person.
    """
    installation.add_list()
    installation.add_readers(3)
    pipeline.publish_issue(installation.app.publishing, installation.add_issue("Ice roads"))
    limit = ListValues(second_person_above="2")
    lists.edit(installation.app, "daily", limit, by=OPERATOR)
    add_member(installation, OTHER, role=Role.EDITOR)
    add_member(installation, "au@example.org", role=Role.AUTHOR)
    writer = add_member(installation, WRITER, role=Role.EDITOR).actor("")
    rule, texts = AudienceRule(lists=("daily",)), issues.IssueTexts(subject="Ferry times")
    assert issues.create_draft(installation.app, rule, briefs=[1], texts=texts, by=writer) == 2
    return writer


def text_of(browser: StaffBrowser, path: str) -> str:
    """
    Return what stands on a page, without its markup.
    """
    found = re.search(r"<main.*</main>", browser.get(path).text, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split())


def test_who_changed_it_last_is_said_that_somebody_else_must_approve_it(
    installation: Installation, browser: StaffBrowser, mara: Actor
) -> None:
    browser.log_in(WRITER)
    page = browser.get("/admin/issues/2/approve").text
    assert "You changed it last: somebody else must approve it." in page
    assert "Approve for" not in page
    shown = approval.details(installation.app, 2, by=mara).view
    assert shown is not None
    browser.post("/admin/issues/2/approve", on="/admin/account", shown=shown.sha256)
    assert "somebody else has to approve it" in text_of(browser, "/admin/issues/2/approve")
    with installation.app.database.read() as connection:
        issue = load_issue(connection, 2)
    assert (issue.state, issue.approved_hash) == (IssueState.DRAFT, None)
    assert "You changed it last, so somebody else has to approve it." in text_of(browser, "/admin/")
    assert "Somebody else has to approve it." in text_of(browser, "/admin/issues")
    composer = text_of(browser, "/admin/issues/2")
    assert "Approve and send…" not in composer
    assert "so somebody else has to approve it. See who can" in composer


def test_a_colleague_sees_that_it_needs_their_approval_and_the_page_who_gave_it(
    installation: Installation, browser: StaffBrowser, mara: Actor
) -> None:
    # By a command or the API, the approval of who wrote it is kept, and does not count.
    assert issues.approve(installation.app, 2, by=mara).reason
    browser.log_in(OTHER)
    for path in ("/admin/", "/admin/issues", "/admin/issues/2", "/admin/issues/2/approve"):
        page = text_of(browser, path)
        assert "Approval needed" in page, path
        assert "Approved" not in page, path
        assert "No longer valid" not in page, path
    assert "It needs your approval" in text_of(browser, "/admin/")
    assert "Needs your approval." in text_of(browser, "/admin/issues")
    (shown,) = re.findall(
        r'name="shown" value="(\w+)"', browser.get("/admin/issues/2/approve").text
    )
    browser.post("/admin/issues/2/approve", shown=shown)
    page = text_of(browser, "/admin/issues/2/approve")
    assert "Ready to be sent to 3 readers" in page
    assert "by Eve Adams" in page
    assert "It goes out when somebody sends it." in text_of(browser, "/admin/")
    pipeline.publish_issue(installation.app.publishing, 2)
    sent = text_of(browser, "/admin/issues/2")
    assert sent.count(f"Approved by {OTHER} .") == 2


def test_the_staff_who_can_approve_it_are_named_to_who_may_see_the_staff(
    installation: Installation, browser: StaffBrowser, mara: Actor
) -> None:
    owner = add_member(installation).actor("")
    issues.edit_draft(installation.app, 2, texts=issues.IssueTexts(intro="More."), by=owner)
    found = approval.details(installation.app, 2, by=owner).second_person
    assert found is not None
    assert found.others is not None
    assert len(found.others) == 2
    browser.log_in()
    assert "These people can: Eve Adams , Eve Adams ." in text_of(
        browser, "/admin/issues/2/approve"
    )
    theirs = approval.details(installation.app, 2, by=mara).second_person
    assert theirs is not None
    assert (theirs.is_changer, theirs.others) == (False, None)


def test_a_deadline_does_not_send_what_lacks_a_second_person(
    installation: Installation, browser: StaffBrowser, mara: Actor
) -> None:
    at = installation.now.replace(year=2099)
    with installation.app.database.write() as connection:
        edit_issue(connection, 2, deadline=at, at_deadline=DeadlineAction.SEND)
    assert approval.at_deadline(installation.app, 2, by=mara) is DeadlineAction.HOLD
    browser.log_in(WRITER)
    assert "is sent on" not in text_of(browser, "/admin/")
    shown = approval.details(installation.app, 2, by=mara).view
    assert shown is not None
    with pytest.raises(NeedsSecondPerson):
        issues.approve_and_send(installation.app, 2, by=mara, shown_sha256=shown.sha256)
