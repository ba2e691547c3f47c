"""
An issue to several lists: what protects readers counts for all of them, whatever their order.
"""

from __future__ import annotations

import pytest
from drafts import SLOT, prepared, tick_at
from installation import Installation

from newsletter import pipeline
from newsletter.actions.issues.resending import resend
from newsletter.errors import Refused
from newsletter.issues.approval import ApprovalState, approval_state
from newsletter.issues.rendering import render_issue
from newsletter.model.access import OPERATOR
from newsletter.model.issue import AudienceRule, Issue
from newsletter.model.schedule import Approval
from newsletter.store.issues import issues, list_settings
from newsletter.store.issues.list_settings import ListSettings
from newsletter.store.issues.preflight import readers_before
from subscribers.lists import find_list

ORDERS = [("open", "strict"), ("strict", "open")]


@pytest.fixture
def two_lists(installation: Installation) -> Installation:
    """
    Two lists with a reader each, of which `strict` requires approval.
    """
    for slug in ("open", "strict"):
        installation.add_list(slug)
        installation.subscribe([f"{slug}@example.org"], slug)
    require_approval(installation, "strict")
    return installation


def require_approval(installation: Installation, slug: str, *, is_on: bool = True) -> None:
    with installation.app.database.write() as connection:
        list_id = find_list(connection, slug).id
        list_settings.set_list_settings(connection, list_id, ListSettings(needs_approval=is_on))


def load(installation: Installation, issue_id: int) -> Issue:
    with installation.app.database.read() as connection:
        return issues.load_issue(connection, issue_id)


@pytest.mark.parametrize("lists", ORDERS)
def test_any_list_that_requires_approval_gets_it(
    two_lists: Installation, lists: tuple[str, ...]
) -> None:
    issue_id = two_lists.add_issue(lists=lists)
    assert load(two_lists, issue_id).needs_approval
    with pytest.raises(Refused, match="needs an approval"):
        pipeline.publish_issue(two_lists.app.publishing, issue_id)
    assert two_lists.mailed() == []


@pytest.mark.parametrize("lists", ORDERS)
def test_any_list_of_a_schedule_that_requires_approval_gets_it(
    two_lists: Installation, lists: tuple[str, ...]
) -> None:
    prepared(two_lists, approval=Approval.AUTO, audience=AudienceRule(lists=lists))
    tick_at(two_lists, SLOT)
    assert (two_lists.state(1), two_lists.mailed()) == ("draft", [])


@pytest.mark.parametrize("lists", ORDERS)
def test_a_deadline_sends_nothing_to_any_list_that_requires_approval(
    two_lists: Installation, lists: tuple[str, ...]
) -> None:
    prepared(two_lists, audience=AudienceRule(lists=lists))
    tick_at(two_lists, SLOT)
    made = load(two_lists, 1)
    assert made.deadline is not None
    tick_at(two_lists, made.deadline)
    reason = "held at its deadline: list strict requires approval"
    assert (load(two_lists, 1).pause_reason, two_lists.mailed()) == (reason, [])


def test_a_list_that_requires_approval_since_the_draft_gets_it(two_lists: Installation) -> None:
    require_approval(two_lists, "strict", is_on=False)
    issue_id = two_lists.add_issue(lists=("open", "strict"))
    require_approval(two_lists, "strict")
    issue = load(two_lists, issue_id)
    state, _ = approval_state(two_lists.app.publishing, issue)
    assert state is ApprovalState.MISSING
    with pytest.raises(Refused, match="needs an approval"):
        pipeline.publish_issue(two_lists.app.publishing, issue_id)
    assert two_lists.mailed() == []


def test_a_test_email_needs_no_approval_of_any_list(two_lists: Installation) -> None:
    issue_id = two_lists.add_issue(lists=("open", "strict"))
    pipeline.queue_test(two_lists.app.publishing, issue_id, ["desk@example.org"])
    two_lists.submit_all()
    assert two_lists.mailed() == ["desk@example.org"]


def test_readers_of_any_list_are_told_that_they_subscribed_to_it(two_lists: Installation) -> None:
    mail = render_issue(two_lists.app.publishing, two_lists.add_issue(lists=("open", "strict")))
    why = "You're receiving this because you subscribed to Open / Strict."
    assert why in " ".join(mail.text.split())
    assert "Open / Strict" in mail.html
    alone = render_issue(two_lists.app.publishing, two_lists.add_issue("Another", lists=("open",)))
    assert "because you subscribed to Open." in " ".join(alone.text.split())


def test_the_readers_of_the_last_issue_are_compared_in_any_order_of_lists(
    two_lists: Installation,
) -> None:
    require_approval(two_lists, "strict", is_on=False)
    before = two_lists.add_issue(lists=("open", "strict"))
    pipeline.publish_issue(two_lists.app.publishing, before)
    two_lists.submit_all()
    other = load(two_lists, two_lists.add_issue("Another", lists=("strict", "open")))
    with two_lists.app.database.read() as connection:
        assert readers_before(connection, other) == 2


def test_a_reader_who_was_sent_the_last_issue_again_counts_once(two_lists: Installation) -> None:
    before = two_lists.add_issue(lists=("open",))
    pipeline.publish_issue(two_lists.app.publishing, before)
    two_lists.submit_all()
    two_lists.subscribe(["late@example.org"], "open")
    again = ["open@example.org", "late@example.org"]
    resend(two_lists.app, before, again, again=True, by=OPERATOR)
    two_lists.submit_all()
    other = load(two_lists, two_lists.add_issue("Another", lists=("open",)))
    with two_lists.app.database.read() as connection:
        assert readers_before(connection, other) == 1


def test_a_schedule_leaves_out_the_readers_of_its_not_list(two_lists: Installation) -> None:
    two_lists.subscribe(["both@example.org"], "open")
    two_lists.subscribe(["both@example.org"], "strict")
    rule = AudienceRule(lists=("open",), minus=("strict",))
    prepared(two_lists, approval=Approval.AUTO, audience=rule)
    tick_at(two_lists, SLOT)
    assert two_lists.mailed() == ["open@example.org"]
