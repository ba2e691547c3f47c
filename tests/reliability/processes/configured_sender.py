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
from newsletter.model.delivery import BatchState
from newsletter.model.issue import IssueState
from newsletter.providers.http_client import HttpClient, HttpFailure, HttpResponse
from newsletter.providers.ses.provider import SesProvider
from newsletter.providers.ses.sigv4 import Credentials
from newsletter.providers.ses.sns import Topics
from newsletter.settings import load_settings
from newsletter.store.issues.issues import load_issue
from newsletter.store.tables import batch
from newsletter.workers.serve import Server
from reliability.clock_faults.wrong_clock import WrongClock
from reliability.processes.killable_process import Few
from reliability.processes.sender import ISSUE, InThisProcess, report, send_what_may_go
from reliability.processes.sender import Job as Reported

CLOCK, CERTIFICATE = "passed", "amazon.pem"
# Batches that come due one after the other are taken together.
TOGETHER_S = 30.0
MOST_PHASES = 400
# In so many calls one finds the door closed.
EVERY = 20


@dataclass(frozen=True, kw_only=True)
class Job:
    """
    What one child does in `folder`, with `most` readers a call that may take `deadline_s`. By
    `seed` the door is closed to some calls.
    """

    folder: str
    most: int
    deadline_s: float
    seed: int
    lanes: int = 2
    reports: bool = False


class ClosedDoors(HttpClient):
    """
    Lanes of which a call in twenty meets a port at which nobody listens; `refused` counts them.
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
    The clock of everything in the installation, which goes on as time is let pass.
    """
    return WrongClock(ahead_s=0.0, jumps=(), wrong_for_s=0.0, file=str(folder / CLOCK))


def pass_time(folder: Path, seconds: float) -> None:
    """
    Has *seconds* pass for everybody at once.
    """
    told = folder / CLOCK
    passed_s = float(told.read_text()) + seconds
    new = told.with_suffix(".new")
    new.write_text(str(passed_s))
    new.rename(told)


def run(told: Mapping[str, Any]) -> None:
    """
    Sends as *told* (a Job) until everybody has an end, as far as there can be one.
    """
    job = Job(**told)
    folder = Path(job.folder)
    with App(
        settings=load_settings(folder / "newsletter.toml"),
        clock=clock_of(folder),
        shared_sandbox=InThisProcess(),  # type: ignore[arg-type]
        clean_s=0.2,
        deadline_s=job.deadline_s,
    ) as app:
        app.provider_registry.http_client = ClosedDoors(
            job.lanes, seed=job.seed, refused=folder / "refused"
        )
        app.providers["bulk"] = Few(app.provider_named("bulk"), most=job.most, has_keys=True)
        for _ in range(MOST_PHASES):
            while app.event_processor.process_due():
                pass
            send_what_may_go(app, wall=lambda: dt.datetime.now(dt.UTC))
            keep_pause(app, folder)
            due = next_due(app)
            if due is None:
                break
            pass_time(folder, max((due - app.clock()).total_seconds(), 0.0) + TOGETHER_S)
        else:
            raise AssertionError("it came to no end")
    if job.reports:
        report(Reported(folder=job.folder, sink="", kind=""))


def keep_pause(app: App, folder: Path) -> None:
    """
    Writes down why the issue was paused, which nothing here should bring about.
    """
    with app.database.read() as connection:
        found = load_issue(connection, ISSUE)
    if found.state is IssueState.PAUSED:
        with (folder / "pauses").open("a") as file:
            file.write(f"{found.pause_reason}\n")


def next_due(app: App) -> dt.datetime | None:
    """
    When something may be handed over again or asked about; None when nothing will be.
    """
    is_asked = supports_reconciliation(app.provider_named("bulk").capabilities)
    ended = {BatchState.SETTLED} if is_asked else {BatchState.SETTLED, BatchState.UNCERTAIN}
    with app.database.read() as connection:
        open_ones = connection.execute(
            sa.select(batch.c.not_before).where(batch.c.state.not_in(ended))
        ).all()
    moments = [one.not_before or app.clock() for one in open_ones]
    return min(moments, default=None)


def serve(told: Mapping[str, Any]) -> None:
    """
    The web part of the installation in `folder`, on `port`, until killed.
    """
    folder = Path(told["folder"])
    with App(settings=load_settings(folder / "newsletter.toml"), clock=clock_of(folder)) as app:
        if app.settings.provider["bulk"].kind == "ses":
            app.providers["bulk"] = heard_from_amazon(app, folder / CERTIFICATE)
        Server(app, host="127.0.0.1", port=told["port"], parts=frozenset({"web"})).run()


def heard_from_amazon(app: App, certificate: Path) -> SesProvider:
    """
    Amazon SES, whose events are signed for *certificate*: nobody here may answer at the address
    where its own stands.
    """
    own = app.settings.provider["bulk"]
    return SesProvider(
        "bulk",
        region=own.region or "",
        credentials=lambda: Credentials(access_key_id="", secret_access_key=""),
        lanes=app.provider_registry.http_client,
        topics=Topics(own.topics, fetch=lambda url: certificate.read_bytes(), clock=app.clock),
    )
