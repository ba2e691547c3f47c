"""
The sink of the benchmarks, a program of its own that shares no code with the product. It takes
batches over TLS, parses them, counts their recipients, and has each count safe on disk before it
answers.

    python sink.py FOLDER

FOLDER holds `cert.pem` and `key.pem`. It prints its port. `/shared`, `/postmark/email/batch` and
`/resend/emails/batch` take batches; `/counted` (GET) returns the recipients since the last such
call.
"""

from __future__ import annotations

import io
import os
import socketserver
import ssl
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

# Of one form: the recipients of a call, and the answer for so many.
Form = tuple[Callable[[Any], int], Callable[[int], Any]]
FORMS: dict[str, Form] = {
    "/shared": (lambda body: len(body["to"]), lambda count: {"accepted": count}),
    "/postmark/email/batch": (len, lambda count: [_taken(n) for n in range(count)]),
    "/resend/emails/batch": (
        lambda body: sum(len(item["to"]) for item in body),
        lambda count: {"data": [{"id": f"re-{n}"} for n in range(count)]},
    ),
}


def _taken(number: int) -> dict[str, Any]:
    return {"ErrorCode": 0, "Message": "OK", "MessageID": f"pm-{number}"}


class Sink(socketserver.ThreadingTCPServer):
    """
    Serve with one thread per connection.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self.guard = threading.Lock()
        self.counted = 0
        self.book = (folder / "counted").open("ab")

    def keep(self, count: int) -> None:
        """
        Store the count; it is on disk when this returns.
        """
        with self.guard:
            self.counted += count
            self.book.write(b"%d\n" % count)
            self.book.flush()
            os.fsync(self.book.fileno())

    def count(self) -> int:
        """
        How many recipients were counted since this was last asked.
        """
        with self.guard:
            counted, self.counted = self.counted, 0
        return counted


class Connection(socketserver.StreamRequestHandler):
    """
    Serve one connection that stays open for one call after the other.
    """

    server: Sink

    def setup(self) -> None:
        """
        Start TLS with the first byte.
        """
        self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        """
        Answer until the other side closes.
        """
        while (asked := read_call(self.rfile)) is not None:
            path, body = asked
            answer = orjson.dumps(self._answer(path, body))
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n"
            self.wfile.write(head.encode() + answer)

    def _answer(self, path: str, body: bytes) -> Any:
        if path == "/counted":
            return self.server.count()
        count_of, answer_for = FORMS[path]
        count = count_of(orjson.loads(body))
        self.server.keep(count)
        return answer_for(count)


def read_call(stream: io.BufferedIOBase) -> tuple[str, bytes] | None:
    """
    Return the path and the body of the next call, or None if there is none.
    """
    first = stream.readline()
    if not first:
        return None
    length = 0
    while (line := stream.readline().strip()) != b"":
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return first.split()[1].decode(), stream.read(length)


if __name__ == "__main__":
    sink = Sink(Path(sys.argv[1]))
    print(sink.server_address[1], flush=True)
    sink.serve_forever()
