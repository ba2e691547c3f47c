"""
A process that takes a sign-up, confirms it or sends its mail, and kills itself on the way: run by
`test_sign_up_kill.py`, never imported.

Arguments: folder, database address, time, what to do (join, confirm or send), and the point at
which the process ends itself with SIGKILL.
"""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Any, cast

from newsletter.actions.readers.signup import ask_to_join, confirm
from newsletter.app import App
from newsletter.isolation.sandbox import Sandbox
from newsletter.settings import Settings
from newsletter.workers.sender import run_until_done
from reliability.processes.outbox_sender import CrashPoint
from reliability.processes.sender import InlineSandbox
from subscribers.lists import find_list
from subscribers.signup.model import SignUp
from subscribers.validation.address import parse_address


def main() -> None:
    folder, url, at, what, point = sys.argv[1:]
    settings: dict[str, Any] = {
        "site": {"name": "The Institute", "base_url": "https://news.example.org"},
        "database": {"url": url},
        "sender": {"name": "The Desk", "address": "desk@example.org"},
        "folder": Path(folder),
    }
    now = dt.datetime.fromisoformat(at)
    with App(
        settings=Settings(**settings),
        clock=lambda: now,
        on_step=CrashPoint(point, 1),
        shared_sandbox=cast(Sandbox, InlineSandbox()),
    ) as app:
        if what == "join":
            join(app)
        elif what == "confirm":
            confirm(app, 1)
        else:
            run_until_done(app, is_done=lambda: False)


def join(app: App) -> None:
    with app.database.read() as connection:
        daily = find_list(connection, "daily")
    ada = SignUp(address=parse_address("ada@example.org"), lists=[daily], form="join page")
    ask_to_join(app, ada, language="en", sends_welcome=True, admit=lambda connection: True)


if __name__ == "__main__":
    main()
