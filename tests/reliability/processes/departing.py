"""
A process that lets a person go and kills itself on the way, for `test_departure_kill.py`; the fork
server runs it.

Arguments: folder, database address, time, what to do (leave, suppress or erase), and the point at
which the process ends itself with SIGKILL.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.actions.people import subscribers, suppressions
from newsletter.actions.people.suppressions import SuppressionValues
from newsletter.app import App
from newsletter.model.access import OPERATOR
from newsletter.settings import Settings
from reliability.processes.outbox_sender import CrashPoint
from subscribers.database.request_tables import departure

ADA = "ada@example.org"


def main() -> None:
    folder, url, at, what, point = sys.argv[1:]
    settings: dict[str, Any] = {
        "site": {"name": "The Institute", "base_url": "https://news.example.org"},
        "database": {"url": url},
        "sender": {"name": "The Desk", "address": "desk@example.org"},
        "folder": Path(folder),
    }
    now = dt.datetime.fromisoformat(at)
    crash = CrashPoint(point, 1)
    with App(settings=Settings(**settings), clock=lambda: now) as app:
        file, engine = app.departure_log.file, app.database.engine

        def before_log(connection: sa.Connection) -> None:
            if connection.scalar(sa.select(sa.func.count()).select_from(departure)):
                crash("file.before")

        def after_log(connection: sa.Connection) -> None:
            if file.path.exists():
                crash("file.after")

        # The log listens to the same event, and writes the file between these two: what listens to
        # all databases is called first.
        sa.event.listen(sa.Engine, "commit", before_log)
        sa.event.listen(engine, "commit", after_log)
        go(app, what)
        crash("commit.after")


def go(app: App, what: str) -> None:
    if what == "leave":
        subscribers.unsubscribe(app, ADA, "daily", by=OPERATOR)
    elif what == "suppress":
        suppressions.add(app, ADA, by=OPERATOR, values=SuppressionValues())
    else:
        subscribers.erase_person(app, ADA, by=OPERATOR)
