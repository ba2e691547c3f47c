"""
Submit one issue from the command line, and show where it stands.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from newsletter.cli.issues.live_status import (
    describe_canary,
    describe_cooldown,
    describe_failed_over,
    describe_failover,
    describe_time_of_day,
    describe_uncertain,
    reconciles_soon,
    waiting_word,
)
from newsletter.cli.issues.wait_messages import WaitMessages
from newsletter.cli.progress import progress
from newsletter.cli.session import Session
from newsletter.model.event import IN_WORDS
from newsletter.model.issue import EDITABLE, IssueState

if TYPE_CHECKING:
    from newsletter.app import App

# The call of a sender that died may be open for a minute; after that it can be reconciled.
UNCERTAIN_PATIENCE_S = 75.0
STATES = ("accepted", "rejected", "skipped", "cancelled", "uncertain", "pending")


def send_with_progress(session: Session, app: App, issue_id: int) -> bool:
    """
    Submit the issue's batches in this process until it is submitted, paused or cancelled, or waits
    for a person. It also waits until the provider has been asked about uncertain recipients.

    Return True if the person stopped it.

    Raises:
        StoreError: the database has no room left to grow; the issue stays as it is.
    """
    from newsletter.actions.issues.issue_status import status_of
    from newsletter.workers.sender import run_until_done

    uncertain_since: list[float] = []
    messages = WaitMessages(session.say)
    with progress(f"sending issue {issue_id}") as report, _stoppable() as stopping:

        def is_done() -> bool:
            counts = status_of(app, issue_id, by=session.actor)
            report(counts["audience"] - counts["pending"], counts["audience"])
            if counts["state"] != "sending" or counts["stopped"]:
                return True
            messages.report(counts)
            if counts["pending"]:
                # A sender waits silently until there is room; the person at the terminal is told.
                app.database.require_space()
                return False
            uncertain_since.append(time.monotonic())
            if reconciles_soon(counts):
                return False
            return time.monotonic() - uncertain_since[0] > UNCERTAIN_PATIENCE_S

        run_until_done(app, issue_id=issue_id, is_stopping=stopping.is_set, is_done=is_done)
        is_done()
    return stopping.is_set()


def end_waiting(session: Session, app: App, issue_id: int, *, was_stopped: bool) -> None:
    """
    Show where the issue stands, and end with a status of failure unless it is submitted.
    """
    show_status(session, app, issue_id)
    require_submitted(session, app, issue_id, was_stopped=was_stopped)


def require_submitted(session: Session, app: App, issue_id: int, *, was_stopped: bool) -> None:
    """
    End with a status of failure unless the issue is submitted.
    """
    from newsletter.actions.issues.issue_status import status_of

    status = status_of(app, issue_id, by=session.actor)
    if was_stopped:
        session.refuse(
            f"stopped; to send the rest: `newsletter issue send {issue_id} --wait` or "
            "`newsletter serve`",
            status=130,
        )
    if status["state"] == "paused":
        session.refuse(
            f"issue {issue_id} is paused: {status['reason']}; to continue: "
            f"`newsletter issue resume {issue_id}`"
        )
    if status["stopped"] and status["pending"]:
        session.refuse(f"issue {issue_id} is waiting: {status['stopped']}")
    if status["uncertain"]:
        count = status["uncertain"]
        who = "1 recipient" if count == 1 else f"{count} recipients"
        verb = "is" if count == 1 else "are"
        session.refuse(f"{who} of issue {issue_id} {verb} uncertain")


@contextmanager
def _stoppable() -> Iterator[threading.Event]:
    """
    Yield an event that Ctrl-C or SIGTERM sets, so that the work ends in order; a second signal
    ends the process at once.
    """
    stopping = threading.Event()

    def on_signal(number: int, frame: object) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        stopping.set()

    if threading.current_thread() is not threading.main_thread():
        yield stopping
        return
    before = {n: signal.signal(n, on_signal) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _audience(status: Mapping[str, Any]) -> str:
    if status["state"] == IssueState.CANCELLED and not status["audience"]:
        return "nobody was sent it"
    if status["audience"] or status["state"] not in EDITABLE:
        return f"audience {status['audience']}"
    return f"not sent yet; for its readers and time: `newsletter issue show {status['id']}`"


def name_of(status: Mapping[str, Any]) -> str:
    """
    Name what a status is about: an issue, or the test email of one.
    """
    if status["test_of"] is not None:
        return f"test of issue {status['test_of']}"
    return f"issue {status['id']}"


def show_status(session: Session, app: App, issue_id: int) -> None:
    """
    Print where the issue stands.
    """
    from newsletter.actions.issues.issue_status import status_of

    status = status_of(app, issue_id, by=session.actor)
    lines = [f"{name_of(status)}: {status['state']}, {_audience(status)}"]
    lines += [f"  {state}: {status[state]}" for state in STATES if status[state]]
    lines += [
        f"  reported, {words}: {status['outcomes'][kind]}"
        for kind, words in IN_WORDS.items()
        if status["outcomes"][kind]
    ]
    lines += [f"  sent through {name}: {people}" for name, people in status["taken_by"].items()]
    lines += [f"  excluded, {why}: {people}" for why, people in status["excluded"].items()]
    lines += [f"  {why}: {people}" for why, people in status["reasons"].items()]
    lines += [f"  {wait['recipients']} {_wait_words(wait)}" for wait in status["waits"]]
    if canary := describe_canary(status):
        lines.append(f"  {canary}; to send the rest now: `newsletter issue resume {issue_id}`")
    if status["stopped"]:
        lines.append(f"  {status['stopped']}")
    if status["reason"]:
        lines.append(f"  {status['reason']}")
    if status["state"] == "paused":
        lines.append(
            f"  to continue with the pending recipients: `newsletter issue resume {issue_id}`"
        )
    if moves := describe_failed_over(status) or describe_failover(status):
        lines.append(f"  {moves}")
    if status["cooldown_until"] and status["pending"]:
        lines.append(f"  {describe_cooldown(status)}")
    if reconciles_soon(status):
        lines.append(f"  {describe_uncertain(status)}, by `newsletter serve`")
    elif status["needs_decision"]:
        lines.append(
            "  `newsletter serve` asks the provider about the uncertain ones if it can; otherwise "
            f"list them: `newsletter issue recipients {issue_id} --state uncertain`, and decide: "
            f"`newsletter issue resolve {issue_id} --as accepted` or `--as rejected`"
        )
    lines += [f"  {line}" for line in status["warnings"]]
    lines += [f"  {line}" for line in changed_since(issue_id, status["changed_briefs"])]
    session.show(status, "\n".join(lines))


def _wait_words(wait: Mapping[str, Any]) -> str:
    until = f"{wait['until'][:10]} {wait['until'][11:19]} UTC"
    return describe_time_of_day(wait) or f"{waiting_word(wait)} {until}: {wait['reason']}"


def warn_without_sender(session: Session, app: App) -> None:
    """
    Warn if no running process submits frozen issues.
    """
    from newsletter.actions.issues.issue_status import has_sender

    if not has_sender(app, by=session.actor):
        session.say("queued, but no sender is running: start `newsletter serve`, or add --wait")


def changed_since(issue_id: int, briefs: Sequence[int]) -> list[str]:
    """
    Describe the *briefs* of an issue that changed after it was frozen, in a line if there are any.
    """
    if not briefs:
        return []
    numbers = ", ".join(map(str, briefs))
    what = f"brief {numbers} has" if len(briefs) == 1 else f"briefs {numbers} have"
    return [
        f"{what} changed since the issue was sent; to send its readers a correction: "
        f"`newsletter issue correct {issue_id}`"
    ]
