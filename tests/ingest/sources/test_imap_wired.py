"""
A mailbox over IMAP in a whole installation: added, polled, its briefs held.
"""

from __future__ import annotations

import logging

import pytest
from imap_server import PASSWORD, ImapServer
from installation import Installation
from mails import mail

from newsletter import pipeline
from newsletter.cli import main

TEXT = "The council of Orrin taxed every lantern that burns past midnight, by nine to two."
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def location(server: ImapServer) -> str:
    return f"imap://sam%40example.org@127.0.0.1:{server.port}/INBOX"


def test_briefs_that_came_over_imap_are_held(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with ImapServer() as server:
        installation.add_source("post", "mailbox", location(server), key="env:MAIL_PASSWORD")
        server.put(mail(TEXT, number=1))
        [first] = pipeline.collect_sources(installation.app.publishing, ["post"])
        server.put(mail(TEXT.replace("nine", "ten"), number=2))
        server.uidvalidity += 1
        [second] = pipeline.collect_sources(installation.app.publishing, ["post"])
    assert (first.recorded, first.held) == (("<1@example.net>",), ())
    assert (second.unchanged, second.held) == (("<1@example.net>",), ("<2@example.net>",))


def test_a_source_without_a_password_says_what_is_missing(installation: Installation) -> None:
    installation.add_source("post", "mailbox", "imaps://sam@mail.example.org")
    [report] = pipeline.collect_sources(installation.app.publishing, ["post"])
    line = "post has no password: give the source a key (env:NAME or file:PATH)"
    assert report.error == line


def test_neither_log_nor_report_contains_user_or_password(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "wr\u00f6ng")
    caplog.set_level(logging.DEBUG)
    with ImapServer() as server:
        installation.add_source("post", "mailbox", location(server), key="env:MAIL_PASSWORD")
        [report] = pipeline.collect_sources(installation.app.publishing, ["post"])
    said = f"{report.error} {caplog.text}"
    assert "refused the login" in said
    assert [word for word in ("sam", "wr\u00f6ng", PASSWORD) if word in said] == []


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        (
            "imaps://sam:secret@mail.example.org/",
            "the IMAP address contains a password: take it out",
        ),
        ("imaps://mail.example.org/", "imaps://USER@HOST/FOLDER"),
    ],
)
def test_an_invalid_address_is_wrong_usage(
    installation: Installation, capsys: pytest.CaptureFixture[str], place: str, reason: str
) -> None:
    config = installation.folder / "elsewhere.toml"
    config.write_text('[database]\nurl = "sqlite:///elsewhere.db"\n')
    with pytest.raises(SystemExit):
        main(["migrate", "--config", str(config)])
    with pytest.raises(SystemExit) as ended:
        main(["source", "add", "post", "mailbox", place, "--config", str(config)])
    said = " ".join(capsys.readouterr().err.replace("│", "").split())
    assert (ended.value.code, reason in said, "secret" in said) == (2, True, False)
