"""
`smtp`: a mail of 55 KB sent to Postfix's `smtp-sink` through the product's own adapter, beside the
same bytes through bare sockets that group their commands by hand, and beside smtplib with a new
mail made for each reader. The first row is the adapter alone, the second includes the full ledger.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import shutil
import smtplib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks import installation, pages
from benchmarks.measure import RUNS, Row, interleave, seconds_for
from benchmarks.wire import CONNECTIONS, split
from newsletter.app import App
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.mime_copy import to_mime_copies
from newsletter.mail.mime.message import message_bytes
from newsletter.model.delivery import ReceiptKind
from newsletter.model.mail import Mail, Recipient
from newsletter.providers.smtp.connect import SmtpEndpoint
from newsletter.providers.smtp.provider import CAPABILITIES, SmtpProvider
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.workers.sender import run_until_done

NAME = "smtp"
BATCH = CAPABILITIES.max_recipients
# Source that comes out as a message of 55 KB.
SOURCE_OF_55_KB = 23_000
DATE = dt.datetime(2026, 3, 5, 11, 0, tzinfo=dt.UTC)


def run(*, full: bool = False) -> list[Row]:
    """
    Return two rows, or none if there is no sink.
    """
    if shutil.which("smtp-sink") is None:
        print("smtp: no smtp-sink: install postfix")
        return []
    return measure(readers=20_000 if full else 4_000)


def measure(*, readers: int, runs: int = RUNS) -> list[Row]:
    """
    Return the rows for that many readers, in whole batches.
    """
    assert readers % (BATCH * CONNECTIONS) == 0, "each connection of the floor sends whole batches"
    mail = pages.mail_of(pages.page(SOURCE_OF_55_KB))
    people = pages.readers(readers)
    copy = to_mime_copies(compile_mail(mail)).fill(people[0], date=DATE)
    raw = copy.header_block + b"\r\n" + copy.body + b".\r\n"
    with running_sink() as port, installation.opened(readers) as app:
        provider = _provider(port)
        app.providers[provider.name] = provider
        seconds = interleave(
            runs,
            ours=lambda: _sent(provider, mail, people),
            ledger=lambda: _handed_over(app, provider, mail, readers),
            floor=lambda: _in_threads(lambda count: _sent_bare(port, raw, count), readers),
            naive=lambda: _in_threads(
                lambda count: _sent_naive(port, mail, people[:count]), readers
            ),
        )
        provider.close()
    work = f"{readers:,} mails of {len(raw) // 1000} KB to smtp-sink, {CONNECTIONS} connections"
    both = {name: seconds[name] for name in ("floor", "naive")}
    return [
        Row(name=NAME, work=work, seconds={"ours": seconds["ours"], **both}),
        Row(name=NAME, work=f"{work}, SQLite", seconds={"ours": seconds["ledger"], **both}),
    ]


@contextlib.contextmanager
def running_sink() -> Iterator[int]:
    """
    Run a sink that takes everything, and return its port.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    sink = shutil.which("smtp-sink")
    assert sink is not None, "no smtp-sink: install postfix"
    # It refuses to stay root.
    as_nobody = ["-u", "nobody"] if os.getuid() == 0 else []
    with subprocess.Popen([sink, *as_nobody, f"127.0.0.1:{port}", "100"]) as process:
        try:
            _wait_for(port)
            yield port
        finally:
            process.kill()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError("smtp-sink does not listen")


def _provider(port: int) -> SmtpProvider:
    return SmtpProvider("relay", server=SmtpEndpoint(host="127.0.0.1", port=port, security="none"))


def _sent(provider: SmtpProvider, mail: Mail, people: Sequence[Recipient]) -> float:
    def post(numbers: range) -> None:
        result = provider.send(mail, people[numbers.start - 1 : numbers.stop - 1], "key")
        assert {one.kind for one in result.receipts} == {ReceiptKind.ACCEPTED}, "not all were taken"

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        seconds = seconds_for(lambda: list(pool.map(post, split(len(people), BATCH))))
    return seconds / len(people)


def _handed_over(app: App, provider: SmtpProvider, mail: Mail, readers: int) -> float:
    issue = installation.add_issue(app, mail, provider=provider.name)
    installation.freeze(app, issue, mail, batch_size=BATCH)
    seconds = seconds_for(lambda: run_until_done(app, issue_id=issue.id, is_done=lambda: True))
    with app.database.read() as connection:
        counts = count_deliveries(connection, issue.id).as_json()
    assert counts["accepted"] == counts["audience"] == readers, "not all were submitted"
    installation.remove_issue(app, issue)
    return seconds / readers


def _in_threads(send: Callable[[int], None], readers: int) -> float:
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        seconds = seconds_for(lambda: list(pool.map(send, [readers // CONNECTIONS] * CONNECTIONS)))
    return seconds / readers


def _sent_bare(port: int, raw: bytes, count: int) -> None:
    """
    Send one message again and again, the end of each together with the next one's envelope: the
    lower bound.
    """
    opening = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
    with socket.create_connection(("127.0.0.1", port)) as sock, sock.makefile("rb") as replies:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        replies.readline()
        sock.sendall(b"EHLO bench\r\n")
        while replies.readline()[3:4] == b"-":
            pass
        sock.sendall(opening)
        for left in range(count, 0, -1):
            codes = [replies.readline()[:3] for _ in range(3)]
            sock.sendall(raw + opening if left > 1 else raw)
            assert [*codes, replies.readline()[:3]] == [b"250", b"250", b"354", b"250"]
        sock.sendall(b"QUIT\r\n")


def _sent_naive(port: int, mail: Mail, people: Sequence[Recipient]) -> None:
    """
    Send in the usual way: a message made for each reader, and smtplib waiting for every reply.
    """
    compiled = compile_mail(mail)
    with smtplib.SMTP("127.0.0.1", port) as server:
        for one in people:
            raw = message_bytes(compiled.fill(one), date=DATE)
            server.sendmail(mail.sender.address, [one.email], raw)
