"""
A disk with next to no room, met by a person who waits for an issue.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from installation import Installation

from newsletter.cli.issues.wait import send_with_progress
from newsletter.cli.session import Session
from newsletter.errors import StoreError
from newsletter.pipeline import publish_issue


def test_whoever_waits_is_told_at_once_and_the_issue_goes_on_when_there_is_room(
    installation: Installation,
) -> None:
    installation.add_list()
    installation.add_readers(3)
    issue_id = installation.add_issue("The quiet quay")
    publish_issue(installation.app.publishing, issue_id)
    database = installation.app.database
    room, database.least_free = database.least_free, 2**62
    session = Session(config=Path("newsletter.toml"))
    if database.file is not None:
        with pytest.raises(StoreError, match="are needed: free some space"):
            send_with_progress(session, installation.app, issue_id)
        assert installation.state(issue_id) == "sending"
        assert installation.counts(issue_id)["pending"] == 3
    database.least_free = room
    send_with_progress(session, installation.app, issue_id)
    assert installation.counts(issue_id)["accepted"] == 3
