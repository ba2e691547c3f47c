"""
`statements`: how many SQL statements one batch takes, from its claim until it is settled.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from benchmarks import installation, pages
from benchmarks.installation import BATCH, Counting
from benchmarks.measure import Row
from newsletter.app import App
from newsletter.delivery.dispatch import Dispatcher

NAME = "statements"
_COUNTED = 3
_NOT_COUNTED = ("BEGIN", "COMMIT", "PRAGMA", "ROLLBACK")


def run(*, full: bool = False) -> Row:
    """
    Measure the same at any size.
    """
    return measure()


def measure() -> Row:
    """
    Return the row for the batch between the first, which also loads the mail, and the last, which
    ends the issue, that took the fewest statements: on a busy machine one may take so long that
    more is due meanwhile.
    """
    readers = (_COUNTED + 2) * BATCH
    with installation.opened(readers) as app:
        mail = pages.mail_of(pages.page(4_000))
        issue = installation.add_issue(app, mail)
        app.providers[Counting.name] = Counting()
        installation.freeze(app, issue, mail)
        dispatcher = app.dispatcher("bench")
        _submit_next(dispatcher)
        counted = min(len(_spoken(app, dispatcher)) for _ in range(_COUNTED))
    work = f"a batch of {BATCH:,}, claim to settled, SQLite; the goal is 6 at most"
    return Row(name=NAME, work=work, counted=str(counted))


def _spoken(app: App, dispatcher: Dispatcher) -> list[str]:
    spoken: list[str] = []

    def count(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if statement.split()[0] not in _NOT_COUNTED:
            spoken.append(statement)

    sa.event.listen(app.database.engine, "before_cursor_execute", count)
    _submit_next(dispatcher)
    sa.event.remove(app.database.engine, "before_cursor_execute", count)
    return spoken


def _submit_next(dispatcher: Dispatcher) -> None:
    batch = dispatcher.prepare_next()
    assert batch is not None, "there was no batch to submit"
    assert len(batch.recipients) == BATCH, "the batch was not full"
    dispatcher.record_result(batch, dispatcher.submit(batch))
