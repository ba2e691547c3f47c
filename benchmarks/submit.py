"""
`submit`: a frozen issue sent by the product's own sender, with the full ledger, beside the same
calls built and made without a database. Content is shared, batches hold 1,000 readers, and the sink
is a process of its own behind TLS.
"""

from __future__ import annotations

import functools

from benchmarks import installation, pages
from benchmarks.installation import BATCH, address
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from benchmarks.shared import PATH, BareCalls, SharedProvider
from benchmarks.wire import Wire, require_counted, running_sink, split
from newsletter.app import App
from newsletter.model.delivery import Provider
from newsletter.model.mail import Mail
from newsletter.store.delivery.deliveries import DeliveryRow
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.workers.sender import run_until_done

NAME = "submit"


def run(*, full: bool = False) -> Row:
    """
    Measure what submitting costs a reader.
    """
    return measure(readers=200_000 if full else 50_000)


def measure(*, readers: int, runs: int = RUNS) -> Row:
    """
    Return the row for an issue to that many readers.
    """
    mail = pages.mail_of(pages.page(pages.SOURCE_OF_60_KB))
    with running_sink() as wire, wire.http() as http, installation.opened(readers) as app:
        provider = SharedProvider(wire.url, http)
        app.providers[provider.name] = provider
        bare = bare_calls(app, mail)
        require_equal(app, mail, provider, bare)
        seconds = interleave(
            runs,
            ours=lambda: handed_over(app, wire, mail, readers, provider=provider),
            floor=lambda: _sent_bare(wire, bare, readers),
        )
    work = f"{readers:,} readers, shared content, batches of {BATCH:,}, TLS, SQLite"
    return Row(name=NAME, work=work, seconds=seconds)


def handed_over(app: App, wire: Wire, mail: Mail, readers: int, *, provider: Provider) -> float:
    """
    The seconds a reader took, from the first claim until the issue was submitted.
    """
    issue = installation.add_issue(app, mail, provider=provider.name)
    installation.freeze(app, issue, mail, batch_size=provider.capabilities.max_recipients)
    seconds = seconds_for(lambda: run_until_done(app, issue_id=issue.id, is_done=lambda: True))
    require_counted(wire, readers, "ours")
    with app.database.read() as connection:
        counts = count_deliveries(connection, issue.id).as_json()
    assert counts["accepted"] == counts["audience"] == readers, "not all were submitted"
    installation.remove_issue(app, issue)
    return seconds / readers


def bare_calls(app: App, mail: Mail) -> BareCalls:
    """
    Return the lower bound's way of building what *app* sends.
    """
    return BareCalls(
        mail,
        secret=app.signing_secrets[0],
        mark=app.links.keys.sign("unsubscribe", 1)[0],
        base_url=app.links.base_url,
        instance=app.instance,
    )


def require_equal(app: App, mail: Mail, provider: SharedProvider, bare: BareCalls) -> None:
    """
    Require that the lower bound builds the very bytes that we do.
    """
    numbers = range(99, 102)
    rows = [_row(number) for number in numbers]
    recipients = app.recipients_for(rows, 1, mail, "")
    assert provider.body(mail, recipients, "key") == bare.body(numbers, "key"), (
        "the floor builds other bodies"
    )


def _row(number: int) -> DeliveryRow:
    email = address(number)
    return DeliveryRow(
        id=number,
        subscriber_id=number,
        subscription_id=number,
        email=email,
        email_key=email,
        name="Ada",
    )


def _sent_bare(wire: Wire, bare: BareCalls, readers: int) -> float:
    bodies = [
        functools.partial(bare.body, numbers, f"key-{numbers.start}")
        for numbers in split(readers, BATCH)
    ]
    seconds = seconds_for(lambda: wire.post_bare(PATH, bodies))
    require_counted(wire, readers, "the floor")
    return seconds / readers
