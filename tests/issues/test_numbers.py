"""
Readers' "No. N" counts the issues that were sent to a list, one by one.
"""

from __future__ import annotations

import pytest
from installation import Installation

from newsletter import pipeline
from newsletter.actions.content import briefs
from newsletter.errors import Refused
from newsletter.issues import approval
from newsletter.issues.corrections import make_correction
from newsletter.issues.rendering import render_for_release, render_issue
from newsletter.model.access import OPERATOR
from newsletter.model.issue import IssueState
from newsletter.store.issues import issues


@pytest.fixture
def desk(installation: Installation) -> Installation:
    """
    The lists `daily` and `weekly` with a reader each.
    """
    for slug in ("daily", "weekly"):
        installation.add_list(slug)
        installation.subscribe([f"{slug}@example.org"], slug)
    return installation


def send(desk: Installation, issue_id: int) -> None:
    pipeline.publish_issue(desk.app.publishing, issue_id)
    desk.submit_all()


def draft(desk: Installation, *lists: str) -> int:
    """
    A digest, which shows its number, of two briefs of its own.
    """
    count = len(desk.stored_briefs())
    return desk.add_issue(f"Quay {count}", f"Pier {count}", lists=lists or ("daily",))


def number(desk: Installation, issue_id: int) -> int | None:
    with desk.app.database.read() as connection:
        return issues.load_issue(connection, issue_id).number


def shown(desk: Installation, issue_id: int) -> str:
    mail = render_issue(desk.app.publishing, issue_id)
    return next(word for word in mail.text.split("No. ")[1].split())


def test_only_issues_that_were_sent_count(desk: Installation) -> None:
    first, never, second = draft(desk), draft(desk), draft(desk)
    pipeline.queue_test(desk.app.publishing, first, ["me@example.org"])
    desk.submit_all()
    send(desk, first)
    send(desk, second)
    assert [number(desk, one) for one in (first, never, second)] == [1, None, 2]
    mails = {mail["To"]: mail.as_string() for mail in desk.mails() if "me@" in mail["To"]}
    assert all("No. 1" in text for text in mails.values())
    assert sorted(
        word for mail in desk.mails() for word in ("No. 1", "No. 2") if word in mail.as_string()
    ) == ["No. 1", "No. 1", "No. 2"]


def test_each_list_has_a_counter_of_its_own(desk: Installation) -> None:
    sent = [draft(desk, "daily"), draft(desk, "weekly"), draft(desk, "daily")]
    for issue_id in sent:
        send(desk, issue_id)
    assert [number(desk, one) for one in sent] == [1, 1, 2]


def test_an_issue_to_several_lists_has_a_number_of_the_first(desk: Installation) -> None:
    sent = [draft(desk, "weekly", "daily"), draft(desk, "daily"), draft(desk, "weekly")]
    for issue_id in sent:
        send(desk, issue_id)
    assert [number(desk, one) for one in sent] == [1, 1, 2]


def test_a_draft_shows_the_number_it_would_get(desk: Installation) -> None:
    early, late = draft(desk), draft(desk)
    assert (shown(desk, early), shown(desk, late)) == ("1", "1")
    send(desk, late)
    assert (shown(desk, early), shown(desk, late)) == ("2", "1")


def test_an_issue_cancelled_before_anything_was_sent_uses_no_number(desk: Installation) -> None:
    gone, kept = draft(desk), draft(desk)
    pipeline.publish_issue(desk.app.publishing, gone)
    with desk.app.database.write() as connection:
        issues.move_issue(connection, gone, IssueState.CANCELLED)
    send(desk, kept)
    assert number(desk, kept) == 1


def test_an_issue_rendered_before_another_was_sent_gets_the_next_number(desk: Installation) -> None:
    late, early = draft(desk), draft(desk)
    with desk.app.database.read() as connection:
        rendered = render_for_release(desk.app.publishing, issues.load_issue(connection, late))
    send(desk, early)
    pipeline.publish_issue(desk.app.publishing, late, rendered=rendered)
    desk.submit_all()
    assert (number(desk, late), shown(desk, late)) == (2, "2")
    assert sum("No. 2" in mail.as_string() for mail in desk.mails()) == 1


def test_another_issue_that_was_sent_leaves_an_approval_valid(desk: Installation) -> None:
    approved, other = draft(desk), draft(desk)
    approval.approve(desk.app.publishing, approved)
    send(desk, other)
    send(desk, approved)
    assert number(desk, approved) == 2


def test_an_approval_is_void_if_more_than_the_number_changed(desk: Installation) -> None:
    approved, other = draft(desk), draft(desk)
    approval.approve(desk.app.publishing, approved)
    send(desk, other)
    with desk.app.database.read() as connection:
        (first, _) = issues.chosen_briefs(connection, approved)
    briefs.edit(desk.app, first.brief_id, values={"title": "Another quay"}, by=OPERATOR)
    with pytest.raises(Refused, match="changed since it was approved"):
        pipeline.publish_issue(desk.app.publishing, approved)


def test_a_correction_has_the_number_of_the_issue_it_corrects(desk: Installation) -> None:
    wrong, between = draft(desk), draft(desk)
    for issue_id in (wrong, between):
        send(desk, issue_id)
    with desk.app.database.read() as connection:
        (first, _) = issues.chosen_briefs(connection, wrong)
    briefs.edit(desk.app, first.brief_id, values={"title": "The right quay"}, by=OPERATOR)
    correction = make_correction(desk.app.publishing, wrong)
    assert shown(desk, correction) == "1"
    send(desk, correction)
    after = draft(desk)
    send(desk, after)
    assert (number(desk, correction), number(desk, after)) == (1, 3)
