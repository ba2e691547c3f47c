"""
An issue in the browser whose briefs changed after it was frozen.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import logging

import pytest
import sqlalchemy as sa
from corrected_issue import DAY, edit, sent
from installation import Installation

from newsletter.issues.context import PublishingContext
from newsletter.issues.corrections import Archive, ArchivedIssue
from newsletter.store.delivery import freeze


def look(
    installation: Installation,
    issue_id: int,
    *,
    context: PublishingContext | None = None,
    as_sent: bool = False,
) -> ArchivedIssue:
    with installation.app.database.read() as connection:
        frozen = freeze.load_mail(connection, issue_id)
    assert frozen is not None
    return Archive(context or installation.app.publishing).show(
        issue_id, frozen[0], as_sent=as_sent
    )


def counted(installation: Installation) -> tuple[PublishingContext, list[str]]:
    """
    The publishing context with a sandbox that records its calls.
    """
    calls: list[str] = []

    class Counting:
        def call(self, function: str, *arguments: object) -> object:
            calls.append(function)
            return installation.app.sandbox.call(function, *arguments)

    return dataclasses.replace(installation.app.publishing, sandbox=Counting()), calls  # type: ignore[arg-type]


def test_an_issue_whose_briefs_did_not_change_is_shown_as_sent(installation: Installation) -> None:
    issue_id = sent(installation)
    shown = look(installation, issue_id)
    assert (shown.changed, shown.is_corrected, shown.is_waiting) == ((), False, False)


def test_a_changed_brief_is_shown_corrected_and_the_mail_stays(installation: Installation) -> None:
    issue_id = sent(installation, "The Quiet Harbour", "The Loud Quay")
    before = look(installation, issue_id, as_sent=True).mail
    edit(installation, title="The Quieter Harbour")
    shown = look(installation, issue_id)
    assert [(one.title, one.changed_at) for one in shown.changed] == [
        ("The Quieter Harbour", installation.now)
    ]
    assert shown.is_corrected
    assert "The Quieter Harbour" in shown.mail.html
    assert shown.mail.html.count("Corrected March 5, 2026") == 1
    assert shown.mail.text.count("Corrected March 5, 2026") == 1
    assert look(installation, issue_id, as_sent=True).mail == before


def test_a_corrected_page_is_rendered_once_an_edit(installation: Installation) -> None:
    issue_id = sent(installation)
    context, calls = counted(installation)
    edit(installation, title="Second")
    first = look(installation, issue_id, context=context)
    asked = len(calls)
    assert (look(installation, issue_id, context=context), len(calls)) == (first, asked)
    installation.now += DAY
    edit(installation, title="Third")
    assert "Third" in look(installation, issue_id, context=context).mail.html
    assert len(calls) == 2 * asked


def test_an_edit_taken_back_is_not_marked(installation: Installation) -> None:
    issue_id = sent(installation, "The Quiet Harbour", "The Loud Quay")
    edit(installation, 1, title="Wrong")
    edit(installation, 2, title="The Louder Quay")
    assert "Wrong" in look(installation, issue_id).mail.html
    installation.now += DAY
    edit(installation, 1, title="The Quiet Harbour")
    shown = look(installation, issue_id)
    assert [one.title for one in shown.changed] == ["The Louder Quay"]
    assert "Wrong" not in shown.mail.html
    edit(installation, 2, title="The Loud Quay")
    assert look(installation, issue_id).changed == ()


def test_a_new_series_or_picture_text_is_a_change(installation: Installation) -> None:
    issue_id = sent(installation)
    for values in (
        {"series": "Coast Watch"},
        {"image_alt": "A quay"},
        {"date": dt.date(2026, 3, 3)},
    ):
        edit(installation, **values)
        assert len(look(installation, issue_id).changed) == 1
        edit(installation, series="IntelBrief", image_alt="", date=dt.date(2026, 3, 4))
        assert look(installation, issue_id).changed == ()


def test_a_correction_that_cannot_be_rendered_shows_what_was_sent(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    issue_id = sent(installation)
    edit(installation, title="Corrected")
    with installation.app.database.write() as connection:
        connection.execute(sa.text("UPDATE issue SET template = 'gone'"))
    with caplog.at_level(logging.WARNING):
        shown = look(installation, issue_id)
    assert (shown.is_corrected, shown.is_waiting) == (False, True)
    assert "The Quiet Harbour" in shown.mail.html
    assert [r.__dict__["event"] for r in caplog.records] == ["correction.failed"]


def test_a_rendering_that_failed_is_tried_again_after_a_minute(installation: Installation) -> None:
    issue_id = sent(installation)
    edit(installation, title="Corrected")
    archive = Archive(installation.app.publishing)
    mail = look(installation, issue_id, as_sent=True).mail

    def is_waiting(template: str) -> bool:
        with installation.app.database.write() as connection:
            connection.execute(sa.text("UPDATE issue SET template = :t").bindparams(t=template))
        return archive.show(issue_id, mail, as_sent=False).is_waiting

    assert is_waiting("gone")
    assert is_waiting("intelbrief")
    installation.now += dt.timedelta(minutes=1)
    assert not is_waiting("intelbrief")
