"""
A process that sends through an SMTP server and may be killed at any time, for `test_smtp_kill.py`;
the fork server runs it.

Arguments: folder, database address, seconds the clock is ahead, issue, the server's port, and how
many connections. Its process id is in the file `pid` before it sends.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path

from newsletter import pipeline
from newsletter.app import App, utc_now
from newsletter.settings import Settings
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.store.issues.issues import load_issue
from newsletter.workers.sender import run_until_done


def main() -> None:
    folder, url, ahead_s, issue, port, connections = sys.argv[1:]
    issue_id, place = int(issue), Path(folder)
    relay = {"kind": "smtp", "host": "127.0.0.1", "port": int(port), "security": "none"}
    settings = {
        "site": {"name": "The Institute", "base_url": "https://news.example.org"},
        "database": {"url": url},
        "sender": {"name": "The Desk", "address": "desk@example.org"},
        "provider": {"relay": relay},
        "delivery": {"connections": int(connections), "provider": "relay", "canary": False},
        "folder": place,
    }
    ahead = dt.timedelta(seconds=float(ahead_s))
    (place / "pid").write_text(str(os.getpid()))
    with App(settings=Settings(**settings), clock=lambda: utc_now() + ahead) as app:
        pipeline.resume(app.publishing)
        with app.database.read() as connection:
            state = load_issue(connection, issue_id).state
        if state == "draft":
            pipeline.publish_issue(app.publishing, issue_id, override_reason="a trial of sending")

        def is_done() -> bool:
            """
            Return whether nothing is left to send or to read in the journal of a dead process.
            """
            with app.database.read() as connection:
                pending = count_deliveries(connection, issue_id).as_json()["pending"]
            return pending == 0 and not list(app.reply_journal.left_behind())

        run_until_done(app, is_done=is_done)
