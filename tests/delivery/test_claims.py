"""
Which batch is claimed next: urgent ones do not wait behind a long issue.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from installation import Installation
from scripted_provider import ACCEPTED, Scripted, all_of, sending, submit_next

from newsletter import pipeline
from newsletter.model.delivery import BatchState
from newsletter.store.tables import batch

JOBS = "SELECT args->>'batch_id' FROM procrastinate.procrastinate_jobs"


def test_a_notice_and_readers_whose_time_has_come_take_turns_with_a_long_issue(
    installation: Installation,
) -> None:
    provider = Scripted([all_of(ACCEPTED)] * 6)
    long, dispatcher = sending(installation, provider, readers=8)
    by_clock = installation.add_issue("Another")
    pipeline.publish_issue(installation.app.publishing, by_clock)
    with installation.app.database.write() as connection:
        connection.execute(
            sa.update(batch)
            .where(batch.c.issue_id == by_clock)
            .values(state=BatchState.WAITING, not_before=installation.now)
        )
    test = pipeline.queue_test(installation.app.publishing, long, ["desk@example.org"])
    for _ in range(6):
        submit_next(dispatcher)
    order = [int(key.split("-")[1][1:]) for key, _ in provider.handed]
    assert order == [test, long, by_clock, long, by_clock, long]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_job_of_a_notice_is_taken_before_those_of_an_issue(installation: Installation) -> None:
    issue_id, _ = sending(installation, Scripted([]), readers=4)
    pipeline.queue_test(installation.app.publishing, issue_id, ["desk@example.org"])
    with installation.app.database.read() as connection:
        assert connection.exec_driver_sql(f"{JOBS} ORDER BY priority DESC, id").scalars().all() == [
            "3", "1", "2",
        ]  # fmt: skip


def test_while_all_who_send_rest_no_batch_is_looked_for(installation: Installation) -> None:
    _, dispatcher = sending(installation, Scripted([], name="outbox"), readers=8)
    dispatcher.rate_limiter.configured = {"outbox": 0.1}.get
    assert [dispatcher.prepare_next() is None for _ in range(2)] == [False, True]
    spoken: list[str] = []
    sa.event.listen(
        installation.app.database.engine,
        "before_cursor_execute",
        lambda c, cursor, statement, *rest: spoken.append(statement),
    )
    assert dispatcher.prepare_next() is None
    assert [words for words in spoken if "UPDATE batch" in words] == []
