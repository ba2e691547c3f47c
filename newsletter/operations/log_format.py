"""
The log of a running `newsletter serve`: plain lines with UTC time, without anybody's address and
without the token of a link, whoever wrote the line.
"""

from __future__ import annotations

import logging
import re
import time

# A database's own address has an @ too and is what a person needs to read: it stays.
_PERSONAL = re.compile(
    r"(?P<kept>postgresql[+\w]*://\S+)"
    r"|[^\s<>()\[\]'\",;:=]+@[^\s<>()\[\]'\",;:]+"
    r"|(?P<page>/[ruv]/)[\w%-]+"
)
# Their lines at INFO say nothing that ours do not, or name whole addresses.
_TALKATIVE = ("httpx", "httpcore", "alembic", "uvicorn", "asyncio")


class PlainLines(logging.Formatter):
    """
    Formats records, tracebacks included, and takes out what is personal.
    """

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%SZ"
        )
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """
        The line of *record* with `…` for each address and token.
        """
        return _PERSONAL.sub(_hidden, super().format(record))


def _hidden(found: re.Match[str]) -> str:
    return found["kept"] or (found["page"] or "") + "…"


def log_plainly() -> None:
    """
    Nothing; from now on the process logs to standard error in such lines.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(PlainLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of every wake-up that a long tick made needless.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    # What they have to tell, `queue.engine` says in one line; theirs are tracebacks and repeats.
    for name in ("procrastinate", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
