"""
What becomes of an issue whose briefs change after it was frozen: its page, and its correction.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from corrected_issue import DAY, edit, send, sent
from installation import Installation
from scheduled_installation import BRIEF, MORNING, put_brief, scheduled

from newsletter import pipeline
from newsletter.errors import Refused
from newsletter.issues.corrections import make_correction
from newsletter.issues.rendering import render_issue
from newsletter.model.issue import AudienceRule, IssueState
from newsletter.store.content import briefs
from newsletter.store.content.sent_briefs import sent_singly
from newsletter.store.issues import corrections, issues
from newsletter.workers.scheduler import tick


def test_a_correction_has_all_of_the_issue_but_its_number(installation: Installation) -> None:
    issue_id = sent(installation, "The Quiet Harbour", "The Loud Quay")
    edit(installation, 2, title="The Louder Quay")
    made = make_correction(installation.app.publishing, issue_id)
    with installation.app.database.read() as connection:
        old, new = issues.load_issue(connection, issue_id), issues.load_issue(connection, made)
        assert issues.chosen_briefs(connection, made) == issues.chosen_briefs(connection, issue_id)
    assert new == dataclasses.replace(
        old,
        number=None,
        id=made,
        state=IssueState.DRAFT,
        frozen_at=None,
        submitted_at=None,
        audience=AudienceRule(lists=("daily",), sent_to_issue=issue_id),
        subject="Correction: Daily: The Quiet Harbour",
        intro="We have corrected “The Louder Quay” since we sent it to you.",
        created_at=installation.now,
        frozen_epoch="",
    )


def test_a_correction_can_be_corrected_for_those_who_got_it(installation: Installation) -> None:
    issue_id = sent(installation)
    edit(installation, title="Second")
    first = make_correction(installation.app.publishing, issue_id)
    send(installation, first)
    installation.now += DAY
    edit(installation, title="Third")
    second = make_correction(installation.app.publishing, first)
    with installation.app.database.read() as connection:
        made = issues.load_issue(connection, second)
    assert made.audience == AudienceRule(lists=("daily",), sent_to_issue=first)
    assert made.subject == "Correction: The Quiet Harbour"
    assert "Corrected March 6, 2026" in render_issue(installation.app.publishing, second).text


def move(state: IssueState) -> Callable[[Installation, int], None]:
    def put(installation: Installation, issue_id: int) -> None:
        with installation.app.database.write() as connection:
            connection.execute(
                sa.text("UPDATE issue SET state = :s WHERE id = :i").bindparams(s=state, i=issue_id)
            )

    return put


def correct_and_send(installation: Installation, issue_id: int) -> None:
    send(installation, make_correction(installation.app.publishing, issue_id))


@pytest.mark.parametrize(
    ("first", "line"),
    [
        (move(IssueState.SENDING), "issue 1 is being sent: wait until it is submitted"),
        (move(IssueState.PAUSED), "issue 1 is paused: wait until it is resumed and submitted"),
        (move(IssueState.DRAFT), "issue 1 is a draft and was not sent: edit it instead"),
        (
            lambda installation, issue_id: edit(installation, title="The Quiet Harbour"),
            "nothing in issue 1 changed since it was sent: edit the brief first with "
            "`newsletter brief edit 1`",
        ),
        (
            lambda installation, issue_id: make_correction(installation.app.publishing, issue_id),
            "issue 2 already corrects issue 1 (state: draft): see `newsletter issue show 2`",
        ),
        (
            correct_and_send,
            "nothing changed since issue 2 corrected issue 1: edit the brief first with "
            "`newsletter brief edit N`",
        ),
    ],
)
def test_what_cannot_be_corrected_is_refused_in_one_line(
    installation: Installation, first: Callable[[Installation, int], None], line: str
) -> None:
    issue_id = sent(installation)
    edit(installation, title="The Quieter Harbour")
    first(installation, issue_id)
    with pytest.raises(Refused) as refused:
        make_correction(installation.app.publishing, issue_id)
    assert str(refused.value) == line


def test_a_test_mail_cannot_be_corrected(installation: Installation) -> None:
    issue_id = sent(installation)
    test_id = pipeline.queue_test(installation.app.publishing, issue_id, ["editor@example.org"])
    installation.submit_all()
    edit(installation, title="The Quieter Harbour")
    with pytest.raises(Refused, match=f"issue {test_id} is a test email: correct the issue"):
        make_correction(installation.app.publishing, test_id)


def test_merge_fields_stay_fields_in_the_subject_and_a_title_never_becomes_one(
    installation: Installation,
) -> None:
    issue_id = sent(installation, "Up 5%%email%%")
    edit(installation, title="Up 6%%email%%")
    made = make_correction(installation.app.publishing, issue_id)
    with installation.app.database.read() as connection:
        draft = issues.load_issue(connection, made)
    assert draft.subject == "Correction: Up 5% %email% %"
    assert draft.intro == "We have corrected “Up 6% %email% %” since we sent it to you."
    typed = installation.add_issue("Another", subject="For %%first_name|you%%")
    send(installation, typed)
    edit(installation, 2, title="One more")
    made = make_correction(installation.app.publishing, typed)
    with installation.app.database.read() as connection:
        assert issues.load_issue(connection, made).subject == ("Correction: For %%first_name|you%%")


def test_a_correction_takes_no_brief_from_a_schedule_and_gives_none_back(
    installation: Installation,
) -> None:
    issue_id = sent(installation)
    rule = installation.add_schedule("other")

    def free() -> list[tuple[int, str]]:
        with installation.app.database.read() as connection:
            found = briefs.candidates(
                connection,
                sources=["by hand"],
                schedule_id=rule.id,
                readers=rule.readers,
                repeats=False,
            )
        return [(one.id, str(one.status)) for one in found]

    before = free()
    edit(installation, title="The Quieter Harbour")
    made = make_correction(installation.app.publishing, issue_id)
    assert (before, free()) == ([(1, "used")], [(1, "used")])
    send(installation, made)
    assert free() == before


def test_the_issues_to_correct_are_the_last_that_told_it_otherwise(
    installation: Installation,
) -> None:
    issue_id = sent(installation)

    def named() -> list[int]:
        with installation.app.database.read() as connection:
            return corrections.issues_to_correct(connection, 1)

    assert named() == []
    edit(installation, title="Second")
    assert named() == [issue_id]
    made = make_correction(installation.app.publishing, issue_id)
    assert named() == [issue_id]
    send(installation, made)
    assert named() == []
    edit(installation, title="Third")
    assert named() == [made]


def test_a_corrected_digest_of_one_brief_is_not_that_brief_sent_singly(
    installation: Installation,
) -> None:
    scheduled(installation)
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING
    tick(installation.app.publishing)
    installation.submit_all()
    edit(installation, title="The Quieter Quay")
    send(installation, make_correction(installation.app.publishing, 1))
    with installation.app.database.read() as connection:
        assert sent_singly(connection, AudienceRule(lists=("daily",))) == {}


def test_a_poll_that_changes_a_sent_brief_says_how_to_tell_its_readers(
    installation: Installation,
) -> None:
    scheduled(installation)
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.now = MORNING
    tick(installation.app.publishing)
    installation.submit_all()
    (file,) = (installation.folder / "briefs").iterdir()
    file.write_text(BRIEF.format(title="The Quieter Quay"))
    os.utime(file, (1, 1))
    (report,) = pipeline.collect_sources(installation.app.publishing, ["site"])
    (key,) = report.changed
    assert report.notes == (
        f"{key}: changed after issue 1 was sent; send a correction with "
        "`newsletter issue correct 1`",
    )
