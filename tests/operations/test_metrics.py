"""
The figures of `/metrics` are those of the database, cost little, and name nobody.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from installation import Installation
from prometheus_client.parser import text_string_to_metric_families

from newsletter import pipeline
from newsletter.app import App
from newsletter.delivery.flow_control.circuit_breaker import CircuitBreaker
from newsletter.model.delivery import BatchResult, BatchState, Receipt, ReceiptKind
from newsletter.operations.last_backup import record_backup
from newsletter.operations.metrics.cached_collector import KEPT_S, SHARE_OF_TIME, CachedCollector
from newsletter.operations.metrics.log_events import EventCounter
from newsletter.operations.metrics.registry import Metrics
from newsletter.settings import Settings
from newsletter.store.events import inbox
from newsletter.store.flow_control import kill_switch, rate_limits
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.tables import batch, delivery, issue
from newsletter.workers.scheduler import tick

# For tests that are not about queries.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Samples = dict[tuple[str, tuple[str, ...]], float]


def samples(app: App) -> Samples:
    """
    Read all metrics of *app* again: by name, and by the values of their labels in
    the order of the labels' names.
    """
    families = text_string_to_metric_families(Metrics(app).as_text().decode())
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def value(installation: Installation, name: str, *labels: str) -> float:
    return samples(installation.app)[f"newsletter_{name}", labels]


@pytest.fixture
def frozen(installation: Installation) -> int:
    """
    Freeze an issue to three readers.
    """
    installation.add_list()
    installation.add_readers(3)
    issue_id = installation.add_issue()
    pipeline.publish_issue(installation.app.publishing, issue_id)
    return issue_id


def set_batch(installation: Installation, issue_id: int, **values: object) -> None:
    with installation.app.database.write() as connection:
        connection.execute(sa.update(batch).where(batch.c.issue_id == issue_id).values(**values))


def test_deliveries_are_counted_by_state(installation: Installation, frozen: int) -> None:
    assert value(installation, "deliveries", "pending") == 3
    assert value(installation, "queue_batches") == 1
    assert value(installation, "batches", "pending") == 1
    assert value(installation, "issues", "sending") == 1
    installation.submit_all()
    assert value(installation, "deliveries", "accepted") == 3
    assert value(installation, "deliveries", "pending") == 0
    assert value(installation, "queue_batches") == 0
    assert value(installation, "ledger_sum_error") == 0
    installation.now += dt.timedelta(hours=25)
    assert value(installation, "deliveries", "accepted") == 0


def test_an_old_batch_has_an_age(installation: Installation, frozen: int) -> None:
    installation.now += dt.timedelta(minutes=7)
    assert value(installation, "batch_oldest_seconds", "pending") == 420
    called_at = installation.now - dt.timedelta(minutes=2)
    set_batch(installation, frozen, state=BatchState.UNCERTAIN, call_started_at=called_at)
    assert value(installation, "batch_oldest_seconds", "uncertain") == 120
    assert value(installation, "uncertain_oldest_seconds") == 120
    assert value(installation, "deliveries", "uncertain") == 3
    not_before = installation.now - dt.timedelta(seconds=30)
    set_batch(installation, frozen, state=BatchState.WAITING, not_before=not_before)
    assert value(installation, "batch_oldest_seconds", "waiting") == 30
    assert value(installation, "uncertain_oldest_seconds") == 0


def test_one_uncertain_delivery_of_a_settled_batch_has_an_age(
    installation: Installation, frozen: int
) -> None:
    installation.submit_all()
    installation.now += dt.timedelta(minutes=11)
    with installation.app.database.write() as connection:
        first = sa.select(sa.func.min(delivery.c.id)).scalar_subquery()
        uncertain = sa.update(delivery).where(delivery.c.id == first).values(state="uncertain")
        connection.execute(uncertain)
    assert value(installation, "uncertain_oldest_seconds") == 660


@pytest.mark.parametrize(
    "values",
    [
        {"no": 77},
        {"state": "settled", "outcome": None},
        {"state": "pending", "outcome": None},
    ],
    ids=["without a batch", "without an outcome", "pending in a submitted issue"],
)
def test_a_delivery_that_contradicts_the_ledger_is_a_sum_error(
    installation: Installation, frozen: int, values: dict[str, object]
) -> None:
    installation.submit_all()
    set_batch(installation, frozen, **values)
    assert value(installation, "ledger_sum_error") == 3


@on_sqlite
def test_an_issue_that_has_ended_is_counted_once_until_it_changes(
    installation: Installation, frozen: int
) -> None:
    installation.submit_all()
    now_s = 0.0
    metrics = Metrics(installation.app, monotonic_s=lambda: now_s)
    queries: list[str] = []

    @sa.event.listens_for(installation.app.database.engine, "before_cursor_execute")
    def note(*arguments: object) -> None:
        queries.append(str(arguments[2]))

    def counts() -> int:
        nonlocal now_s
        now_s += 3600
        queries.clear()
        metrics.as_text()
        return sum("LEFT OUTER JOIN batch" in query for query in queries)

    assert [counts(), counts()] == [1, 0]
    with installation.app.database.write() as connection:
        connection.execute(sa.update(delivery).values(state="uncertain"))
    assert [counts(), counts()] == [1, 0]


def test_a_slow_reading_is_kept_for_longer() -> None:
    now_s, took_s, readings = 0.0, 0.0, 0

    def read() -> list[object]:
        nonlocal now_s, readings
        now_s, readings = now_s + took_s, readings + 1
        return []

    kept = CachedCollector(read, lambda: now_s)  # type: ignore[arg-type]
    kept.collect()
    now_s += KEPT_S - 0.1
    kept.collect()
    assert readings == 1
    now_s, took_s = now_s + 0.1, 2.0
    kept.collect()
    now_s += 2.0 * SHARE_OF_TIME - 0.1
    kept.collect()
    assert readings == 2
    now_s += 0.1
    kept.collect()
    assert readings == 3


def test_a_provider_has_its_rates_and_its_cooldown(installation: Installation) -> None:
    with installation.app.database.write() as connection:
        rate_limits.set_advertised_rate(connection, "resend", 5.0)
        at = rate_limits.now_of(connection, installation.now)
        rate_limits.set_cooldown(connection, "resend", at=at, cooldown_s=3600.0)
    assert value(installation, "provider_rate", "advertised", "resend") == 5.0
    assert 0 < value(installation, "provider_cooldown_seconds", "resend") <= 3600


def test_a_provider_that_accepts_nothing_is_named(installation: Installation, frozen: int) -> None:
    since = installation.now - dt.timedelta(minutes=3)
    with installation.app.database.write() as connection:
        connection.execute(sa.update(issue).values(refused_since=since))
    assert value(installation, "provider_refusing_seconds", "outbox") == 180


def test_a_late_slot_has_an_age_until_it_has_run(installation: Installation) -> None:
    installation.add_list()
    installation.add_source("site", "folder", "briefs")
    (installation.folder / "briefs").mkdir()
    # Noon in UTC is 7 o'clock in New York, so the next slot is at 11 UTC tomorrow.
    installation.add_schedule()
    installation.now += dt.timedelta(hours=23, minutes=1)
    assert value(installation, "slots_late") == 0
    installation.now += dt.timedelta(minutes=9)
    assert value(installation, "slots_late") == 1
    assert value(installation, "slot_latest_seconds") == 600
    tick(installation.app.publishing)
    assert value(installation, "slots_late") == 0


def test_webhooks_wait_until_they_are_processed(installation: Installation) -> None:
    app = installation.app
    with app.database.write() as connection:
        inbox.add(connection, inbox.Arrival(provider="gone", raw=b"{}", at=installation.now))
    received_s = installation.now.timestamp()
    installation.now += dt.timedelta(minutes=6)
    assert value(installation, "webhooks_waiting") == 1
    assert value(installation, "webhook_oldest_seconds") == 360
    assert value(installation, "webhook_last_received_timestamp_seconds") == received_s
    app.event_processor.process_due()
    assert value(installation, "webhooks_waiting") == 0
    assert value(installation, "webhooks_processed_total", "unmatched") == 1


@on_sqlite
def test_an_open_circuit_breaker_is_seen_while_its_dispatcher_works(
    installation: Installation,
) -> None:
    dispatcher = installation.app.dispatcher("me")
    trip(dispatcher.circuit_breaker, installation.now)
    assert value(installation, "circuit_breaker_open", "resend") == 1
    del dispatcher
    assert ("newsletter_circuit_breaker_open", ("resend",)) not in samples(installation.app)


def trip(breaker: CircuitBreaker, now: dt.datetime) -> None:
    breaker.call_started("resend", "key")
    receipts = (Receipt(kind=ReceiptKind.UNCERTAIN, reason="no answer"),)
    breaker.call_finished("resend", "key", BatchResult(receipts=receipts), now=now)


@on_sqlite
def test_the_kill_switch_and_the_last_backup_are_there(installation: Installation) -> None:
    found = samples(installation.app)
    assert found["newsletter_kill_switch", ()] == 0
    assert ("newsletter_last_backup_timestamp_seconds", ()) not in found
    with installation.app.database.write() as connection:
        kill_switch.engage(connection, StopKind.ALL, reason="test", now=installation.now)
    record_backup(installation.app.settings.folder, now=installation.now)
    found = samples(installation.app)
    assert found["newsletter_kill_switch", ()] == 1
    recorded_s = installation.now.timestamp()
    assert found["newsletter_last_backup_timestamp_seconds", ()] == recorded_s
    assert 0 < found["newsletter_disk_free_ratio", ()] <= 1


def test_a_database_that_is_gone_is_said_and_breaks_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text("a-secret-of-the-tests-only-0123456789abcdef")
    with App(settings=Settings(folder=tmp_path)) as app:
        found = samples(app)
    assert found["newsletter_database_up", ()] == 0
    assert ("newsletter_deliveries", ("pending",)) not in found
    assert ("process_open_fds", ()) in found


@on_sqlite
def test_lines_of_the_log_are_counted_by_event(installation: Installation) -> None:
    metrics = Metrics(installation.app)
    log = logging.getLogger("newsletter.test")
    log.setLevel(logging.INFO)
    with metrics.counting_log():
        log.warning("one", extra={"event": "webhook.refused"})
        log.warning("two", extra={"event": "webhook.refused"})
        log.warning("three", extra={"event": "ada@example.org"})
        log.warning("four")
    log.warning("five", extra={"event": "webhook.refused"})
    text = metrics.as_text().decode()
    lines = [line for line in text.splitlines() if re.search(r"log_events_total{.* [1-9]", line)]
    name = 'newsletter_log_events_total{event="webhook.refused",level="warning"}'
    assert lines == [f"{name} 2.0"]


@on_sqlite
def test_a_plugin_cannot_make_series_without_end(installation: Installation) -> None:
    metrics = Metrics(installation.app)
    counter = next(h for h in [metrics._log_events] if isinstance(h, EventCounter))
    for number in range(700):
        name = "a" * (number // 26 + 1) + "." + chr(ord("a") + number % 26)
        record = logging.LogRecord("x", logging.INFO, "x", 1, "x", (), None)
        record.event = name
        counter.emit(record)
    text = metrics.as_text().decode()
    assert text.count("log_events_total{") == 500


@on_sqlite
def test_no_metric_names_a_person(installation: Installation, frozen: int) -> None:
    installation.submit_all()
    text = Metrics(installation.app).as_text().decode()
    assert not re.search(r"@|reader\d|Ada|Harbour", text)
