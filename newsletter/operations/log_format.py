"""
The log of `newsletter serve` and `newsletter worker`: plain lines with UTC time, without email
addresses and tokens of links, also in lines that libraries write.
"""

from __future__ import annotations

import logging
import re
import time

# A database's URL has an @ too, and a person needs to read it: it stays.
_PERSONAL = re.compile(
    r"(?P<kept>postgresql[+\w]*://\S+)"
    r"|[^\s<>()\[\]'\",;:=]+@[^\s<>()\[\]'\",;:]+"
    r"|(?P<page>/[ruv]/)[\w%-]+"
)
# Their lines at INFO repeat ours, or name whole addresses.
_NOISY = ("httpx", "httpcore", "alembic", "uvicorn", "asyncio")


class RedactingFormatter(logging.Formatter):
    """
    Format records, tracebacks included, and redact addresses and tokens.
    """

    def __init__(self) -> None:
        super().__init__(
            "%(asctime)s %(levelname)s %(name)s: %(message)s", datefmt="%Y-%m-%dT%H:%M:%SZ"
        )
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """
        Return the line of *record*, with `…` for each address and token.
        """
        return _PERSONAL.sub(_redact, super().format(record))


def _redact(found: re.Match[str]) -> str:
    return found["kept"] or (found["page"] or "") + "…"


def configure_logging() -> None:
    """
    Log to standard error in such lines from now on.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns of every wake-up that a long tick made needless.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    # `procrastinate_worker` logs their failures in one line; theirs are tracebacks and repeats.
    for name in ("procrastinate", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
