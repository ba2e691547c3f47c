"""
Events that no webhook brought are fetched once a night, by one process; known ones have no effect.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
import sqlalchemy as sa
from installation import Installation
from webhook_calls import ReportedIssue, Talks, dispositions, reported_issue, suppressed

from newsletter.errors import ProviderError
from newsletter.events.backfill import CHUNK, BackfillCounts
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.event import EventKind
from newsletter.settings import ProviderSettings
from newsletter.store.tables import delivery

READER = "reader0000@example.org"
DAY = dt.timedelta(days=1)
NIGHT = dt.timedelta(hours=15)


class RememberingProvider(Talks):
    """
    Reports what is in `tells`; `asked` collects the times since when it was asked.
    """

    def __init__(self) -> None:
        super().__init__(answers=[])
        self.tells: list[bytes] = []
        self.asked: list[dt.datetime] = []
        self.breaks = False

    def events_since(self, since: dt.datetime) -> Iterator[bytes]:
        self.asked.append(since)
        yield from self.tells
        if self.breaks:
            raise ProviderError("bulk does not say what it told (HTTP 500): ask again later")


@pytest.fixture
def installation(
    tmp_path: Path, database_url: str, now: dt.datetime, warm_sandbox: Sandbox
) -> Iterator[Installation]:
    own = {"outbox": {"kind": "outbox"}}
    installation = Installation(tmp_path, database_url, now=now, sandbox=warm_sandbox, provider=own)
    yield installation
    installation.close()


@pytest.fixture
def provider() -> RememberingProvider:
    return RememberingProvider()


@pytest.fixture
def reported(installation: Installation, provider: RememberingProvider) -> ReportedIssue:
    """
    Send an issue to two readers through a provider that remembers a bounce of the first.
    """
    reported = reported_issue(installation, provider)
    provider.tells = [reported.body(0, EventKind.BOUNCED_HARD)]
    return reported


def asked_by_hand(installation: Installation, provider: RememberingProvider) -> BackfillCounts:
    found = BackfillCounts()
    installation.app.event_backfill.run("outbox", provider, found)
    while installation.app.event_processor.process_due():
        pass
    return found


def test_a_bounce_that_no_webhook_brought_suppresses_the_address(
    installation: Installation, provider: RememberingProvider, reported: ReportedIssue
) -> None:
    assert asked_by_hand(installation, provider) == BackfillCounts(read=1, new=1)
    assert reported.kinds(0) == {"bounced_hard"}
    assert suppressed(installation, READER) == [("bounce", "")]
    assert asked_by_hand(installation, provider) == BackfillCounts(read=1, known=1)


def test_what_a_webhook_has_told_already_is_not_even_kept(
    installation: Installation, provider: RememberingProvider, reported: ReportedIssue
) -> None:
    reported.says(0, EventKind.BOUNCED_HARD, Details="in other words", after_s=61)
    assert asked_by_hand(installation, provider) == BackfillCounts(read=1, known=1)
    assert dispositions(installation) == ["matched"]


def test_what_is_about_no_delivery_of_ours_is_left_alone(
    installation: Installation, provider: RememberingProvider, reported: ReportedIssue
) -> None:
    foreign = reported.body(0, EventKind.BOUNCED_HARD, Metadata={"delivery": "i1-d1.0123456789"})
    provider.tells = [foreign, orjson.dumps({"RecordType": "Bounce"}), b"no JSON"]
    assert asked_by_hand(installation, provider) == BackfillCounts(read=3, other=3)
    assert dispositions(installation) == []


def test_a_search_without_our_labels_is_matched_by_message_and_address(
    installation: Installation, provider: RememberingProvider, reported: ReportedIssue
) -> None:
    defaults = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "BouncedAt": installation.now.isoformat(),
    }
    message = provider_ids(reported)[0]
    theirs = {"MessageID": message, "Email": READER}
    others = {"MessageID": message, "Email": "reader0001@example.org"}
    provider.tells = [orjson.dumps(defaults | one) for one in (theirs, others)]
    assert asked_by_hand(installation, provider) == BackfillCounts(read=2, new=1, other=1)
    assert (reported.kinds(0), reported.kinds(1)) == ({"bounced_hard"}, set())


def provider_ids(reported: ReportedIssue) -> list[str]:
    """
    Give the messages of an issue provider ids, as the provider does.
    """
    names = [f"pm-{number}" for number in reported.numbers]
    with reported.installation.app.database.write() as connection:
        for number, name in zip(reported.numbers, names, strict=True):
            named = sa.update(delivery).where(delivery.c.id == number).values(provider_id=name)
            connection.execute(named)
    return names


def test_each_night_one_process_asks_for_two_days_and_no_other_does(
    installation: Installation, provider: RememberingProvider, reported: ReportedIssue
) -> None:
    for _ in range(3):
        installation.app.event_backfill.run_nightly()
    # Before the first night nothing was sent.
    assert provider.asked == []
    installation.now += NIGHT
    processes = [
        threading.Thread(target=installation.app.event_backfill.run_nightly) for _ in range(4)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert provider.asked == [installation.now - 2 * DAY]
    assert dispositions(installation) == [None]
    installation.now += DAY
    installation.app.event_backfill.run_nightly()
    assert len(provider.asked) == 2


@pytest.mark.parametrize(("off", "looked_back"), [(4, 5), (60, 10)])
def test_a_server_that_was_off_for_days_asks_for_all_of_them(
    installation: Installation,
    provider: RememberingProvider,
    reported: ReportedIssue,
    off: int,
    looked_back: int,
) -> None:
    installation.app.event_backfill.run_nightly()
    for days in (off, 1):
        installation.now += days * DAY
        installation.app.event_backfill.run_nightly()
    assert provider.asked == [
        installation.now - DAY - looked_back * DAY,
        installation.now - 2 * DAY,
    ]


def test_a_provider_that_cannot_be_opened_is_named_once_a_night(
    installation: Installation, reported: ReportedIssue, caplog: pytest.LogCaptureFixture
) -> None:
    installation.app.settings.provider["closed"] = ProviderSettings(
        kind="resend", api_key="env:NL_NONE"
    )
    installation.app.event_backfill.run_nightly()
    installation.now += NIGHT
    for _ in range(3):
        installation.app.event_backfill.run_nightly()
    lines = [r.getMessage() for r in caplog.records if "closed" in r.getMessage()]
    assert len(lines) == 1


def test_a_process_that_is_to_stop_asks_nobody_else(
    installation: Installation, provider: RememberingProvider, reported: ReportedIssue
) -> None:
    installation.app.settings.provider["other"] = ProviderSettings(kind="outbox")
    other = installation.app.providers["other"] = RememberingProvider()
    installation.app.event_backfill.run_nightly()
    installation.now += NIGHT
    installation.app.event_backfill.run_nightly(is_stopping=lambda: bool(provider.asked))
    assert (len(provider.asked), other.asked) == (1, [])
    # It is still to be asked this night.
    installation.app.event_backfill.run_nightly()
    assert (len(provider.asked), len(other.asked)) == (1, 1)


def test_a_search_that_breaks_keeps_what_it_told_and_is_asked_again_the_next_night(
    installation: Installation,
    provider: RememberingProvider,
    reported: ReportedIssue,
    caplog: pytest.LogCaptureFixture,
) -> None:
    installation.app.event_backfill.run_nightly()
    installation.now += NIGHT
    provider.breaks = True
    installation.app.event_backfill.run_nightly()
    assert dispositions(installation) == [None]
    assert [r.getMessage() for r in caplog.records if r.name == "newsletter.events.backfill"] == [
        "backfilled events of outbox that no webhook had reported: 1",
        "the events of outbox cannot be backfilled: bulk does not say what it told (HTTP 500): "
        "ask again later",
    ]
    installation.now += DAY
    installation.app.event_backfill.run_nightly()
    assert len(provider.asked) == 2


@pytest.mark.parametrize("ends", ["breaks", "is stopped"])
def test_the_nights_in_which_a_provider_could_not_be_asked_to_the_end_are_asked_about_later(
    installation: Installation, provider: RememberingProvider, reported: ReportedIssue, ends: str
) -> None:
    installation.app.event_backfill.run_nightly()
    provider.breaks = ends == "breaks"
    provider.tells *= CHUNK
    for _ in range(3):
        installation.now += DAY
        installation.app.event_backfill.run_nightly(
            is_stopping=lambda: ends != "breaks" and len(provider.asked) > 0
        )
        provider.asked.clear()
    provider.breaks = False
    installation.now += DAY
    for _ in range(2):
        installation.app.event_backfill.run_nightly()
        installation.now += DAY
    assert provider.asked == [installation.now - 7 * DAY, installation.now - 3 * DAY]
