"""
What a suite finds: a row of figures for each sender, database and kind of provider; and what a
row's senders are started with.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from reliability.known_bad import senders as bad_senders
from reliability.known_bad import workers as bad_workers
from reliability.processes import sender as product_sender
from reliability.processes.fork_server import Function
from reliability.runs.checker import Figures
from reliability.runs.suite_environment import POSTGRES, SQLITE
from reliability.runs.suite_run import SuiteRun

PRODUCT = "newsletter"
DATABASES = (SQLITE, POSTGRES)
KINDS = ("resend", "postmark", "plain")
# Where neither key nor look-up exists, the product itself takes no more than this at once.
SMALL_BATCH = 25
CONNECTIONS = 2


@dataclass(kw_only=True)
class Row:
    """
    One line of the table. `wrong` names the runs that broke the promise, so that each can be
    played again.
    """

    suite: str
    sender: str
    database: str
    kind: str
    runs: int = 0
    figures: Figures = field(default_factory=Figures)
    wrong: list[str] = field(default_factory=list)
    kills: int = 0
    notes: str = ""
    seconds: float = 0.0

    def add(self, name: str, found: Figures, *, most_uncertain: int) -> None:
        self.runs += 1
        self.figures += found
        if not found.is_clean or found.uncertain > most_uncertain:
            self.wrong.append(f"{name}: {found}")


def sender_function(sender: str) -> Function:
    own = {
        PRODUCT: product_sender.run,
        bad_workers.MODE: bad_workers.run,
    }
    return own.get(sender, bad_senders.run)


def sender_job(run: SuiteRun, sender: str, kind: str) -> dict[str, Any]:
    """
    Return what a child needs to know of *run*, whichever *sender* it is.
    """
    job = {"folder": str(run.folder), "sink": run.sink_url}
    if sender == PRODUCT:
        return job | {"kind": kind}
    if sender == bad_workers.MODE:
        return job
    (run.folder / "audience.json").write_text(json.dumps(run.audience))
    return job | {"mode": sender}


def frozen_provider(row: Row, batch: int) -> dict[str, Any] | None:
    """
    Return the provider for which the issue of a run of *row* is frozen; a bad sender freezes
    nothing.
    """
    return {"kind": row.kind, "batch": batch} if row.sender == PRODUCT else None


def most_uncertain(kind: str, *, deaths: int) -> int:
    return 0 if kind != "plain" else CONNECTIONS * SMALL_BATCH * deaths


def rows_of(
    suite: str,
    *,
    databases: Sequence[str] = DATABASES,
    kinds: Sequence[str] = KINDS,
    senders: Sequence[str],
) -> list[Row]:
    """
    Make the empty rows of a suite: for the product one for each database and kind, for a bad sender
    one, since it has a ledger of its own and knows one form.
    """
    places = {PRODUCT: [(database, kind) for database in databases for kind in kinds]}
    return [
        Row(suite=suite, sender=sender, database=database, kind=kind)
        for sender in senders
        for database, kind in places.get(sender, [(SQLITE, "plain")])
    ]
