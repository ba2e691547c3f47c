"""
Receive the webhooks of a newsletter and keep what they report in a table of people.

    WEBHOOK_SECRET=whsec_… PORT=8099 python receiver.py people.db

It needs `standardwebhooks`. The table has one row per address and list: whether they are `pending`,
`active`, `ended`, `left` or `suppressed`. Put your own program in the place of `act`.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

TABLES = """
CREATE TABLE IF NOT EXISTS seen (webhook_id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS person (
    address TEXT, list TEXT, state TEXT, at TEXT, PRIMARY KEY (address, list)
);
"""
STATES = {
    "subscriber.confirmed": "active",
    "subscriber.left": "left",
    "subscriber.suppressed": "suppressed",
}
MOST_BYTES = 1_000_000


def act(database: sqlite3.Connection, event: Mapping[str, Any]) -> None:
    """
    Do what an event asks for. Kinds that are not known are ignored: later versions add some.
    """
    data = event["data"]
    state = data.get("state") if event["type"] == "subscriber.joined" else STATES.get(event["type"])
    # Nobody's address is known any more after an erasure.
    if state is None or data["address"] is None:
        return
    database.execute(
        "INSERT INTO person VALUES (?, ?, ?, ?) ON CONFLICT (address, list)"
        " DO UPDATE SET state = excluded.state, at = excluded.at",
        (data["address"], data["list"] or "", state, event["timestamp"]),
    )


def receive(database: sqlite3.Connection, webhook_id: str, event: Mapping[str, Any]) -> None:
    """
    Act on an event once, however often it is sent: both in one transaction.
    """
    with database:
        new = database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (webhook_id,))
        if new.rowcount:
            act(database, event)


class Receiver(BaseHTTPRequestHandler):
    """
    Answers the requests of `newsletter serve`.
    """

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BYTES:
            self._answer(413)
            return
        body = self.rfile.read(length)
        try:
            event = webhook.verify(body, dict(self.headers))
        except WebhookVerificationError:
            self._answer(400)
            return
        receive(database, self.headers["webhook-id"], event)
        self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()


if __name__ == "__main__":
    webhook = Webhook(os.environ["WEBHOOK_SECRET"])
    database = sqlite3.connect(sys.argv[1])
    database.executescript(TABLES)
    HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Receiver).serve_forever()
