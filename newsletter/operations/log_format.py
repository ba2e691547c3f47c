"""
Set up the log of `newsletter serve` and `newsletter worker`: lines for people or JSON objects.

Modules log through `logging` and pass the event and its ids as `extra`; structlog only formats.
Email addresses and the tokens of links are redacted in every field, also in tracebacks and in the
lines of libraries.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import math
import re
import threading
from typing import Any

from structlog.processors import EventRenamer, format_exc_info
from structlog.stdlib import ExtraAdder, ProcessorFormatter
from structlog.typing import EventDict, WrappedLogger

from newsletter.settings.sections import LogFormat

logger = logging.getLogger(__name__)

_WORD = r"[^\s<>()\[\]'\",;:=]"
# A local part in quotes, of at most the 64 characters that it may have.
_QUOTED = r"\"(?:[^\"\\\n]|\\.){1,64}\""
_DOMAIN = r"(?:\[[^\]\s]{1,64}\]|[^\s<>()\[\]'\",;:]+)"
# In a database URL only the password is redacted, because an operator needs the rest. An address
# can only begin where a word begins, so that a long text is searched only once.
_PRIVATE = re.compile(
    r"(?P<database>postgresql(?:\+\w{1,20})?://[^\s:/@]*)(?P<password>:[^\s@/]*)?@"
    r"|(?P<key>(?i:password)=)(?:'[^'\n]{0,200}'|[^\s&'\"]+)"
    rf"|(?:(?<!{_WORD})(?<!{_WORD}'){_WORD}+(?:'{_WORD}+)*|{_QUOTED}|(?<=['=]))"
    rf"(?:@|%(?:25){{0,3}}40){_DOMAIN}"
    r"|(?P<page>/(?:[ruv]|hooks/[^/\s]{1,200})/)[\w%-]+(?:\.\w+)?"
    # A word in lower case after them is prose.
    r"|(?P<scheme>\b(?i:basic|bearer)[ +])(?![a-z]{1,64}\b(?![\w+/=.-]))[\w.~+/=-]+"
)
# Characters that could end a line, or move a terminal's cursor.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# At INFO, these loggers repeat our lines or write whole addresses.
_NOISY = ("httpx", "httpcore", "alembic", "asyncio")
# The fields that have a place of their own in a line for people.
_PLACED = ("timestamp", "level", "logger", "event", "message", "exception", "stack_info")


def configure_logging(log_format: LogFormat) -> None:
    """
    Log to standard error in *log_format* from now on, including Python's warnings and the
    exceptions that end a thread.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(make_formatter(log_format))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(capture=True)
    threading.excepthook = log_crashed_thread
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    # It warns about each invalid request, and anybody can send these.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    # It warns about each wake-up that a long tick made unnecessary.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    # `procrastinate_worker` logs these failures in one line; these loggers would repeat them with
    # tracebacks.
    for name in ("procrastinate", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def log_crashed_thread(crash: threading.ExceptHookArgs) -> None:
    """
    Log the exception that ended a thread.
    """
    name = crash.thread.name if crash.thread is not None else "?"
    error = crash.exc_value or crash.exc_type()
    extra = {"event": "thread.crashed", "thread_name": name}
    logger.critical(
        "thread %s crashed, and its work has stopped", name, exc_info=error, extra=extra
    )


def make_formatter(log_format: LogFormat) -> ProcessorFormatter:
    """
    Return a formatter that writes each record as a line for people (`text`) or as one JSON object
    on a line (`json`).
    """
    return ProcessorFormatter(
        # structlog calls the message "event"; here, "event" is the name of what happened.
        foreign_pre_chain=[EventRenamer("message"), ExtraAdder()],
        processors=[
            format_exc_info,
            _describe_record,
            _as_json if log_format == "json" else _in_words,
        ],
    )


def _describe_record(_logger: WrappedLogger, _method: str, fields: EventDict) -> EventDict:
    """
    Return the redacted fields of a record in the order in which they are written.
    """
    record: logging.LogRecord = fields.pop("_record")
    del fields["_from_structlog"]
    at = dt.datetime.fromtimestamp(record.created, dt.UTC)
    described: EventDict = {
        "timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
    }
    for key in ("event", "message", *fields):
        if key in fields and key not in described:
            described[_redact_text(key)] = _redact(fields[key])
    return described


def _redact(value: Any) -> Any:
    """
    Return *value* in types that JSON has, with `…` in place of each address and token.
    """
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case dict():
            return {_redact_text(str(key)): _redact(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_redact(inner) for inner in value]
    return _redact_text(str(value))


def _redact_text(text: str) -> str:
    return _PRIVATE.sub(_replacement, text)


def _replacement(found: re.Match[str]) -> str:
    if found["database"]:
        return f"{found['database']}{':***' if found['password'] else ''}@"
    return (found["key"] or found["page"] or found["scheme"] or "") + "…"


def _as_json(_logger: WrappedLogger, _method: str, fields: EventDict) -> str:
    # ASCII only: a line stays one line and is readable in any encoding.
    return json.dumps(fields)


def _in_words(_logger: WrappedLogger, _method: str, fields: EventDict) -> str:
    """
    Write a line such as `2026-03-05T07:00:00.117Z INFO issue 3 is submitted [issue.submitted
    issue_id=3]`; a traceback follows on lines of its own, indented.

    A record without an event comes from a library, whose name is shown instead.
    """
    more = [f"{key}={value}" for key, value in fields.items() if key not in _PLACED]
    marks = " ".join([str(fields.get("event", fields["logger"])), *more])
    line = f"{fields['timestamp']} {fields['level'].upper()} {fields['message']} [{marks}]"
    blocks = [str(fields[key]) for key in ("stack_info", "exception") if key in fields]
    below = [line for block in blocks for line in block.splitlines()]
    return "\n  ".join(map(_in_one_line, [line, *below]))


def _in_one_line(text: str) -> str:
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
