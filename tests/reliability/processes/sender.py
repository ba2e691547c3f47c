"""
The product as one sending process, run in a child of the fork server: it freezes what is a draft,
submits what is due at its clock, and is killed by itself at a named step, or by others.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import importlib
import io
import itertools
import logging
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter import pipeline
from newsletter.app import App, utc_now
from newsletter.cli import main as command_line
from newsletter.delivery.flow_control.rate_limiter import CLEAN_S
from newsletter.model.delivery import BatchState, Provider
from newsletter.model.issue import IssueState
from newsletter.providers.postmark.provider import PostmarkProvider
from newsletter.providers.resend.provider import ResendProvider
from newsletter.settings import Settings, load_settings
from newsletter.store.delivery.failover import set_fallback_provider
from newsletter.store.issues.issues import load_issue, move_issue
from newsletter.store.tables import batch, issue
from newsletter.workers.sender import run_until_done
from newsletter.workers.serve import ServeProcess
from reliability.clock_faults.wrong_clock import WrongClock
from reliability.processes.killable_process import (
    CrashPoint,
    KillableConnections,
    SmallBatchProvider,
)
from reliability.processes.stall_monitor import watch_stalls
from reliability.runs.joins import ISSUE, read_joins, report_of

# Past every back-off, lease and look-up's lag, and well within a key's life.
AHEAD_S = 1_000.0
FALLBACK_BATCH = 20
_SOON = (BatchState.PENDING, BatchState.CLAIMED, BatchState.SUBMITTING)
_LATER = (BatchState.WAITING, BatchState.UNCERTAIN)


class InlineSandbox:
    """
    What takes the sandbox's place: it calls in this process, for a child costs a third of a second,
    and rendering is not what is tried here.
    """

    def call(self, function: str, *arguments: Any) -> Any:
        module, _, name = function.partition(":")
        return getattr(importlib.import_module(module), name)(*arguments)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """
    What one child does. `sink` is the run's address at the sink, and `kind` one of its wire forms.
    `fallback` is the kind of the issue's fallback provider; the first accepts nothing from its call
    `closed_from` on. The clock of every phase is AHEAD_S further. `point` is where the process
    dies; `jumps`, `wrong_for_s` and `clock_file` are those of `WrongClock`; `rate` is the
    setting's, `clean_s` the App's. With `awaits` it goes on until that file is there.
    """

    folder: str
    sink: str
    kind: str
    batch: int = 50
    connections: int = 2
    point: str = ""
    times: int = 1
    ahead_s: float = 0.0
    phases: int = 1
    deadline_s: float = 60.0
    refused_call: int = 0
    fallback: str = ""
    fallback_after_s: int = 0
    closed_from: int = 0
    reports: bool = False
    jumps: Sequence[tuple[int, float]] = ()
    wrong_for_s: float = 0.0
    clock_file: str = ""
    rate: float | None = None
    clean_s: float = CLEAN_S
    awaits: str = ""


def run(parameters: Mapping[str, Any]) -> None:
    """
    Send as a Job of *parameters* says, and report where it asks for that.
    """
    job = Job(**parameters)
    if job.rate:
        watch_stalls(Path(job.folder) / f"{os.getpid()}.stall")
    crash_point = CrashPoint(job.point, job.times)
    clock = WrongClock(
        ahead_s=job.ahead_s, jumps=job.jumps, wrong_for_s=job.wrong_for_s, file=job.clock_file
    )

    def on_step(step: str) -> None:
        clock.pass_step()
        crash_point(step)

    with App(
        settings=settings_for(job),
        clock=clock,
        on_step=on_step,
        shared_sandbox=InlineSandbox(),  # type: ignore[arg-type]
        clean_s=job.clean_s,
    ) as app:
        app.providers["bulk"] = provider_for(job, crash_point)
        if job.fallback:
            # What is logged of it would stand between the lines of the table.
            logging.getLogger("newsletter.delivery.flow_control.failover").setLevel(logging.ERROR)
            app.providers["fallback"] = fallback_for(job, crash_point)
            set_fallback(app)
        for _ in range(job.phases):
            send_due(app, wall=clock if job.jumps else utc_now, awaits=job.awaits)
            clock.ahead_s += AHEAD_S
    if job.reports:
        report(job)


def settings_for(job: Job) -> Settings:
    """
    Load the installation's settings, with as many batches in flight as there are connections: one
    that waited for a free connection would spend its deadline there.
    """
    settings = load_settings(Path(job.folder) / "newsletter.toml")
    delivery = settings.delivery.model_copy(update={"connections": job.connections})
    delivery = delivery.model_copy(update={"failover_after_s": job.fallback_after_s})
    bulk = settings.provider["bulk"].model_copy(update={"rate": job.rate})
    known = {"bulk": bulk, "fallback": bulk}
    return settings.model_copy(update={"delivery": delivery, "provider": known})


def provider_for(job: Job, crash_point: CrashPoint) -> Provider:
    connections = KillableConnections(
        crash_point,
        count=job.connections,
        has_keys=job.kind == "resend",
        refused_call=job.refused_call,
        closed_from=job.closed_from,
    )
    return _open("bulk", job, connections, kind=job.kind, most=job.batch)


def fallback_for(job: Job, crash_point: CrashPoint) -> Provider:
    """
    Open the fallback provider, which takes fewer people at once.
    """
    connections = KillableConnections(
        crash_point, count=job.connections, has_keys=job.fallback == "resend"
    )
    return _open("fallback", job, connections, kind=job.fallback, most=FALLBACK_BATCH)


def _open(
    name: str, job: Job, connections: KillableConnections, *, kind: str, most: int
) -> Provider:
    options: dict[str, Any] = {
        "api_key": "key",
        "base_url": f"{job.sink}/{kind}",
        "http": connections,
        "deadline_s": job.deadline_s,
    }
    if kind == "postmark":
        return SmallBatchProvider(PostmarkProvider(name, **options), most=most, has_keys=False)
    return SmallBatchProvider(ResendProvider(name, **options), most=most, has_keys=kind == "resend")


def set_fallback(app: App) -> None:
    """
    Give the issue the provider `fallback`, unless it has it already.
    """
    with app.database.write() as connection:
        if load_issue(connection, ISSUE).fallback_provider is None:
            set_fallback_provider(connection, ISSUE, "fallback")


def send_due(app: App, *, wall: Callable[[], dt.datetime], awaits: str = "") -> None:
    pipeline.resume(app.publishing)
    with app.database.read() as connection:
        state = load_issue(connection, ISSUE).state
    if state is IssueState.DRAFT:
        pipeline.publish_issue(app.publishing, ISSUE, override_reason="a trial of sending")
    if state is IssueState.PAUSED:
        # A person has done what the pause asked for.
        with app.database.write() as connection:
            move_issue(connection, ISSUE, IssueState.SENDING, pause_reason=None)

    def is_done() -> bool:
        has_come = not awaits or Path(awaits).exists()
        return has_come and not is_anything_due(app)

    run_until_done(app, is_done=is_done, machine_clock=wall)


def is_anything_due(app: App) -> bool:
    """
    Say whether a batch is due at the clock as it stands, to be submitted or asked about.
    """
    is_due = batch.c.state.in_(_SOON) | (
        batch.c.state.in_(_LATER) & (batch.c.not_before <= app.clock())
    )
    due = (
        sa.select(sa.func.count())
        .select_from(batch.join(issue, issue.c.id == batch.c.issue_id))
        .where(issue.c.state == IssueState.SENDING, is_due)
    )
    with app.database.read() as connection:
        return bool(connection.execute(due).scalar_one())


def report_only(parameters: Mapping[str, Any]) -> None:
    """
    Report, in a child of its own while others send.
    """
    report(Job(**parameters))


def report(job: Job) -> None:
    """
    Write what the public commands print of the issue into `status.json` and `recipients.json` of
    the folder, and the same of the notices to people who joined.
    """
    folder = Path(job.folder)
    numbers = [ISSUE, *(notice.issue for notice in read_joins(folder).values())]
    for number, word in itertools.product(numbers, ("status", "recipients")):
        words = ["--config", str(folder / "newsletter.toml"), "--json", "issue", word, str(number)]
        with contextlib.redirect_stdout(io.StringIO()) as written, contextlib.suppress(SystemExit):
            command_line(words)
        (folder / report_of(word, number)).write_text(written.getvalue())


def serve(parameters: Mapping[str, Any]) -> None:
    """
    Run the web part of the installation in `folder`, on `port`, until killed.
    """
    # The settings name it, and webhooks need the provider opened.
    os.environ["UNUSED"] = "key"
    with App(settings=load_settings(Path(parameters["folder"]) / "newsletter.toml")) as app:
        ServeProcess(app, host="127.0.0.1", port=parameters["port"], parts=frozenset({"web"})).run()
