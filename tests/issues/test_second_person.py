"""
Issues to many readers: somebody has to approve them who did not change them last.
"""

from __future__ import annotations

import pytest
from installation import Installation

from newsletter.actions.content import briefs
from newsletter.actions.issues import issue_delivery, issues
from newsletter.actions.people import lists
from newsletter.errors import Forbidden, Refused
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import (
    ALL_PERMISSIONS,
    OPERATOR,
    Actor,
    Channel,
    Permission,
    Role,
)
from newsletter.model.issue import AudienceRule

MARA = Actor(name="Mara", channel=Channel.WEB, staff_id=1)
# The same person, who has another name now.
MARA_AGAIN = Actor(name="Mara B.", channel=Channel.API, staff_id=1, token_id=4)
# Programs whose tokens one person has made.
WRITER, SENDER = (
    Actor(name=name, channel=Channel.API, token_id=number, token_maker="root")
    for number, name in ((7, "writer"), (8, "sender"))
)
BENO = Actor(name="Beno", channel=Channel.WEB, staff_id=2)


@pytest.fixture
def desk(installation: Installation) -> Installation:
    """
    A list with three readers, whose issues to more than two need a second person.
    """
    values = ListValues(second_person_above="2")
    lists.add(installation.app, "daily", "Daily", values, by=OPERATOR)
    installation.add_readers(3)
    installation.add_issue()
    return installation


def draft_of(desk: Installation, actor: Actor) -> int:
    rule, texts = AudienceRule(lists=("daily",)), issues.IssueTexts(subject="Hello")
    return issues.create_draft(desk.app, rule, briefs=[1], texts=texts, by=actor)


def send(desk: Installation, issue_id: int, actor: Actor) -> None:
    wanted = issue_delivery.prepare_send(
        desk.app, issue_id, at=None, fallback_provider=None, by=actor
    )
    check = issue_delivery.check_before_send(desk.app, wanted.issue, by=actor)
    issue_delivery.send(desk.app, check, by=actor)


def test_nobody_sends_alone_to_more_readers_than_the_list_allows(desk: Installation) -> None:
    number = draft_of(desk, MARA)
    with pytest.raises(Refused, match="goes to 3 readers, and to more than 2 only if"):
        send(desk, number, MARA)
    approved = issues.approve(desk.app, number, by=MARA)
    assert "who did not change it last" in approved.reason
    with pytest.raises(Refused, match="who did not change it last"):
        send(desk, number, MARA)
    issues.approve(desk.app, number, by=MARA_AGAIN)
    with pytest.raises(Refused, match="who did not change it last"):
        send(desk, number, MARA_AGAIN)


def test_it_is_sent_once_somebody_else_has_approved_it(desk: Installation) -> None:
    number = draft_of(desk, MARA)
    assert issues.approve(desk.app, number, by=BENO).reason == ""
    send(desk, number, MARA)
    desk.submit_all()
    assert len(desk.mails()) == 3


def test_whoever_changed_it_last_cannot_approve_it(desk: Installation) -> None:
    number = draft_of(desk, MARA)
    issues.edit_draft(desk.app, number, texts=issues.IssueTexts(intro="More."), by=BENO)
    issues.approve(desk.app, number, by=BENO)
    with pytest.raises(Refused, match="who did not change it last"):
        send(desk, number, MARA)
    briefs.edit(desk.app, 1, values={"title": "Another title"}, by=MARA)
    issues.approve(desk.app, number, by=MARA)
    with pytest.raises(Refused, match="who did not change it last"):
        send(desk, number, BENO)
    issues.approve(desk.app, number, by=BENO)
    send(desk, number, BENO)


def test_two_tokens_of_one_person_are_not_two_people(desk: Installation) -> None:
    number = draft_of(desk, WRITER)
    issues.approve(desk.app, number, by=SENDER)
    with pytest.raises(Refused, match="who did not change it last"):
        send(desk, number, SENDER)
    issues.approve(desk.app, number, by=Actor(name="root", channel=Channel.COMMAND_LINE))
    with pytest.raises(Refused, match="who did not change it last"):
        send(desk, number, SENDER)
    issues.approve(desk.app, number, by=BENO)
    send(desk, number, SENDER)


def test_a_smaller_audience_needs_nobody_else(desk: Installation) -> None:
    number = draft_of(desk, MARA)
    lists.edit(desk.app, "daily", ListValues(second_person_above="3"), by=OPERATOR)
    send(desk, number, MARA)
    desk.submit_all()
    assert len(desk.mails()) == 3


def test_the_lowest_number_of_an_issue_s_lists_counts(desk: Installation) -> None:
    lists.add(desk.app, "press", "Press", ListValues(second_person_above="900"), by=OPERATOR)
    rule, texts = AudienceRule(lists=("press", "daily")), issues.IssueTexts(subject="Hello")
    number = issues.create_draft(desk.app, rule, briefs=[1], texts=texts, by=MARA)
    with pytest.raises(Refused, match="more than 2 only if"):
        send(desk, number, MARA)


def test_only_an_owner_changes_the_limit(desk: Installation) -> None:
    editor = Actor(
        name="Mara", channel=Channel.WEB, staff_id=1, permissions=Role.EDITOR.permissions
    )
    for limit in ("", "1000000"):
        with pytest.raises(Forbidden, match="staff:write"):
            lists.edit(desk.app, "daily", ListValues(second_person_above=limit), by=editor)
    lists.edit(desk.app, "daily", ListValues(name="Every Day"), by=editor)


@pytest.mark.parametrize("missing", [Permission.ISSUES_SEND, Permission.ISSUES_APPROVE])
def test_whoever_approves_and_sends_at_once_may_do_both(
    desk: Installation, missing: Permission
) -> None:
    number = draft_of(desk, MARA)
    actor = Actor(
        name="a program", channel=Channel.API, permissions=ALL_PERMISSIONS - {missing}, token_id=9
    )
    with pytest.raises(Forbidden, match=missing):
        issues.approve_and_send(desk.app, number, by=actor, shown_sha256="")
