"""
The product as one sending process, run in a child of the fork server: it freezes what is a draft,
hands over what may go at its clock, and is killed by itself at a named step, or by others.
"""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import importlib
import io
import os
import signal
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from stalls import watch_stalls
from wrong_clock import WrongClock

from newsletter import pipeline
from newsletter.app import App, utc_now
from newsletter.cli import main as command_line
from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    BatchState,
    Capabilities,
    Idempotency,
    Provider,
)
from newsletter.model.event import Event
from newsletter.model.issue import IssueState
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.lanes import Answer, Lanes, NoAnswer
from newsletter.providers.postmark import PostmarkProvider
from newsletter.providers.resend import ResendProvider
from newsletter.sender import hand_over
from newsletter.settings import Settings, load_settings
from newsletter.store.issues import load_issue, move_issue
from newsletter.store.schema import batch, issue
from newsletter.turns import CLEAN_S
from newsletter.web.server import Serving

ISSUE = 1
# Past every back-off, lease and look-up's lag, and well within a key's life.
AHEAD_S = 1_000.0
_SOON = (BatchState.PENDING, BatchState.CLAIMED, BatchState.HANDING)
_LATER = (BatchState.WAITING, BatchState.UNCERTAIN)


class Killer:
    """
    Ends the process when *point* is passed for the *times*-th time, by whatever thread.
    """

    def __init__(self, point: str, times: int) -> None:
        self.point, self.left = point, times
        self._guard = threading.Lock()

    def __call__(self, step: str) -> None:
        if self.is_due(step):
            die()

    def is_due(self, step: str) -> bool:
        """
        Whether *step*, passed now, is the one to die at.
        """
        with self._guard:
            if step == self.point:
                self.left -= 1
            return step == self.point and self.left == 0


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class InThisProcess:
    """
    In the sandbox's place: rendering is not what is on trial here, and a child costs a third of a
    second.
    """

    def call(self, function: str, *arguments: Any) -> Any:
        module, _, name = function.partition(":")
        return getattr(importlib.import_module(module), name)(*arguments)


class Mortal:
    """
    Lanes whose process dies with half a request written, or with a whole one and no answer read;
    without keys where the far end is to know none; the call of one number meets a closed door.
    """

    def __init__(self, killer: Killer, *, count: int, has_keys: bool, refused_call: int) -> None:
        self._lanes = Lanes(count)
        self._killer, self._has_keys = killer, has_keys
        self._refused_call, self._calls = refused_call, 0
        self._guard = threading.Lock()

    def post(
        self, url: str, content: bytes, headers: Mapping[str, str], deadline_s: float
    ) -> Answer | NoAnswer:
        told = dict(headers)
        if not self._has_keys:
            told.pop("Idempotency-Key", None)
        for point, share in (("call.half", 0.5), ("call.written", 1.0)):
            if self._killer.is_due(point):
                write_by_hand(url, content, told, share)
                die()
        with self._guard:
            self._calls += 1
            is_refused = self._calls == self._refused_call
        # Nobody listens on port 1.
        target = f"http://127.0.0.1:1{urlsplit(url).path}" if is_refused else url
        return self._lanes.post(target, content, told, deadline_s)

    def get(self, url: str, headers: Mapping[str, str], deadline_s: float) -> Answer | NoAnswer:
        return self._lanes.get(url, headers, deadline_s)


