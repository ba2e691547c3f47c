"""
Measure the constants of `scale_model`: `python -m benchmarks.scale_measure` for SQLite, with
`postgresql://USER@HOST/NAME` after it for PostgreSQL (an empty database on this machine).

Seconds are processor time, not clock time, so a busy machine gives the same figures.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from benchmarks import installation, pages, statements
from benchmarks.installation import NOW, Counting
from newsletter.app import App
from newsletter.delivery.dispatch import Dispatcher
from newsletter.model.delivery import BatchResult
from newsletter.model.mail import Mail, Recipient
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.store.tables import delivery, outcome, webhook_inbox
from subscribers.database.bulk_insert import insert_many
from subscribers.database.columns import UtcDateTime

READERS = 200_000
BATCHES = (100, 1_000)
_FSYNCS = 200
_TICKS = os.sysconf("SC_CLK_TCK")


class Timed(Counting):
    """
    A provider that counts, and knows how long making the copies took.
    """

    copying_s = 0.0

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Accept each recipient.
        """
        self.copying_s -= time.process_time()
        result = super().send(mail, recipients, key)
        self.copying_s += time.process_time()
        return result


def measure(readers: int, url: str | None = None) -> dict[str, float]:
    """
    Return each constant by name: seconds and bytes per reader, batch or commit.
    """
    with installation.opened(readers, url=url) as app:
        with _processors(app) as seconds:
            freezing = -seconds()
            numbers = [_freeze(app, size) for size in BATCHES]
            freezing += seconds()
            full = _sizes(app)
            costs = [
                _costs(app, number, readers, size, seconds)
                for number, size in zip(numbers, BATCHES, strict=True)
            ]
        _report(app, numbers[0])
        reported = _sizes(app)
    ours, server, copying = zip(*costs, strict=True)
    return {
        "freeze_s_a_reader": freezing / len(BATCHES) / readers,
        "copy_s_a_reader": sum(copying) / len(BATCHES) / readers,
        **_line("ours", *ours),
        **_line("server", *server),
        "fsync_s": _fsync_s(),
        "bytes_an_outcome": (reported["outcome"] - full["outcome"]) / readers,
        "bytes_a_webhook": (reported["webhook_inbox"] - full["webhook_inbox"]) / readers,
    }


def _line(name: str, few_s: float, many_s: float) -> dict[str, float]:
    """
    Return what a batch costs by itself, and what each reader in it adds.
    """
    few, many = BATCHES
    each = (many_s - few_s) / (many - few)
    return {f"{name}_s_a_batch": max(0.0, few_s - few * each), f"{name}_s_a_reader": each}


def _freeze(app: App, size: int) -> int:
    mail = pages.mail_of(pages.page(pages.SOURCE_OF_60_KB))
    issue = installation.add_issue(app, mail)
    installation.freeze(app, issue, mail, batch_size=size)
    return issue.id


def _costs(
    app: App, issue_id: int, readers: int, size: int, seconds: Callable[[], float]
) -> tuple[float, float, float]:
    """
    Return what one batch of the issue costs us without the copies, what it costs the database
    server, and what all whole copies of 60 KB cost.
    """
    app.providers[Counting.name] = provider = Timed()
    dispatcher = app.dispatcher("measuring")
    ours, both = -time.process_time(), -seconds()
    _empty(dispatcher, issue_id)
    ours, both = ours + time.process_time(), both + seconds()
    with app.database.read() as connection:
        accepted = count_deliveries(connection, issue_id).as_json()["accepted"]
    assert accepted == readers, "not all were submitted"
    batches = -(-readers // size)
    return (ours - provider.copying_s) / batches, (both - ours) / batches, provider.copying_s


def _empty(dispatcher: Dispatcher, issue_id: int) -> None:
    while (batch := dispatcher.prepare_next(issue_id)) is not None:
        dispatcher.record_result(batch, dispatcher.submit(batch))


def _report(app: App, issue_id: int) -> None:
    """
    What is left of one webhook for each reader, which said that the mail was delivered.
    """
    was = sa.select(delivery.c.id, delivery.c.issue_id, sa.literal(NOW, UtcDateTime))
    found = was.where(delivery.c.issue_id == issue_id)
    with app.database.write() as connection:
        names = ["delivery_id", "issue_id", "delivered_at"]
        connection.execute(sa.insert(outcome).from_select(names, found))
        numbers = connection.execute(sa.select(outcome.c.delivery_id)).scalars()
        keys = [hashlib.sha256(str(number).encode()).hexdigest() for number in numbers]
        rows = [("mails", key, NOW, "matched", b"") for key in keys]
        insert_many(
            connection,
            webhook_inbox,
            ("provider", "key", "received_at", "disposition", "raw"),
            rows,
        )


@contextmanager
def _processors(app: App) -> Iterator[Callable[[], float]]:
    """
    Return the processor seconds that this process used, and the database server for it.
    """
    with app.database.read() as connection:
        is_server = connection.dialect.name == "postgresql"
    if not is_server:
        yield time.process_time
        return
    files = set[Path]()

    @sa.event.listens_for(app.database.engine, "checkout")
    def _count(connection: object, *rest: object) -> None:
        files.add(Path(f"/proc/{connection.info.backend_pid}/stat"))  # type: ignore[attr-defined]

    # What the server did until now is known before anything is measured.
    with app.database.read():
        yield lambda: time.process_time() + sum(map(_used_s, files))


def _used_s(stat: Path) -> float:
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / _TICKS


def _sizes(app: App) -> Mapping[str, int]:
    """
    Return the bytes of the tables that grow with readers, each with its indexes.
    """
    names = ("outcome", "webhook_inbox")
    with app.database.write() as connection:
        if connection.dialect.name == "postgresql":
            asked = "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'"
        else:
            asked = (
                "SELECT tbl_name, sum(pgsize) FROM dbstat "
                "JOIN sqlite_schema USING (name) GROUP BY tbl_name"
            )
        found = {str(name): int(size) for name, size in connection.exec_driver_sql(asked)}
    return {name: found.get(name, 0) for name in names}


def _fsync_s() -> float:
    """
    Return how long this disk takes to make a page durable.
    """
    with tempfile.NamedTemporaryFile() as file:
        began = time.perf_counter()
        for _ in range(_FSYNCS):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        return (time.perf_counter() - began) / _FSYNCS


def main(arguments: list[str]) -> str:
    """
    Print the constants as JSON, and how many statements a batch takes.
    """
    readers = int(os.environ.get("READERS", READERS))
    found: dict[str, float] = measure(readers, arguments[0] if arguments else None)
    found["statements_a_batch"] = float(statements.measure(readers=2_000).counted)
    return json.dumps({name: float(f"{value:.3g}") for name, value in found.items()}, indent=2)


if __name__ == "__main__":
    print(main(sys.argv[1:]))
