"""
A mailbox in a whole installation: our own issues never become briefs, and what anybody can send
waits for a decision.
"""

from __future__ import annotations

import os

import pytest
from imap_server import PASSWORD, ImapServer
from installation import Installation
from mails import mail

from newsletter.model.brief import BriefStatus
from newsletter.model.source import CollectReport, FirstPoll
from newsletter.pipeline import collect_sources, publish_issue
from newsletter.store.content import briefs

TEXT = "The council of Orrin taxed every lantern that burns past midnight, by nine to two."
OTHER = TEXT.replace("nine to two", "two to nine")
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def put(installation: Installation, name: str, raw: bytes) -> None:
    """
    Put a mail that was written long ago into the folder of mails.
    """
    path = installation.folder / "box" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(raw)
    os.utime(path, (0, 0))


def our_issue(installation: Installation) -> bytes:
    installation.add_list("daily")
    installation.add_readers(1)
    publish_issue(installation.app.publishing, installation.add_issue())
    installation.submit_all()
    [path] = (installation.folder / "outbox").glob("*.eml")
    return path.read_bytes()


def collect(installation: Installation) -> CollectReport:
    [report] = collect_sources(installation.app.publishing, ["post"])
    assert report.error is None
    return report


def statuses(installation: Installation) -> list[tuple[str, BriefStatus]]:
    return [(stored.brief.body_text, stored.status) for stored in installation.stored_briefs()]


def test_our_own_issue_in_a_mailbox_is_not_a_brief(installation: Installation) -> None:
    put(installation, "issue.eml", our_issue(installation))
    installation.add_source("post", "mailbox", "box", first_poll=FirstPoll.NEW)
    report = collect(installation)
    assert report == CollectReport(
        source="post", notes=("issue.eml: one of this newsletter's own emails, left out",)
    )


def test_our_own_issue_on_an_imap_server_is_not_a_brief(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with ImapServer() as server:
        server.put(our_issue(installation))
        place = f"imap://sam%40example.org@127.0.0.1:{server.port}/INBOX"
        installation.add_source("post", "mailbox", place, key="env:MAIL_PASSWORD")
        assert collect(installation).notes == (
            "email 1: one of this newsletter's own emails, left out",
        )


def test_a_mail_of_another_list_of_this_host_may_be_a_brief(installation: Installation) -> None:
    installation.add_list("daily")
    put(installation, "a.eml", mail(TEXT, headers="List-Id: <desk.news.example.org>\n"))
    put(installation, "b.eml", mail(OTHER, number=2, headers="List-Id: <daily.news.example.org>\n"))
    installation.add_source("post", "mailbox", "box", first_poll=FirstPoll.NEW)
    assert collect(installation).held == ("<1@example.net>",)


def test_the_first_mails_of_a_mailbox_are_held_even_if_the_first_poll_is_new(
    installation: Installation,
) -> None:
    put(installation, "a.eml", mail(TEXT))
    installation.add_source("post", "mailbox", "box", first_poll=FirstPoll.NEW)
    report = collect(installation)
    assert (report.new, report.held) == ((), ("<1@example.net>",))
    assert statuses(installation) == [(TEXT, BriefStatus.HELD)]


def test_another_mail_with_the_id_of_a_released_one_is_held_again(
    installation: Installation,
) -> None:
    put(installation, "a.eml", mail(TEXT))
    installation.add_source("post", "mailbox", "box", first_poll=FirstPoll.NEW)
    collect(installation)
    [stored] = installation.stored_briefs()
    with installation.app.database.write() as connection:
        briefs.set_status(connection, [stored.id], BriefStatus.NEW, reason="freed")
    assert (collect(installation).notes, statuses(installation)) == ((), [(TEXT, BriefStatus.NEW)])
    put(installation, "a.eml", mail(OTHER))
    notes = ("<1@example.net>: held, came by email again, with different content",)
    assert (collect(installation).notes, statuses(installation)) == (
        notes,
        [(OTHER, BriefStatus.HELD)],
    )
