"""
A sender whose storage fails, run in a child of the fork server: the product (or a bad sender) as
ever, on a disk with a fault in it. How it ended is written to `ended.json`.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.errors import NewsletterError
from reliability.processes.fork_server import function_at
from reliability.storage_faults.sqlite_disk import CALL_OF, FailingDisk
from subscribers.errors import SubscribersError

# How a sender ends that was refused something in one line, as the command line does.
REFUSED = 1
BROKEN = 2
# How long a full disk stays full.
FULL_S = 1.5


def run(parameters: Mapping[str, Any]) -> None:
    """
    Call the sender at `function` ("module:function") with the rest of *parameters*, on a `disk`
    that fails as it says (`fault`, `at`, `times`).
    """
    job = dict(parameters)
    disk, folder = job.pop("disk"), Path(job["folder"])
    failing = FailingDisk(**disk) if disk["fault"] in CALL_OF else None
    if failing is not None:
        failing.install()
    elif disk["fault"] == "pages":
        limit_pages(disk["at"])
    elif disk["fault"] == "quota":
        limit_files(folder, disk["at"])
    status, line = _ended(job.pop("function"), job)
    free_files()
    seen = failing.seen if failing is not None else 0
    (folder / "ended.json").write_text(json.dumps({"line": line, "calls": seen}))
    sys.stderr.flush()
    os._exit(status)


def _ended(path: str, job: Mapping[str, Any]) -> tuple[int, str]:
    try:
        function_at(path)(job)
    except (NewsletterError, SubscribersError) as error:
        return REFUSED, str(error)
    except Exception as error:
        return BROKEN, f"{type(error).__name__}: {error}"
    return 0, ""


def limit_pages(more: int) -> None:
    """
    Let each database opened from now on grow by *more* pages at most (SQLite's own
    `max_page_count`), and after a while kill the process that waits for room.
    """
    _later(lambda: os.kill(os.getpid(), signal.SIGKILL))

    @sa.event.listens_for(sa.pool.Pool, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + more}")


def limit_files(folder: Path, more: int) -> None:
    """
    Let no file of this process grow past the database's size now and *more* KiB, as a quota has it:
    EFBIG from the kernel, in the middle of a write. After a while there is room again.
    """
    _later(free_files)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = (folder / "newsletter.db").stat().st_size
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + more * 1024, hard))


def free_files() -> None:
    """
    Let files be of any size again.
    """
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def _later(do: Callable[[], None]) -> None:
    timer = threading.Timer(FULL_S, do)
    timer.daemon = True
    timer.start()
