"""
A PostgreSQL server that runs and lets nobody in: what the command line says is what it said.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import Cli

# SSLRequest and GSSENCRequest (PostgreSQL, "Message Formats"): both are answered with a plain no.
ASKS_TO_ENCRYPT = (80877103, 80877104)


@contextlib.contextmanager
def refusing_server(code: str, words: str) -> Iterator[int]:
    """
    The port of a server whose only answer is FATAL with *code* and *words*.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answering = threading.Thread(target=_refuse, args=(listening, code, words))
        answering.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        answering.join()


def _refuse(listening: socket.socket, code: str, words: str) -> None:
    fields = "".join(f"{field}\0" for field in ("SFATAL", "VFATAL", f"C{code}", f"M{words}"))
    body = fields.encode() + b"\0"
    with contextlib.suppress(OSError):
        while True:
            caller, _ = listening.accept()
            with caller:
                while _asks_to_encrypt(caller):
                    caller.sendall(b"N")
                caller.sendall(b"E" + struct.pack("!I", len(body) + 4) + body)


def _asks_to_encrypt(caller: socket.socket) -> bool:
    found = caller.recv(4096)
    return len(found) == 8 and struct.unpack("!I", found[4:])[0] in ASKS_TO_ENCRYPT


@pytest.mark.parametrize(
    ("code", "words", "advice"),
    [
        (
            "3D000",
            'database "news" does not exist',
            "the server has no such database; create it with `createdb`",
        ),
        (
            "28000",
            'role "ada" does not exist',
            "the server has no such user; check the address",
        ),
        (
            "28P01",
            'password authentication failed for user "ada"',
            "it refused the password; check ~/.pgpass or the address",
        ),
        (
            "28000",
            'no pg_hba.conf entry for host "10.0.0.7", user "ada", database "news"',
            "it does not accept this user from here; check its pg_hba.conf",
        ),
        (
            "53300",
            "sorry, too many clients already",
            "it has no free connections; raise its max_connections",
        ),
        (
            "57P03",
            "the database system is starting up",
            "it is starting or stopping; try again",
        ),
    ],
)
def test_a_server_that_refuses_is_told_from_one_that_is_away(
    cli: Cli, office: Path, monkeypatch: pytest.MonkeyPatch, code: str, words: str, advice: str
) -> None:
    with refusing_server(code, words) as port:
        monkeypatch.setenv("NEWSLETTER_DATABASE__URL", f"postgresql://ada@127.0.0.1:{port}/news")
        refusal = cli("list", "list").refusal
    assert refusal == f"postgresql://ada@127.0.0.1:{port}/news: {advice}"
