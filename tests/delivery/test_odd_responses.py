"""
A result that cannot be recorded because of a bug ends no process: its recipients are uncertain,
and its issue waits for a person.
"""

from __future__ import annotations

import datetime as dt

from installation import Installation
from scripted_provider import (
    ACCEPTED,
    LOOKS_UP,
    UNCERTAIN,
    Scripted,
    all_of,
    each,
    sending,
    states,
    submit_next,
)

from newsletter import pipeline
from newsletter.model.delivery import Receipt, ReceiptKind
from newsletter.model.issue import IssueState
from newsletter.store.issues import issues

# Half of a pair, which UTF-8 has not: no database can hold it.
ODD = Receipt(kind=ReceiptKind.REJECTED, reason="no such \ud800")


def test_a_result_that_cannot_be_recorded_leaves_its_call_uncertain_and_pauses_its_issue(
    installation: Installation,
) -> None:
    answers = [each(ACCEPTED, ODD), *[all_of(ACCEPTED)] * 2]
    issue_id, dispatcher = sending(installation, Scripted(answers), readers=4)
    other = installation.add_issue("Another")
    pipeline.publish_issue(installation.app.publishing, other)
    while submit_next(dispatcher):
        pass
    assert states(installation, issue_id) == {"uncertain": 2, "pending": 2}
    assert states(installation, other) == {"accepted": 4}
    with installation.app.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
    assert (issue.state, issue.pause_reason) == (
        IssueState.PAUSED,
        "the result of batch 1 could not be recorded because of a bug: see the log and report it",
    )


def test_a_look_up_whose_answer_cannot_be_kept_keeps_nobody_else_waiting(
    installation: Installation,
) -> None:
    provider = Scripted([all_of(UNCERTAIN)], capabilities=LOOKS_UP, looked_up=[ODD, ACCEPTED])
    issue_id, dispatcher = sending(installation, provider)
    submit_next(dispatcher)
    installation.now += dt.timedelta(minutes=1)
    installation.submit_all(until=lambda: True)
    assert states(installation, issue_id) == {"uncertain": 2}
    provider.looked_up = [ACCEPTED, ACCEPTED]
    installation.now += dt.timedelta(minutes=20)
    installation.submit_all(until=lambda: True)
    assert states(installation, issue_id) == {"accepted": 2}
