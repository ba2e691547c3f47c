"""
A process that may open no further file at the moment draws no conclusions from that.
"""

from __future__ import annotations

import errno
import zoneinfo
from pathlib import Path

import pytest
from installation import Installation
from no_free_files import no_free_files
from scripted_provider import ACCEPTED, Scripted, all_of, sending

from newsletter import pipeline
from newsletter.ingest.parsing.fields import dates
from newsletter.mail.templating.files import gather_templates
from newsletter.mail.templating.translations import read_translations
from newsletter.model.delivery import Provider
from newsletter.model.issue import IssueState
from newsletter.scheduling.slots import known_zones
from newsletter.settings.named_secret import read_secret
from newsletter.store.issues import issues


def test_a_time_zone_is_not_unknown() -> None:
    # Another test may have read the zones.
    zoneinfo.ZoneInfo.clear_cache()
    dates.zone.cache_clear()
    with no_free_files():
        with pytest.raises(OSError, match="Too many open files"):
            known_zones(["Pacific/Chatham"])
        with pytest.raises(OSError, match="Too many open files"):
            dates.zone("Pacific/Marquesas")
    assert known_zones(["Pacific/Chatham"]) == ["Pacific/Chatham"]
    assert str(dates.zone("Pacific/Marquesas")) == "Pacific/Marquesas"


def test_neither_a_template_nor_a_secret_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("k3y")
    with no_free_files():
        with pytest.raises(OSError, match="Too many open files"):
            gather_templates((), "digest")
        with pytest.raises(OSError, match="Too many open files"):
            read_translations((), "fr")
        with pytest.raises(OSError, match="Too many open files"):
            read_secret("file:key", tmp_path)


def test_an_issue_that_is_due_waits_and_does_not_become_a_draft(installation: Installation) -> None:
    installation.add_list()
    installation.add_readers(2)
    issue_id = installation.add_issue()
    with installation.app.database.write() as connection:
        issues.move_issue(connection, issue_id, IssueState.SCHEDULED, send_at=installation.now)
    with no_free_files():
        pipeline.resume(installation.app.publishing)
    assert installation.state(issue_id) is IssueState.SCHEDULED
    pipeline.resume(installation.app.publishing)
    installation.submit_all()
    assert len(installation.mailed()) == 2


def test_a_batch_whose_provider_cannot_be_opened_now_is_tried_again(
    installation: Installation,
) -> None:
    issue_id, dispatcher = sending(installation, Scripted([all_of(ACCEPTED)]), readers=2)
    opened = dispatcher.provider_named

    def not_now(name: str) -> Provider:
        raise OSError(errno.EMFILE, "Too many open files")

    dispatcher.provider_named = not_now
    with pytest.raises(OSError, match="Too many open files"):
        dispatcher.prepare_next()
    dispatcher.provider_named = opened
    dispatcher.release_interrupted()
    assert dispatcher.prepare_next() is not None
    assert installation.state(issue_id) is IssueState.SENDING