def write_by_hand(url: str, content: bytes, headers: Mapping[str, str], share: float) -> None:
    """
    Writes the head of a POST and a *share* of its body, and returns as soon as that is written.
    """
    to = urlsplit(url)
    lines = [f"POST {to.path} HTTP/1.1", f"Host: {to.netloc}", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((to.hostname or "", to.port or 80)) as connection:
        head = "\r\n".join([*lines, "", ""]).encode()
        connection.sendall(head + content[: int(len(content) * share)])


class Few:
    """
    A provider as it is, with fewer people a call, and with no key where that was taken away.
    """

    def __init__(self, inner: Provider, *, most: int, has_keys: bool) -> None:
        self.inner, self.name = inner, inner.name
        told: dict[str, Any] = {"max_recipients": most}
        if not has_keys:
            told |= {"idempotency": Idempotency.NONE, "key_life": None}
        self._capabilities = dataclasses.replace(inner.capabilities, **told)

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        return self.inner.send(mail, recipients, key)

    def look_up(self, attempt: Attempt) -> BatchResult:
        return self.inner.look_up(attempt)

    def verify(self, headers: Mapping[str, str], raw: bytes) -> bool:
        return self.inner.verify(headers, raw)

    def events(self, raw: bytes) -> list[Event]:
        return self.inner.events(raw)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Job:
    """
    What one child does. `sink` is where the sink answers for this run; `kind` is a form of it.
    Every phase goes on with a clock that is AHEAD_S further; `point` is where it dies; `jumps`,
    `wrong_for_s` and `clock_file` are those of `WrongClock`; `rate` is the setting's, `clean_s` the
    App's.
    """

    folder: str
    sink: str
    kind: str
    batch: int = 50
    lanes: int = 2
    point: str = ""
    times: int = 1
    ahead_s: float = 0.0
    phases: int = 1
    deadline_s: float = 60.0
    refused_call: int = 0
    reports: bool = False
    jumps: Sequence[tuple[int, float]] = ()
    wrong_for_s: float = 0.0
    clock_file: str = ""
    rate: float | None = None
    clean_s: float = CLEAN_S


def run(told: Mapping[str, Any]) -> None:
    """
    Sends as *told* (a Job), and writes down what the product says of it where that is asked for.
    """
    job = Job(**told)
    if job.rate:
        watch_stalls(Path(job.folder) / f"{os.getpid()}.stall")
    killer = Killer(job.point, job.times)
    clock = WrongClock(
        ahead_s=job.ahead_s, jumps=job.jumps, wrong_for_s=job.wrong_for_s, file=job.clock_file
    )

    def on_step(step: str) -> None:
        clock.pass_step()
        killer(step)

    with App(
        settings=settings_for(job),
        clock=clock,
        on_step=on_step,
        shared_sandbox=InThisProcess(),  # type: ignore[arg-type]
        clean_s=job.clean_s,
    ) as app:
        app.providers["bulk"] = provider_for(job, killer)
        for _ in range(job.phases):
            send_what_may_go(app, wall=clock if job.jumps else utc_now)
            clock.ahead_s += AHEAD_S
    if job.reports:
        report(job)


def settings_for(job: Job) -> Settings:
    """
    The installation's settings, with as many batches in flight as there are connections: one that
    waited for a free connection would spend its deadline there.
    """
    settings = load_settings(Path(job.folder) / "newsletter.toml")
    delivery = settings.delivery.model_copy(update={"lanes": job.lanes})
    bulk = settings.provider["bulk"].model_copy(update={"rate": job.rate})
    return settings.model_copy(update={"delivery": delivery, "provider": {"bulk": bulk}})


def provider_for(job: Job, killer: Killer) -> Provider:
    has_keys = job.kind == "resend"
    lanes = Mortal(killer, count=job.lanes, has_keys=has_keys, refused_call=job.refused_call)
    told: dict[str, Any] = {
        "api_key": "key",
        "base_url": f"{job.sink}/{job.kind}",
        "lanes": lanes,
        "deadline_s": job.deadline_s,
    }
    if job.kind == "postmark":
        return Few(PostmarkProvider("bulk", **told), most=job.batch, has_keys=False)
    return Few(ResendProvider("bulk", **told), most=job.batch, has_keys=has_keys)


def send_what_may_go(app: App, *, wall: Callable[[], dt.datetime]) -> None:
    pipeline.resume(app.road)
    with app.database.read() as connection:
        state = load_issue(connection, ISSUE).state
    if state is IssueState.DRAFT:
        pipeline.publish_issue(app.road, ISSUE, despite="a trial of sending")
    if state is IssueState.PAUSED:
        # A person has done what the pause asked for.
        with app.database.write() as connection:
            move_issue(connection, ISSUE, IssueState.SENDING, pause_reason=None)
    hand_over(app, is_done=lambda: not is_anything_due(app), wall=wall)


def is_anything_due(app: App) -> bool:
    """
    Whether a batch may go, or can be asked about, at the clock as it stands.
    """
    is_due = batch.c.state.in_(_SOON) | (
        batch.c.state.in_(_LATER) & (batch.c.not_before <= app.clock())
    )
    asked = (
        sa.select(sa.func.count())
        .select_from(batch.join(issue, issue.c.id == batch.c.issue_id))
        .where(issue.c.state == IssueState.SENDING, is_due)
    )
    with app.database.read() as connection:
        return bool(connection.execute(asked).scalar_one())


def tell(told: Mapping[str, Any]) -> None:
    """
    As `report`, in a child of its own while others send.
    """
    report(Job(**told))


def report(job: Job) -> None:
    """
    Writes `status.json` and `recipients.json` into the folder: the public commands' own words.
    """
    folder = Path(job.folder)
    for word in ("status", "recipients"):
        told = ["--config", str(folder / "newsletter.toml"), "--json", "issue", word, str(ISSUE)]
        with contextlib.redirect_stdout(io.StringIO()) as written, contextlib.suppress(SystemExit):
            command_line(told)
        (folder / f"{word}.json").write_text(written.getvalue())


def serve(told: Mapping[str, Any]) -> None:
    """
    The web part of the installation in `folder`, on `port`, until killed.
    """
    # What its settings name; a provider is opened to hear it.
    os.environ["UNUSED"] = "key"
    with App(settings=load_settings(Path(told["folder"]) / "newsletter.toml")) as app:
        Serving(app, host="127.0.0.1", port=told["port"], parts=frozenset({"web"})).run()
