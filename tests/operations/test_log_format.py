"""
The lines of the log, for people and as JSON: what they keep, and what is redacted.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.operations.log_format import log_crashed_thread, make_formatter
from newsletter.settings.sections import LogFormat

FORMATS: tuple[LogFormat, ...] = ("text", "json")
ADDRESS = "ada+x@mail.example.org"
TOKEN = "AbC-_9xYz"


def record(message: str, *values: Any, **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord("newsletter.web", logging.ERROR, __file__, 1, message, values, None)
    made.created = 0.25
    made.__dict__.update(extra)
    return made


def failed(message: str) -> logging.LogRecord:
    """
    The record of an exception with *message*, raised while another one was handled.
    """
    made = record("a page failed", event="web.crashed")
    try:
        try:
            raise KeyError(message)
        except KeyError:
            raise ValueError(message)  # noqa: B904
    except ValueError:
        made.exc_info = sys.exc_info()
    return made


def text(said: logging.LogRecord) -> str:
    return make_formatter("text").format(said)


def fields(said: logging.LogRecord) -> dict[str, Any]:
    line = make_formatter("json").format(said)
    assert line.splitlines() == [line]
    return dict(json.loads(line))


def test_a_line_for_people_has_the_time_the_level_a_sentence_the_event_and_its_ids() -> None:
    said = record("issue %s: batch %s is uncertain", 3, 7, event="batch.orphaned", issue_id=3)
    assert text(said) == (
        "1970-01-01T00:00:00.250Z ERROR issue 3: batch 7 is uncertain [batch.orphaned issue_id=3]"
    )


def test_a_line_of_a_library_names_the_library() -> None:
    assert text(record("no thread left")) == (
        "1970-01-01T00:00:00.250Z ERROR no thread left [newsletter.web]"
    )


def test_a_json_line_has_the_same_as_fields() -> None:
    said = record("issue %s: batch %s is uncertain", 3, 7, event="batch.orphaned", issue_id=3)
    assert list(fields(said).items()) == [
        ("timestamp", "1970-01-01T00:00:00.250Z"),
        ("level", "error"),
        ("logger", "newsletter.web"),
        ("event", "batch.orphaned"),
        ("message", "issue 3: batch 7 is uncertain"),
        ("issue_id", 3),
    ]


def test_a_traceback_is_one_field_of_the_json_and_indented_lines_for_people() -> None:
    said = failed("no such page")
    first, *below = text(said).splitlines()
    assert first.endswith("ERROR a page failed [web.crashed]")
    assert all(line.startswith("  ") for line in below)
    assert below[-1] == "  ValueError: no such page"
    exception = fields(said)["exception"]
    assert exception.startswith("Traceback (most recent call last):\n")
    assert exception.endswith("ValueError: no such page")


@pytest.mark.parametrize("log_format", FORMATS)
def test_no_text_from_outside_begins_a_line_of_its_own(log_format: LogFormat) -> None:
    forged = "a title\r\n1970-01-01T00:00:00Z INFO all is well\u2028and so on\x1b[2J"
    said = make_formatter(log_format).format(record("%s", forged, source=forged))
    assert len(said.splitlines()) == 1
    assert said.isprintable()


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("no <ada+x@mail.example.org>: refused", "no <…>: refused"),
        ("Key (email_key)=(ada@example.org) exists", "Key (email_key)=(…) exists"),
        ("to 'ö.b@xn--bcher-kva.example',", "to '…',"),
        ("no o'brien@example.org", "no …"),
        ("to='@example.org'", "to='…'"),
        ('to <"ada b."@mail.example>: refused', "to <…>: refused"),
        ('to "a\\"b"@mail.example', "to …"),
        ("to ada@[192.0.2.1]: refused", "to …: refused"),
        ('schedule "a" of list "b" @ noon', 'schedule "a" of list "b" @ noon'),
        ("address=ada@example.org", "address=…"),
        ("GET /bounces/ada%40example.org: 404", "GET …: 404"),
        ("https://h.example/u/AbC-_9?x=1", "https://h.example/u/…?x=1"),
        ("GET /v/%ff%0a broke", "GET /v/… broke"),
        ("POST /hooks/resend/AbC-_9: 401", "POST /hooks/resend/…: 401"),
        ("POST /hooks/my.mails/AbC-_9: 401", "POST /hooks/my.mails/…: 401"),
        ("POST /hooks/böse namen/AbC: 404", "POST /hooks/böse namen/AbC: 404"),
        ("GET /?a=ada%2540example.org", "GET /?a=…"),
        ("'authorization': 'Basic aG9vazpzM2NyZXQ='", "'authorization': 'Basic …'"),
        ("Authorization: bearer re_AbC-9.x~", "Authorization: bearer …"),
        ("a basic question, a bearer of news", "a basic question, a bearer of news"),
        ("postgresql://h/n?user=u&password=s3cret&a=b", "postgresql://h/n?user=u&password=…&a=b"),
        ("host=h password='s3 cret' port=1", "host=h password=… port=1"),
        (
            "postgresql+psycopg://u:***@db.org/n is away",
            "postgresql+psycopg://u:***@db.org/n is away",
        ),
        ("postgresql://u:s3cret@db.org/n is away", "postgresql://u:***@db.org/n is away"),
        ("postgresql://u@db.org/n is away", "postgresql://u@db.org/n is away"),
        ("batch 7 of issue 3 at 12:30", "batch 7 of issue 3 at 12:30"),
    ],
)
def test_addresses_and_tokens_are_left_out_and_the_rest_stays(said: str, written: str) -> None:
    assert fields(record("%s", said))["message"] == written
    assert text(record("%s", said)) == (
        f"1970-01-01T00:00:00.250Z ERROR {written} [newsletter.web]"
    )


@pytest.mark.parametrize("log_format", FORMATS)
@pytest.mark.parametrize(
    "secret", [ADDRESS, f"/u/{TOKEN}", f"/v/{TOKEN}.7f3a", f"/r/{TOKEN}.7f3a/mail"]
)
def test_addresses_and_tokens_are_left_out_of_every_field(
    log_format: LogFormat, secret: str
) -> None:
    formatter = make_formatter(log_format)
    nested = {"a": [secret, {secret: (secret, ValueError(secret))}]}
    said = [
        record(secret),
        record("to %s", secret),
        record("to %(who)s", {"who": secret}),
        record("sent", event=secret, who=secret, error=ValueError(secret), job=nested),
        record("sent", **{secret: 1}),
        record("sent", stack_info=f"Stack:\n  at {secret}"),
        failed(secret),
    ]
    for line in map(formatter.format, said):
        assert ADDRESS not in line
        assert TOKEN not in line
        assert "…" in line or "\\u2026" in line


def test_an_exception_that_ends_a_thread_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def crash() -> None:
        raise ValueError(ADDRESS)

    monkeypatch.setattr(threading, "excepthook", log_crashed_thread)
    thread = threading.Thread(target=crash, name="events")
    thread.start()
    thread.join()
    (said,) = caplog.records
    written = fields(said)
    assert (written["level"], written["event"], written["thread_name"]) == (
        "critical",
        "thread.crashed",
        "events",
    )
    assert written["exception"].endswith("ValueError: …")


class Odd:
    def __str__(self) -> str:
        return f"odd {ADDRESS}"


PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(codec=None)),
    st.binary(),
    st.builds(Odd),
)
TABLES = st.dictionaries(st.text() | st.integers(), PLAIN | st.lists(PLAIN, max_size=3), max_size=3)
VALUES = PLAIN | TABLES | st.lists(PLAIN | TABLES, max_size=3)
NAMES = st.text(min_size=1).filter(lambda name: not name.startswith("_"))


@given(
    message=st.text(st.characters(codec=None)),
    extra=st.dictionaries(NAMES | st.sampled_from(["event", "level", "timestamp"]), VALUES),
)
def test_every_record_is_one_line_of_valid_json(message: str, extra: dict[str, Any]) -> None:
    blank = record("")
    said = record("%s", message, **{k: v for k, v in extra.items() if k not in blank.__dict__})
    line = make_formatter("json").format(said)
    assert line.isascii()
    assert line.isprintable()

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    written = json.loads(line, parse_constant=refuse)
    assert {"timestamp", "level", "logger", "message"} <= set(written)
    assert written["level"] == "error"
    assert ADDRESS not in line


@given(message=st.text(), address=st.emails())
def test_no_email_address_is_written(message: str, address: str) -> None:
    # A quoted part (RFC 5321 section 4.1.2) may hold what ends a word elsewhere.
    domain = address.rpartition("@")[2]
    for line in (text(record("%s %s", message, address)), str(fields(record(address)))):
        assert f"@{domain}" not in line


@pytest.mark.parametrize("seed", ["/hooks/a/", "Basic ", "bearer a", "password=", "%25", "'@"])
def test_a_text_made_of_the_beginnings_of_secrets_is_searched_once(seed: str) -> None:
    started_s = time.process_time()
    text(record("%s", seed * (500_000 // len(seed))))
    assert time.process_time() - started_s < 5


def test_a_long_text_is_searched_once() -> None:
    started_s = time.process_time()
    assert "@" not in text(record("%s %s", "x" * 500_000, "y'" * 250_000 + "@example.org"))
    assert time.process_time() - started_s < 5


@given(message=st.text(st.characters(codec=None)))
def test_every_record_is_one_line_for_people(message: str) -> None:
    line = text(record("%s", message, source=message))
    assert line.splitlines() == [line]
