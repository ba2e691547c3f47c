"""
A process that does what a reader asks for, or sends the mail that answers it, and kills itself on
the way: run by `test_sign_up_kill.py`, `test_leave_kill.py`, `test_resend_kill.py` and
`test_ask_again_kill.py`.

Arguments: folder, database address, time, what to do (one of `ACTS`), and the point at which the
process ends itself with SIGKILL.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from newsletter.actions.issues.resending import resend
from newsletter.actions.readers.own_requests import ask_for_erasure, confirm_erasure
from newsletter.actions.readers.preferences import SettingsChanges, save_settings
from newsletter.actions.readers.signup import ask_to_join, confirm
from newsletter.actions.readers.unsubscribe import unsubscribe
from newsletter.app import App
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.standing.ask_runs import work_ask_runs
from newsletter.model.access import OPERATOR
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
        ACTS[what](app)


def join(app: App) -> None:
    with app.database.read() as connection:
        daily = find_list(connection, "daily")
    ada = SignUp(address=parse_address("ada@example.org"), lists=[daily], form="join page")
    ask_to_join(app, ada, language="en", sends_welcome=True, admit=lambda connection: True)


def leave_in_settings(app: App) -> None:
    """
    Switch the list off on the settings page.
    """
    changes = SettingsChanges(leave=frozenset({"daily"}))
    save_settings(app, 1, changes, language="en", admit=lambda connection: True)


def join_again_in_settings(app: App) -> None:
    """
    Switch a list on again on the settings page.
    """
    changes = SettingsChanges(join={"weekly": ("I want Weekly", 1)})
    save_settings(app, 1, changes, language="en", admit=lambda connection: True)


ACTS: Mapping[str, Callable[[App], object]] = {
    "join": join,
    "confirm": lambda app: confirm(app, 1),
    "leave": lambda app: unsubscribe(app, 1),
    "leave all": lambda app: unsubscribe(app, 1, everything=True),
    "leave in settings": leave_in_settings,
    "join again in settings": join_again_in_settings,
    "ask for erasure": lambda app: ask_for_erasure(app, 1, language="en", admit=lambda _: True),
    "resend": lambda app: resend(app, 1, ["reader0001@example.org"], by=OPERATOR),
    "erase": lambda app: confirm_erasure(app, 1),
    "ask again": lambda app: work_ask_runs(app.publishing),
    "send": lambda app: run_until_done(app, is_done=lambda: False),
}
"""
The person, the subscription, the request and the issue have the number 1.
"""
