"""
Workers that are known to be wrong, to see that the `workers` suite notices: they share a small
database of their own, and what a dead one had in hand they simply submit again, whatever became of
its call. No code of the product.

    python -m reliability.known_bad.workers FOLDER SINK

is one of them, until SIGTERM.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

MODE = "takes_over"
READY = "sending, with up to one call at a time"
LOOK_S = 0.02
NEXT = "SELECT no, owner FROM batch WHERE state != 'sent' ORDER BY no"
OPEN = "SELECT count(*) FROM batch WHERE state = 'open'"


class Ledger:
    """
    Who has which batch, in a file in *folder*.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = sqlite3.connect(folder / "bad.db", isolation_level=None, timeout=60)

    def begin(self, audience: Sequence[str], batch: int) -> None:
        """
        Write down every batch, none of them taken, and close the file.
        """
        self.rows.execute("CREATE TABLE batch (no INTEGER PRIMARY KEY, owner INTEGER, state TEXT)")
        numbers = range(0, len(audience), batch)
        self.rows.execute("BEGIN")
        self.rows.executemany("INSERT INTO batch VALUES (?, 0, 'open')", [(n,) for n in numbers])
        self.rows.execute("COMMIT")
        content = {"audience": audience, "batch": batch}
        (self.folder / "audience.json").write_text(json.dumps(content))
        self.rows.close()

    def take(self) -> int | None:
        """
        Take the next batch that is nobody's, or was a dead one's.
        """
        self.rows.execute("BEGIN IMMEDIATE")
        waiting = self.rows.execute(NEXT)
        number = next((no for no, owner in waiting if not is_alive(owner)), None)
        mine = "UPDATE batch SET owner = ?, state = 'taken' WHERE no = ?"
        self.rows.execute(mine, [os.getpid(), number])
        self.rows.execute("COMMIT")
        return number

    def settle(self, number: int) -> None:
        self.rows.execute("UPDATE batch SET state = 'sent' WHERE no = ?", [number])

    def audience(self) -> dict[str, Any]:
        """
        Read the `audience`, and how many of them are a `batch`.
        """
        found: dict[str, Any] = json.loads((self.folder / "audience.json").read_text())
        return found

    def report(self) -> None:
        """
        Write what it believes, in the words of the product's public commands.
        """
        content = self.audience()
        sent = {no for (no,) in self.rows.execute("SELECT no FROM batch WHERE state = 'sent'")}
        recipients = [
            {
                "address": who,
                "state": "accepted" if n - n % content["batch"] in sent else "rejected",
            }
            for n, who in enumerate(content["audience"])
        ]
        states = [one["state"] for one in recipients]
        ends = ("accepted", "rejected", "skipped", "cancelled", "uncertain", "pending")
        status = {end: states.count(end) for end in ends} | {"audience": len(states)}
        (self.folder / "status.json").write_text(json.dumps(status))
        (self.folder / "recipients.json").write_text(json.dumps(recipients))


def left_in(folder: Path) -> int:
    """
    Count the batches that nobody has taken yet.
    """
    with contextlib.closing(Ledger(folder).rows) as rows:
        (count,) = rows.execute(OPEN).fetchone()
    return int(count)


def is_alive(owner: int) -> bool:
    """
    Say whether a worker lives; 0 is none.
    """
    if owner == 0:
        return False
    try:
        os.kill(owner, 0)
    except ProcessLookupError:
        return False
    return True


def send(ledger: Ledger, sink: str, content: Mapping[str, Any]) -> bool:
    """
    Submit a batch of the audience in *content*, and say whether there was one.
    """
    number = ledger.take()
    if number is None:
        return False
    who = content["audience"][number : number + content["batch"]]
    items = [{"to": [one], "tags": [{"name": "delivery", "value": one}]} for one in who]
    request = urllib.request.Request(f"{sink}/emails/batch", data=json.dumps(items).encode())
    with urllib.request.urlopen(request, timeout=60) as answer:
        answer.read()
    ledger.settle(number)
    return True


def run(parameters: Mapping[str, Any]) -> None:
    """
    Submit what is left, and report.
    """
    ledger = Ledger(Path(parameters["folder"]))
    while send(ledger, f"{parameters['sink']}/plain", ledger.audience()):
        pass
    ledger.report()


def main(folder: str, sink: str) -> None:
    """
    Work until SIGTERM.
    """
    is_asked_to_end: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, frame: is_asked_to_end.append(number))
    ledger = Ledger(Path(folder))
    audience = ledger.audience()
    sys.stderr.write(f"{READY}\n")
    sys.stderr.flush()
    while not is_asked_to_end:
        if not send(ledger, sink, audience):
            time.sleep(LOOK_S)


if __name__ == "__main__":
    main(*sys.argv[1:])
