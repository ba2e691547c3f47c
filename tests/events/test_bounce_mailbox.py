"""
Bounce mailboxes read by a serving process: a failing one is logged once and delays no other.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation
from issue_samples import make_recipient

from newsletter.app import App
from newsletter.errors import SourceError
from newsletter.events.bounce_mailbox import BounceCounts, BounceMailbox
from newsletter.model.event import Event, EventKind
from newsletter.providers.smtp.bounce_reports import PARSE_BOUNCE, parse_bounce, read_bounce
from newsletter.providers.smtp.verp import ReturnPaths
from newsletter.providers.webhooks import NoWebhooks
from newsletter.settings import Settings
from newsletter.store.tables import webhook_inbox

REPORT = b"a report"


def ends_nothing(subscription_id: int) -> bool:
    return False


class ReportReceiver(NoWebhooks):
    """
    Finds a report in every mail that is one.
    """

    def events(self, raw: bytes) -> list[Event]:
        return [Event(kind=EventKind.BOUNCED_HARD, at=None)] if raw == REPORT else []


class SmtpReportReceiver(NoWebhooks):
    """
    Finds reports as an SMTP provider with those return paths does.
    """

    def __init__(self, paths: ReturnPaths) -> None:
        self.paths = paths

    def events(self, raw: bytes) -> list[Event]:
        return read_bounce(raw, self.paths, parse_bounce)


REPORT_OF_A_SERVER = """\
To: {path}
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Action: failed
Status: 5.1.1
--b--
"""


class TwoMailboxes:
    """
    Two mailboxes, of which one may be unreachable.
    """

    def __init__(self) -> None:
        self.is_away = True
        self.taken = 0

    def near(self) -> Iterator[bytes]:
        self.taken += 1
        yield REPORT

    def far(self) -> Iterator[bytes]:
        if self.is_away:
            raise SourceError("mail.example could not be reached")
        yield b"a letter"


@pytest.fixture
def boxes() -> TwoMailboxes:
    return TwoMailboxes()


@pytest.fixture
def returned(installation: Installation, boxes: TwoMailboxes) -> BounceMailbox:
    return BounceMailbox(
        database=installation.app.database,
        receivers={"relay": ReportReceiver()},
        mailboxes={"bounce mailbox of far": boxes.far, "bounce mailbox of relay": boxes.near},
        subscription_in=lambda raw: None,
        clock=lambda: installation.now,
    )


def test_a_box_out_of_reach_is_told_once_and_the_others_are_read(
    returned: BounceMailbox, boxes: TwoMailboxes, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.ERROR)
    for is_away in (True, True, False, True):
        boxes.is_away = is_away
        returned.fetch(ends_nothing)
    assert (
        caplog.messages
        == ["the bounce mailbox of far cannot be read: mail.example could not be reached"] * 2
    )
    assert boxes.taken == 4


def test_a_mail_that_no_parser_gets_through_keeps_no_report_waiting(
    installation: Installation, caplog: pytest.LogCaptureFixture
):
    paths = ReturnPaths("bounces@example.org", lambda purpose: ("0123456789abcdef",))
    label = "i1-d2.0123456789"
    reader = make_recipient(message_id=f"<{label}@example.org>")
    # 180 KB that anybody may send to where the bounces go; a reader knows a return path too.
    deep = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(3_000)
    )
    path = paths.path_of(reader)
    report = REPORT_OF_A_SERVER.format(path=path).encode()
    from_a_reader = f"To: {path}\r\n{deep}".encode()
    returned = BounceMailbox(
        database=installation.app.database,
        receivers={"relay": SmtpReportReceiver(paths)},
        mailboxes={"relay": lambda: [deep.encode(), from_a_reader, report]},
        subscription_in=lambda raw: None,
        clock=lambda: installation.now,
    )
    returned.fetch(ends_nothing)
    with installation.app.database.read() as connection:
        kept = connection.execute(webhook_inbox.select()).all()
    assert [row.raw for row in kept] == [report]
    assert caplog.messages == [
        "an email in the bounce mailbox crashed the adapter of relay and is skipped"
    ]


def test_only_reports_are_kept_and_each_once(installation: Installation, returned: BounceMailbox):
    assert returned.read([REPORT, b"a letter", REPORT], ends_nothing) == BounceCounts(
        read=3, new=1, known=1, other=1
    )
    with installation.app.database.read() as connection:
        kept = connection.execute(webhook_inbox.select()).all()
    assert [(row.provider, row.raw) for row in kept] == [("relay", REPORT)]


def test_a_bounce_is_parsed_where_no_rendering_waits_for_it(tmp_path: Path) -> None:
    with App(settings=Settings(folder=tmp_path)) as app:
        raw = base64.b64encode(b"Subject: x\n\ny").decode()
        found = app.provider_registry.call_sandbox(PARSE_BOUNCE, raw)
        assert found["event"] is None
        assert "_own_sandbox" not in vars(app)
