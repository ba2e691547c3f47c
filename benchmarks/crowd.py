"""
Answer a newsletter as its readers and provider do: a program of its own that shares no code with
the product and makes requests to a server on this machine, each at its time and whatever became of
those before.

    python crowd.py PORT FILE RATE

FILE has one request a line, as JSON: its kind, and its bytes as text. The program says when it is
ready, begins at the first line on standard input, makes RATE requests a second, and ends at the
second line or when it has made all. It then prints one line of JSON: how many requests were made,
how often each status came, and by kind the seconds from the moment a request was due until it was
answered.
"""

from __future__ import annotations

import collections
import itertools
import json
import os
import socket
import sys
import threading
import time
from pathlib import Path

CONNECTIONS = 32


class Crowd:
    """
    *requests* are pairs of kind and bytes; *rate* is per second.
    """

    def __init__(self, port: int, requests: list[tuple[str, bytes]], *, rate: float) -> None:
        self.port, self.requests, self.rate = port, requests, rate
        self.statuses: collections.Counter[int] = collections.Counter()
        self.took_s: dict[str, list[float]] = collections.defaultdict(list)
        self.has_enough = threading.Event()
        self._numbers = itertools.count()
        self._began_s = 0.0

    def run(self) -> None:
        """
        Make requests until all are made or the program is told to stop, and wait for open ones.
        """
        self._began_s = time.perf_counter()
        threads = [threading.Thread(target=self._ask) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def end_at_next_line(self) -> None:
        """
        Wait for a line on standard input and make no more requests after it.
        """
        read_line()
        self.has_enough.set()

    def _ask(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not self.has_enough.is_set():
                number = next(self._numbers)
                if number >= len(self.requests):
                    return
                kind, request = self.requests[number]
                due_s = self._began_s + number / self.rate
                time.sleep(max(0.0, due_s - time.perf_counter()))
                connection.sendall(request)
                self.statuses[read_status(connection)] += 1
                self.took_s[kind].append(time.perf_counter() - due_s)


def read_status(connection: socket.socket) -> int:
    """
    Read the next response to its end and return its status.
    """
    answer = b""
    while b"\r\n\r\n" not in answer:
        piece = connection.recv(65536)
        assert piece, "the server hung up"
        answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    lengths = [line.split(b":")[1] for line in lines if line.lower().startswith(b"content-length:")]
    left = int(lengths[0]) - len(body) if lengths else 0
    while left > 0:
        left -= len(connection.recv(65536))
    return int(lines[0].split()[1])


def read_line() -> None:
    """
    Read a line of standard input without its buffer, which a thread that waits would lock.
    """
    while os.read(0, 1) not in (b"\n", b""):
        pass


def main(port: str, file: str, rate: str) -> None:
    """
    Run the program described above.
    """
    lines = map(json.loads, Path(file).read_text().splitlines())
    requests = [(kind, request.encode()) for kind, request in lines]
    crowd = Crowd(int(port), requests, rate=float(rate))
    print("ready", flush=True)
    read_line()
    threading.Thread(target=crowd.end_at_next_line, daemon=True).start()
    crowd.run()
    made = sum(crowd.statuses.values())
    print(json.dumps({"made": made, "statuses": crowd.statuses, "took_s": crowd.took_s}))


if __name__ == "__main__":
    main(*sys.argv[1:])
