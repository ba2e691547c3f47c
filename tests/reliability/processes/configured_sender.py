"""
The product as the `providers` suite runs it, in a child of the fork server: every part opened from
the settings that somebody would write, but for fewer readers a call. When nothing more is due, it
lets time pass until something is.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.app import App
from newsletter.delivery.results import supports_reconciliation
from newsletter.model.delivery import BatchState, LookUp
from newsletter.model.issue import IssueState
from newsletter.providers.http_client import HttpClient, HttpFailure, HttpResponse
from newsletter.providers.ses.provider import SesProvider
from newsletter.providers.ses.sigv4 import Credentials
from newsletter.providers.ses.sns import Topics
from newsletter.settings import load_settings
from newsletter.store.issues.issues import load_issue
from newsletter.store.tables import batch
from newsletter.workers.serve import ServeProcess
from reliability.clock_faults.wrong_clock import WrongClock
from reliability.processes.killable_process import SmallBatchProvider
from reliability.processes.sender import InlineSandbox, report, send_due
from reliability.processes.sender import Job as Reported
from reliability.runs.joins import ISSUE

CLOCK, CERTIFICATE = "passed", "amazon.pem"
# Batches that come due one after the other are taken together.
GROUPED_S = 30.0
MOST_PHASES = 400
# In so many calls one finds a closed port.
EVERY = 20


@dataclass(frozen=True, kw_only=True)
class Job:
    """
    What one child does in `folder`, with `most` readers a call that may take `deadline_s`. Which
    calls find a closed port is drawn by `seed`.
    """

    folder: str
    most: int
    deadline_s: float
    seed: int
    connections: int = 2
    reports: bool = False


class RefusingConnections(HttpClient):
    """
    Connections of which a call in twenty finds a port at which nobody listens; the file `refused`
    has a byte for each.
    """

    def __init__(self, count: int, *, seed: int, refused: Path) -> None:
        super().__init__(count)
        self._random, self._refused = random.Random(seed), refused

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], deadline_s: float
    ) -> HttpResponse | HttpFailure:
        if self._random.randrange(EVERY):
            return super().post(url, content, headers, deadline_s)
        with self._refused.open("ab") as file:
            file.write(b".")
        return super().post("http://127.0.0.1:1/", content, headers, deadline_s)


def clock_of(folder: Path) -> WrongClock:
    """
    Return the clock of everything in the installation, which `advance_clock` advances.
    """
    return WrongClock(ahead_s=0.0, jumps=(), wrong_for_s=0.0, file=str(folder / CLOCK))


def advance_clock(folder: Path, seconds: float) -> None:
    """
    Let *seconds* pass for every process of the installation at once.
    """
    clock = folder / CLOCK
    passed_s = float(clock.read_text()) + seconds
    new = clock.with_suffix(".new")
    new.write_text(str(passed_s))
    new.rename(clock)


def run(parameters: Mapping[str, Any]) -> None:
    """
    Send as a Job of *parameters* says, until everybody has a final state, as far as there can be
    one.
    """
    job = Job(**parameters)
    folder = Path(job.folder)
    with App(
        settings=load_settings(folder / "newsletter.toml"),
        clock=clock_of(folder),
        shared_sandbox=InlineSandbox(),  # type: ignore[arg-type]
        clean_s=0.2,
        deadline_s=job.deadline_s,
    ) as app:
        app.provider_registry.http_client = RefusingConnections(
            job.connections, seed=job.seed, refused=folder / "refused"
        )
        app.providers["bulk"] = SmallBatchProvider(
            app.provider_named("bulk"), most=job.most, has_keys=True
        )
        for _ in range(MOST_PHASES):
            while app.event_processor.process_due():
                pass
            send_due(app, wall=lambda: dt.datetime.now(dt.UTC))
            record_pause(app, folder)
            due = next_due(app)
            if due is None:
                break
            advance_clock(folder, max((due - app.clock()).total_seconds(), 0.0) + GROUPED_S)
        else:
            raise AssertionError("it came to no end")
    if job.reports:
        report(Reported(folder=job.folder, sink="", kind=""))


def record_pause(app: App, folder: Path) -> None:
    """
    Write down why the issue was paused, which nothing here should bring about.
    """
    with app.database.read() as connection:
        found = load_issue(connection, ISSUE)
    if found.state is IssueState.PAUSED:
        with (folder / "pauses").open("a") as file:
            file.write(f"{found.pause_reason}\n")


def next_due(app: App) -> dt.datetime | None:
    """
    Find when something may be submitted again or asked about; None when nothing will be.
    """
    capabilities = app.provider_named("bulk").capabilities
    is_asked = supports_reconciliation(capabilities)
    ended = {BatchState.SETTLED} if is_asked else {BatchState.SETTLED, BatchState.UNCERTAIN}
    # Once its key expired, nothing asks about a batch for which a known key is no proof.
    lost = (
        sa.and_(
            batch.c.state == BatchState.UNCERTAIN,
            batch.c.key_is_no_proof,
            batch.c.call_started_at < app.clock() - capabilities.key_life,
        )
        if capabilities.key_life and capabilities.look_up is LookUp.NONE
        else sa.false()
    )
    with app.database.read() as connection:
        open_ones = connection.execute(
            sa.select(batch.c.not_before).where(batch.c.state.not_in(ended), sa.not_(lost))
        ).all()
    moments = [one.not_before or app.clock() for one in open_ones]
    return min(moments, default=None)


def serve(parameters: Mapping[str, Any]) -> None:
    """
    Run the web part of the installation in `folder`, on `port`, until killed.
    """
    folder = Path(parameters["folder"])
    with App(settings=load_settings(folder / "newsletter.toml"), clock=clock_of(folder)) as app:
        if app.settings.provider["bulk"].kind == "ses":
            app.providers["bulk"] = ses_with_certificate(app, folder / CERTIFICATE)
        ServeProcess(app, host="127.0.0.1", port=parameters["port"], parts=frozenset({"web"})).run()


def ses_with_certificate(app: App, certificate: Path) -> SesProvider:
    """
    Open Amazon SES with events that are signed for *certificate*, for nobody here may answer at the
    address of its own.
    """
    own = app.settings.provider["bulk"]
    return SesProvider(
        "bulk",
        region=own.region or "",
        credentials=lambda: Credentials(access_key_id="", secret_access_key=""),
        http=app.provider_registry.http_client,
        topics=Topics(own.topics, fetch=lambda url: certificate.read_bytes(), clock=app.clock),
    )
