"""
`growth`: what a reader costs in a small and in a large issue, each sent by a process of its own
whose memory is read when it is done.

    python -m benchmarks.growth FOLDER URL CERTIFICATE ISSUE

is that process. It prints its seconds, and the most memory it ever held in kB.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import installation, pages
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from benchmarks.shared import SharedProvider
from benchmarks.wire import Wire, require_counted, running_sink
from newsletter.app import App
from newsletter.model.mail import Mail
from newsletter.settings import Settings
from newsletter.workers.sender import run_until_done

NAME = "growth"


def run(*, full: bool = False) -> list[Row]:
    """
    Return a row for each size, relative to the smallest.
    """
    sizes = (10_000, 100_000, 1_000_000) if full else (10_000, 30_000, 100_000)
    return [measure(few=sizes[0], many=many, runs=3 if full else RUNS) for many in sizes[1:]]


def measure(*, few: int, many: int, runs: int = RUNS) -> Row:
    """
    Return the row for a large issue; its lower bound is a reader of the small one.
    """
    mail = pages.mail_of(pages.page(pages.SOURCE_OF_60_KB))
    with (
        running_sink() as wire,
        installation.opened(few) as small,
        installation.opened(many) as large,
    ):
        sender = _Sender(wire, mail)
        seconds = interleave(
            runs,
            ours=lambda: sender.seconds_a_reader(large, many),
            floor=lambda: sender.seconds_a_reader(small, few),
        )
        most, size = sender.most_kb, installation.bytes_of(large) / many
    work = f"{many:,} readers; floor: {few:,}; {most / 1000:.0f} MB, {size:,.0f} bytes a reader"
    return Row(name=NAME, work=work, seconds=seconds)


@dataclass
class _Sender:
    """
    Send from a process of its own. `most_kb` is the memory of the largest of them.
    """

    wire: Wire
    mail: Mail
    most_kb: int = 0

    def seconds_a_reader(self, app: App, readers: int) -> float:
        """
        Return the seconds that sending took per reader, without starting the process.
        """
        issue = installation.add_issue(app, self.mail, provider=SharedProvider.name)
        installation.freeze(app, issue, self.mail)
        arguments = (app.settings.folder, self.wire.url, self.wire.certificate, issue.id)
        ran = subprocess.run(
            [sys.executable, "-m", "benchmarks.growth", *map(str, arguments)],
            check=True,
            capture_output=True,
            text=True,
        )
        require_counted(self.wire, readers, "ours")
        installation.remove_issue(app, issue)
        seconds, kilobytes = ran.stdout.split()
        self.most_kb = max(self.most_kb, int(kilobytes))
        return float(seconds) / readers


def send(words: Sequence[str]) -> None:
    """
    Send one issue and print what that took.
    """
    folder, url, certificate, issue = words
    wire = Wire(url=url, certificate=Path(certificate))
    with App(settings=Settings(folder=Path(folder))) as app, wire.http() as http:
        app.providers[SharedProvider.name] = SharedProvider(url, http)
        seconds = seconds_for(
            lambda: run_until_done(app, issue_id=int(issue), is_done=lambda: True)
        )
    print(seconds, most_kb(Path("/proc/self/status").read_text()))


def most_kb(status: str) -> int:
    """
    Read the peak memory from Linux's record of the process: getrusage also counts what its parent
    held.
    """
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    assert found is not None, "this system does not tell how much memory a process held"
    return int(found[1])


if __name__ == "__main__":
    send(sys.argv[1:])
