"""
What is frozen is what was rendered: an edit that comes in between is in the mail, or voids the
approval.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from installation import Installation

from newsletter.errors import Refused
from newsletter.issues import approval
from newsletter.issues.context import PublishingContext
from newsletter.issues.selection import shown
from newsletter.model.brief import BriefStatus
from newsletter.pipeline import publish_issue
from newsletter.store.content import edits
from newsletter.store.content.briefs import set_status
from newsletter.store.issues import issues


def edit_brief(installation: Installation, words: str) -> None:
    stored = installation.stored_briefs()[0]
    edited = dataclasses.replace(
        stored.brief, body_html=f"<p>{words}</p>", body_text=words, title="The Quiet Harbour"
    )
    with installation.app.database.write() as connection:
        edits.edit_brief(connection, stored.id, edited, now=installation.now)


def editing(
    installation: Installation, words: Callable[[int], str], *, times: int
) -> PublishingContext:
    """
    The context of *installation*, on which somebody edits the brief between rendering and freeze.
    """
    done: list[str] = []

    def on_step(step: str) -> None:
        if step == "freeze.before" and len(done) < times:
            done.append(step)
            edit_brief(installation, words(len(done)))

    return dataclasses.replace(installation.app.publishing, on_step=on_step)


def mailed_text(installation: Installation) -> str:
    installation.submit_all()
    body = installation.mails()[0].get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def test_an_edit_between_rendering_and_freeze_is_in_the_mail(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue()
    publish_issue(editing(installation, lambda n: "Everybody left the quay.", times=1), issue_id)
    assert "Everybody left the quay." in mailed_text(installation)


def test_an_edit_between_approval_and_freeze_voids_the_approval(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue()
    approval.approve(installation.app.publishing, issue_id)
    with pytest.raises(Refused, match="changed since it was approved"):
        publish_issue(editing(installation, lambda n: "Everybody left.", times=1), issue_id)
    assert (installation.state(issue_id), installation.mailed()) == ("approved", [])


def test_an_issue_whose_briefs_change_all_the_time_is_not_sent(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue()
    with pytest.raises(Refused, match="briefs of issue 1 keep changing"):
        publish_issue(editing(installation, lambda n: f"Version {n}.", times=9), issue_id)
    assert (installation.state(issue_id), installation.counts(issue_id)["audience"]) == ("draft", 0)


def test_a_brief_that_is_held_between_the_check_and_the_freeze_goes_out_nowhere(
    installation: Installation,
) -> None:
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue()

    def on_step(step: str) -> None:
        if step == "freeze.before":
            (stored,) = installation.stored_briefs()
            with installation.app.database.write() as connection:
                set_status(connection, [stored.id], BriefStatus.HELD, reason="not true")

    with pytest.raises(Refused, match=r"held.*not true"):
        publish_issue(dataclasses.replace(installation.app.publishing, on_step=on_step), issue_id)
    assert (installation.state(issue_id), installation.mailed()) == ("draft", [])


def test_an_order_changed_between_rendering_and_freeze_is_that_of_the_mail(
    installation: Installation,
) -> None:
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue("First", "Second")
    done: list[str] = []

    def on_step(step: str) -> None:
        if step == "freeze.before" and not done:
            done.append(step)
            with installation.app.database.write() as connection:
                ids = [brief.brief_id for brief in issues.chosen_briefs(connection, issue_id)]
                issues.set_briefs(connection, issue_id, shown(ids[::-1]))

    publish_issue(dataclasses.replace(installation.app.publishing, on_step=on_step), issue_id)
    installation.submit_all()
    assert installation.mails()[0]["Subject"] == "Daily: Second"


def test_an_issue_whose_last_reader_left_is_not_sent_to_nobody(installation: Installation) -> None:
    installation.add_list()
    (reader,) = installation.add_readers(1)
    issue_id = installation.add_issue()
    installation.unsubscribe(reader)
    with pytest.raises(Refused, match="has no recipients: its lists have no active subscribers"):
        publish_issue(installation.app.publishing, issue_id)
    assert installation.state(issue_id) == "draft"


def test_a_brief_that_holds_a_row_of_zeros_is_approved_and_sent(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue()
    edit_brief(installation, "The ship's number is 00000000-0000-0000-0000-000000000000.")
    approval.approve(installation.app.publishing, issue_id)
    publish_issue(installation.app.publishing, issue_id)
    assert "0000-000000000000" in mailed_text(installation)


def test_an_approval_that_became_void_can_be_given_anew(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(1)
    issue_id = installation.add_issue()
    approval.approve(installation.app.publishing, issue_id)
    edit_brief(installation, "Everybody left the quay.")
    with pytest.raises(Refused, match="changed since it was approved"):
        publish_issue(installation.app.publishing, issue_id)
    approval.approve(installation.app.publishing, issue_id)
    publish_issue(installation.app.publishing, issue_id)
    assert "Everybody left the quay." in mailed_text(installation)
