"""
The recording sink: a provider in a process of its own, which knows nothing of the product. Each
recipient it accepts stands in a file, safe on disk, before it answers; then it answers, delays,
drops, halves, lies or repeats, as a seeded script says.

    python -m reliability.sink.server FOLDER [PORT]

It prints its port. `/RUN/script` (PUT) says how the run called RUN is to be treated; a provider of
either form (`wire_formats`) answers below `/RUN/resend`, `/RUN/plain` and `/RUN/postmark`. What RUN
was given stands in FOLDER/RUN.log, and is read again by a sink that was killed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from reliability.sink.rate_limit import RateLimit
from reliability.sink.wire_formats import FORMS, Form, Refusal

HANG_S = 30.0
# Which faults happen to a call that was taken, and which to one that was not.
TAKEN = frozenset({"lost", "hang", "half", "garbled", "502", "repeat", "half_taken"})
UNTAKEN = frozenset({"reset", "silent", "lie"})


class Run:
    """
    One run: its file, its script, and what it remembers of both.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.guard = threading.Lock()
        self.rate_limit = RateLimit(file.with_suffix(".calls"))
        self.script: dict[str, Any] = {}
        self.calls = 0
        self.busy: set[str] = set()
        self.lines: list[dict[str, Any]] = []
        if file.exists():
            # A line cut off by a kill was never answered, and nobody counts it. It goes, for the
            # next one would be its end.
            whole, ended, _ = file.read_bytes().rpartition(b"\n")
            os.truncate(file, len(whole + ended))
            self.lines = [json.loads(line) for line in whole.splitlines()]

    def fault_of_next(self) -> str:
        """
        Choose what happens to the call that comes now: as named by its number, or drawn by the
        seed.
        """
        with self.guard:
            self.calls += 1
            number = self.calls
        named = self.script.get("faults", {}).get(str(number))
        if named is not None:
            return str(named)
        draw = random.Random(f"{self.script.get('seed')}-{number}").random()
        for fault, odds in self.script.get("odds", {}).items():
            draw -= odds
            if draw < 0:
                return str(fault)
        return ""

    def delay(self) -> None:
        low, high = self.script.get("delay_s", (0.0, 0.0))
        time.sleep(random.uniform(low, high))

    def keep(self, line: dict[str, Any]) -> None:
        """
        Write *line*, which is on disk when this returns.
        """
        with self.guard, self.file.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
            self.lines.append(line)

    def known(self, key: str) -> dict[str, Any] | None:
        return next((line for line in self.lines if line["key"] == key), None)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Sink

    def do_PUT(self) -> None:
        run = self.server.run_named(urlsplit(self.path).path.split("/")[1])
        run.script = json.loads(self._body() or b"{}")
        self._answer(200, {})

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        run = self.server.run_named(path.path.split("/")[1])
        lag_s = run.script.get("lag_s", 0.0)
        asked = {name: values[0] for name, values in parse_qs(path.query).items()}
        seen = [line for line in run.lines if line["at"] + lag_s <= time.time()]
        self._answer(200, FORMS["postmark"].found(seen, asked))

    def do_POST(self) -> None:
        arrived = time.time()
        _, name, form_name, *_ = urlsplit(self.path).path.split("/")
        run, form = self.server.run_named(name), FORMS[form_name]
        limit = run.script.get("limit")
        fault = run.fault_of_next()
        if fault == "reset":
            self._reset()
            return
        body = self._body()
        if body is None:
            return
        run.delay()
        try:
            if limit:
                run.rate_limit.check(limit, form, arrived)
            self._take(run, form, fault, body, arrived)
        except Refusal as refusal:
            self._answer(refusal.status, refusal.body, refusal.headers)

    def _take(self, run: Run, form: Form, fault: str, body: bytes, arrived: float) -> None:
        items = json.loads(body)
        key = form.key_of(dict(self.headers), items)
        line = {
            "at": arrived,
            "key": key,
            "sha": hashlib.sha256(body).hexdigest(),
            "to": form.addresses(items),
            "labels": form.labels(items),
            "refused": [],
        }
        if form.has_keys and self._is_known(run, form, line):
            return
        try:
            self._take_new(run, form, fault, line)
        finally:
            run.busy.discard(key)

    def _take_new(self, run: Run, form: Form, fault: str, line: dict[str, Any]) -> None:
        if fault == "silent":
            self._hang()
            return
        if fault not in TAKEN | UNTAKEN | {""}:
            raise form.refusal(fault)
        form.refuse_whole(line["to"], run.script)
        refused = run.script.get("refused", [])
        line["refused"] = [n for n, who in enumerate(line["to"]) if who in refused]
        if fault == "half_taken":
            line["to"] = line["to"][: len(line["to"]) // 2]
        accepted = [who for n, who in enumerate(line["to"]) if n not in line["refused"]]
        for _ in range({"lie": 0, "repeat": 2}.get(fault, 1)):
            run.keep(line | {"accepted": accepted})
        run.busy.discard(line["key"])
        self._answer_taken(run, form, fault, line)

    def _is_known(self, run: Run, form: Form, line: dict[str, Any]) -> bool:
        """
        Respond as before to a key that was used before, and say whether it was.
        """
        with run.guard:
            if line["key"] in run.busy:
                raise form.refusal("409")
            known = run.known(line["key"])
            if known is None:
                run.busy.add(line["key"])
                return False
        if known["sha"] != line["sha"]:
            raise form.refusal("409_other")
        self._answer(200, form.answer(known))
        return True

    def _answer_taken(self, run: Run, form: Form, fault: str, line: dict[str, Any]) -> None:
        if fault in ("lost", "half_taken"):
            self.close_connection = True
        elif fault == "hang":
            self._hang()
        elif fault == "half":
            self._answer(200, form.answer(line), cut=True)
        elif fault == "garbled":
            self._write(b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html>ok</htm")
        elif fault == "502":
            self._answer(502, {})
        else:
            self._answer(
                200, form.answer(line), run.rate_limit.headers(run.script.get("limit", {}))
            )

    def _body(self) -> bytes | None:
        """
        Read the whole body; None where the caller was gone before its end.
        """
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        return body if len(body) == length else None

    def _hang(self) -> None:
        self.close_connection = True
        self.connection.settimeout(HANG_S)
        with contextlib.suppress(OSError):
            # Until the caller gives up and closes.
            self.connection.recv(1)

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _answer(
        self,
        status: int,
        document: Any,
        headers: dict[str, str] | None = None,
        *,
        cut: bool = False,
    ) -> None:
        body = json.dumps(document).encode()
        fields = {
            "Content-Type": "application/json",
            "Content-Length": len(body),
            **(headers or {}),
        }
        lines = [
            f"HTTP/1.1 {status} .",
            *(f"{name}: {value}" for name, value in fields.items()),
        ]
        self.close_connection = self.close_connection or cut
        sent = body[: len(body) // 2] if cut else body
        self._write("\r\n".join([*lines, "", ""]).encode() + sent)

    def _write(self, raw: bytes) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(raw)

    def log_message(self, format: str, *args: Any) -> None:
        """
        Log nothing.
        """


class Sink(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.runs: dict[str, Run] = {}
        self.guard = threading.Lock()
        super().__init__(("127.0.0.1", port), Handler)

    def run_named(self, name: str) -> Run:
        with self.guard:
            if name not in self.runs:
                self.runs[name] = Run(self.folder / f"{name}.log")
            return self.runs[name]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """
        Log nothing: that callers are killed is what this is for.
        """


def main() -> None:
    folder, port = Path(sys.argv[1]), int((sys.argv[2:] or ["0"])[0])
    sink = Sink(folder, port)
    sys.stdout.write(f"{sink.server_address[1]}\n")
    sys.stdout.flush()
    sink.serve_forever()


if __name__ == "__main__":
    main()
