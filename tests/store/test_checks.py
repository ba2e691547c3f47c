"""
The findings of the last preflight check are stored with the issue.
"""

from __future__ import annotations

import threading

import pytest
from installation import Installation

from newsletter import pipeline
from newsletter.errors import Refused
from newsletter.model.check import Finding, Level
from newsletter.store.issues import preflight

FOUND = [Finding("subject", Level.WARNING, "it is all in capitals: write it as a sentence")]


def test_two_processes_that_let_go_of_one_issue_both_keep_what_they_found(
    installation: Installation,
) -> None:
    installation.add_list()
    issue_id = installation.add_issue()
    kept: list[str] = []

    def keep(why: str) -> None:
        with installation.app.database.write() as connection:
            preflight.store_check(
                connection, issue_id, FOUND, override_reason=why, now=installation.now
            )
        kept.append(why)

    other = threading.Thread(target=keep, args=["the second"])
    with installation.app.database.write() as connection:
        preflight.store_check(
            connection, issue_id, FOUND, override_reason="the first", now=installation.now
        )
        other.start()
        other.join(0.2)
    other.join(10)
    assert kept == ["the second"]
    with installation.app.database.read() as connection:
        found = preflight.load_check(connection, issue_id)
    assert found is not None
    assert found.override_reason == "the second"


def test_a_test_mail_that_was_refused_is_none_that_was_sent(installation: Installation) -> None:
    installation.add_list()
    issue_id = installation.add_issue(subject="Re: the quiet harbour, once more")
    with pytest.raises(Refused, match="cannot be sent"):
        pipeline.queue_test(installation.app.publishing, issue_id, ["me@example.org"])
    with installation.app.database.read() as connection:
        assert not preflight.is_tested(connection, issue_id)
