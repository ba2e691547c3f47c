"""
Compare the model with a real send: `python -m benchmarks.scale_check` sends an issue over several
connections to a slow provider in this process, and prints what `scale_model` predicted.
"""

from __future__ import annotations

import math
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks import installation, pages
from benchmarks.installation import BATCH, Counting
from benchmarks.scale_costs import POSTGRESQL, SQLITE
from benchmarks.scale_model import Sending, ours_s, simulate
from newsletter.model.delivery import BatchResult
from newsletter.model.mail import Mail, Recipient
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.workers.sender import run_until_done

READERS = 100_000
CALL_S = 0.3


@dataclass(frozen=True, kw_only=True)
class Checked:
    """
    Hold seconds by the clock and of this process's processors, each with the model's prediction.
    The clock is meaningful only on an idle machine.
    """

    real_s: float
    model_s: float
    processor_s: float
    model_processor_s: float


class Slow(Counting):
    """
    A provider that answers after a delay.
    """

    def __init__(self, call_s: float) -> None:
        super().__init__()
        self.call_s = call_s

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        """
        Accept each recipient, a little later.
        """
        result = super().send(mail, recipients, key)
        time.sleep(self.call_s)
        return result


def check(readers: int, *, call_s: float, url: str | None = None) -> Checked:
    """
    Send one issue to *readers* readers with one process and its usual connections.
    """
    with installation.opened(readers, url=url) as app:
        mail = pages.mail_of(pages.page(pages.SOURCE_OF_60_KB))
        issue, provider = installation.add_issue(app, mail), Slow(call_s)
        app.providers[provider.name] = provider
        installation.freeze(app, issue, mail)
        real, processor = -time.perf_counter(), -time.process_time()
        run_until_done(app, is_done=lambda: provider.copies >= readers)
        real, processor = real + time.perf_counter(), processor + time.process_time()
        with app.database.read() as connection:
            counts = count_deliveries(connection, issue.id).as_json()
        connections = app.settings.delivery.connections
    assert counts["accepted"] == readers, "not all were submitted"
    costs = POSTGRESQL if url else SQLITE
    predicted = Sending(
        readers=readers,
        costs=costs,
        batch=BATCH,
        connections=connections,
        call_s=call_s,
        network_bytes_s=math.inf,
    )
    return Checked(
        real_s=real,
        model_s=simulate(predicted).seconds,
        processor_s=processor,
        model_processor_s=-(-readers // BATCH) * ours_s(predicted),
    )


def main(arguments: list[str]) -> str:
    """
    Print what was measured beside what was predicted.
    """
    readers = int(os.environ.get("READERS", READERS))
    call_s = float(os.environ.get("CALL_S", CALL_S))
    found = check(readers, call_s=call_s, url=arguments[0] if arguments else None)
    return (
        f"{readers:,} readers, calls of {call_s} s\n"
        f"by the clock: {found.real_s:.1f} s, the model says {found.model_s:.1f} s "
        f"({found.model_s / found.real_s - 1:+.0%})\n"
        f"processors: {found.processor_s:.1f} s, the model says {found.model_processor_s:.1f} s "
        f"({found.model_processor_s / found.processor_s - 1:+.0%})"
    )


if __name__ == "__main__":
    print(main(sys.argv[1:]))
