"""
`handover`: a frozen issue handed over batch by batch with the full ledger, beside the same copies
made without a database. The provider is in this process and accepts everything, so neither side
holds any network.
"""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks import installation, pages
from benchmarks.installation import BATCH, Counting
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from newsletter.app import App
from newsletter.dispatch import Dispatcher
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.copies import copies_of
from newsletter.store.status import count_deliveries

NAME = "handover"


def run(*, full: bool = False) -> Row:
    """
    What handing over costs a reader.
    """
    return measure(readers=200_000 if full else 20_000)


def measure(*, readers: int, runs: int = RUNS) -> Row:
    """
    The row for an issue to so many.
    """
    mail = pages.mail_of(pages.page(pages.SOURCE_OF_60_KB))
    people = pages.readers(readers)
    with installation.opened(readers) as app:
        seconds = interleave(
            runs,
            ours=lambda: _handed_over(app, mail, readers),
            floor=lambda: seconds_for(lambda: _merged(mail, people)) / readers,
        )
    size = len(mail.html) // 1000
    work = f"{readers:,} readers, whole {size} KB copies, no network; floor: the merges alone"
    return Row(name=NAME, work=work, seconds=seconds)


def _handed_over(app: App, mail: Mail, readers: int) -> float:
    issue, provider = installation.add_issue(app, mail), Counting()
    app.providers[provider.name] = provider
    installation.freeze(app, issue, mail)
    dispatcher = app.dispatcher("bench")
    seconds = seconds_for(lambda: _empty(dispatcher))
    with app.database.read() as connection:
        counts = count_deliveries(connection, issue.id).as_json()
    assert (provider.copies, counts["accepted"]) == (readers, readers), "not all were handed over"
    installation.remove_issue(app, issue)
    return seconds / readers


def _empty(dispatcher: Dispatcher) -> None:
    while (batch := dispatcher.begin()) is not None:
        dispatcher.finish(batch, dispatcher.carry(batch))


def _merged(mail: Mail, people: Sequence[Recipient]) -> None:
    for start in range(0, len(people), BATCH):
        copies_of(mail, people[start : start + BATCH])
