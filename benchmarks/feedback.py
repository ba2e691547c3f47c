"""
`feedback`: an issue sent by `newsletter serve` while a thousand events a second come into the same
process as webhooks, pages are read and readers unsubscribe, beside the same send undisturbed.
SendGrid reports many events per webhook, Postmark one.

    python -m benchmarks.feedback FOLDER PORT SINK CERTIFICATE KIND

is that `serve`: its web part and its sender.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import sqlalchemy as sa

from benchmarks import installation, pages
from benchmarks.installation import NOW, Counting
from benchmarks.measure import Row, interleave
from benchmarks.shared import SharedProvider
from benchmarks.web_process import running_web, wait_for
from benchmarks.wire import Wire, require_counted, running_sink
from benchmarks.world import SPEAKER, Form, World, postmark, sendgrid
from newsletter.app import App
from newsletter.model.delivery import BatchState
from newsletter.model.mail import Mail
from newsletter.settings import Settings
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.tables import batch
from newsletter.workers.sender import run_until_done
from newsletter.workers.serve import ServeProcess

NAME = "feedback"
RUNS = 3
# For longer than it takes to send one run.
MOST_S = 20.0


def run(*, full: bool = False) -> list[Row]:
    """
    Measure what sending costs a reader while the world answers, in both forms.
    """
    readers = 200_000 if full else 50_000
    return [measure(form, readers=readers) for form in (sendgrid(), postmark())]


def measure(form: Form, *, readers: int, runs: int = RUNS, most_s: float = MOST_S) -> Row:
    """
    Return the row for an issue to that many readers.
    """
    mail = pages.mail_of(pages.page(pages.SOURCE_OF_60_KB))
    with running_sink() as wire, installation.opened(readers) as app:
        earlier = earlier_issue(app, mail)
        with serving(app, wire, form) as port:
            world = World(app=app, port=port, form=form, earlier=earlier, most_s=most_s)
            seconds = interleave(
                runs,
                ours=lambda: handed_over(app, wire, mail, during=world.answering()),
                floor=lambda: handed_over(app, wire, mail, during=nullcontext()),
            )
    took = ", ".join(f"{kind} {world.p99_ms(kind):.0f}" for kind in sorted(world.took_s))
    what = f"{readers:,} readers, {world.rate:,.0f} events/s as {form.kind}, none lost"
    return Row(name=NAME, work=f"{what}; p99 in ms: {took}; floor: alone", seconds=seconds)


def earlier_issue(app: App, mail: Mail) -> int:
    """
    Make an issue that everybody has received, for the events to report on.
    """
    app.providers[SPEAKER] = Counting()
    issue = installation.add_issue(app, mail, provider=SPEAKER)
    installation.freeze(app, issue, mail)
    run_until_done(app, issue_id=issue.id, is_done=lambda: True)
    return issue.id


@contextmanager
def serving(app: App, wire: Wire, form: Form) -> Iterator[int]:
    """
    Run a `serve` for *app*'s folder in a process of its own, and return its port.
    """
    folder = app.settings.folder
    (folder / "hook.key").write_text(form.secret)
    arguments = [wire.url, wire.certificate, form.kind]
    command = [sys.executable, "-m", __name__, folder]
    with running_web(lambda port: [*command, port, *arguments]) as port:
        yield port


def handed_over(app: App, wire: Wire, mail: Mail, *, during: AbstractContextManager[None]) -> float:
    """
    The seconds a reader took *during* what else there is, from the moment at which everything was
    let go until every batch was settled.
    """
    issue = installation.add_issue(app, mail, provider=SharedProvider.name)
    with app.database.write() as connection:
        kill_switch.engage(connection, StopKind.ALL, reason="not yet", now=NOW)
    readers = installation.freeze(app, issue, mail)
    with during:
        began = time.perf_counter()
        with app.database.write() as connection:
            kill_switch.disengage(connection, StopKind.ALL)
        wait_for(lambda: _is_settled(app, issue.id))
        seconds = time.perf_counter() - began
    with app.database.read() as connection:
        counts = count_deliveries(connection, issue.id).as_json()
    assert counts["accepted"] + counts["skipped"] == readers, "not all were submitted"
    require_counted(wire, counts["accepted"], "ours")
    installation.remove_issue(app, issue)
    return seconds / readers


def _is_settled(app: App, issue_id: int) -> bool:
    left = sa.select(sa.func.count()).where(
        batch.c.issue_id == issue_id, batch.c.state != BatchState.SETTLED
    )
    with app.database.read() as connection:
        return connection.execute(left).scalar_one() == 0


def main(arguments: Sequence[str]) -> None:
    """
    Run one `serve` until SIGTERM.
    """
    folder, port, sink, certificate, kind = arguments
    wire = Wire(url=sink, certificate=Path(certificate))
    own = {SPEAKER: {"kind": kind, "api_key": "file:hook.key", "webhook_secret": "file:hook.key"}}
    settings = Settings(folder=Path(folder), provider=own)  # type: ignore[arg-type]
    with wire.http() as http, App(settings=settings, clock=lambda: NOW) as app:
        app.providers[SharedProvider.name] = SharedProvider(wire.url, http)
        ServeProcess(app, host="127.0.0.1", port=int(port), parts=frozenset({"web", "send"})).run()


if __name__ == "__main__":
    main(sys.argv[1:])
