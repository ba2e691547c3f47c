"""
`python -m reliability.attacks`: play what strangers may do to a running `newsletter serve`, and
print a table of what each attack took. `make reliability` runs it at full size.
"""

from __future__ import annotations

import contextlib
import re
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
from serving import Served, command, installation, mailed, new_issue, wait_until

# The usual limit of open files of a process, soft and hard.
FILES = (1024, 1024)
PAGES = 20
PATIENCE_S = 5.0


@dataclass(frozen=True, kw_only=True)
class Figures:
    """
    What one attack did: connections opened and held at its end, bytes that the server took, pages
    that responded of those requested meanwhile and the slowest of them, readers mailed, whether
    everything was stopped for good, peak memory, size of the log.
    """

    attack: str
    opened: int
    held: int
    taken_mb: float
    pages: int
    slowest_s: float
    mailed: int
    is_stopped: bool
    peak_mb: int
    log_kb: int

    def cells(self) -> tuple[object, ...]:
        return (
            self.attack,
            self.opened,
            self.held,
            f"{self.taken_mb:.1f}",
            f"{self.pages}/{PAGES}",
            f"{self.slowest_s:.2f}",
            self.mailed,
            "yes" if self.is_stopped else "no",
            self.peak_mb,
            self.log_kb,
        )


HEADINGS = (
    "attack",
    "opened",
    "held",
    "MB taken",
    "pages",
    "slowest s",
    "mailed",
    "stopped",
    "peak MB",
    "log KB",
)


@dataclass
class Attacker:
    """
    Somebody with a number of connections to the server at `place`.
    """

    place: tuple[str, int]
    connections: list[socket.socket]
    taken: int = 0

    def open(self, count: int, first: bytes = b"") -> None:
        """
        Open *count* connections and send *first* on each.
        """
        for _ in range(count):
            connection = socket.socket()
            connection.settimeout(PATIENCE_S)
            # A full queue of the kernel makes the client wait; it stays half open then.
            with contextlib.suppress(OSError):
                connection.connect(self.place)
            self.connections.append(connection)
            self.send(connection, first)

    def send(self, connection: socket.socket, data: bytes) -> None:
        view = memoryview(data)
        with contextlib.suppress(OSError):
            while view:
                sent = connection.send(view[: 2**16])
                self.taken += sent
                view = view[sent:]

    def send_each(self, data: bytes) -> None:
        with ThreadPoolExecutor(16) as threads:
            list(threads.map(lambda one: self.send(one, data), self.connections))

    def held(self) -> int:
        """
        Return how many connections the server still holds.
        """
        return sum(not _is_closed(connection) for connection in self.connections)


def _is_closed(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        while connection.recv(2**16):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def silent(attacker: Attacker, scale: float) -> None:
    """
    More connections than files, on which nothing is ever sent.
    """
    attacker.open(int(1100 * scale))


def half_headers(attacker: Attacker, scale: float) -> None:
    """
    Headers that do not end, a line every second.
    """
    attacker.open(int(400 * scale), b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    for number in range(15):
        attacker.send_each(b"X-%d: y\r\n" % number)
        time.sleep(1)


def endless_headers(attacker: Attacker, scale: float) -> None:
    """
    One request with more and more small headers.
    """
    attacker.open(1, b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"a:\r\n" * int(7_500_000 * scale))


def wrong_secrets(attacker: Attacker, scale: float) -> None:
    """
    Webhooks of 2 MB, except for the last byte, to a wrong secret.
    """
    size = 2 * 2**20
    attacker.open(
        int(400 * scale),
        b"POST /hooks/main/wrong HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size,
    )
    attacker.send_each(b"x" * (size - 1))


def pipelined(attacker: Attacker, scale: float) -> None:
    """
    A hundred thousand requests at once on one connection, without reading a response.
    """
    attacker.open(1, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" * int(100_000 * scale))


ATTACKS: dict[str, Callable[[Attacker, float], None]] = {
    "silent": silent,
    "half headers": half_headers,
    "endless headers": endless_headers,
    "wrong secrets": wrong_secrets,
    "pipelined": pipelined,
}


def play(attack: str, folder: Path, *, scale: float = 1.0, readers: int = 100) -> Figures:
    """
    Play *attack* against a new installation in *folder*, while an issue is sent to its readers and
    somebody requests pages.
    """
    addresses = installation(folder, readers)
    number = new_issue(folder)
    with Served(folder, files=FILES) as served, contextlib.ExitStack() as over:
        host, port = served.address.removeprefix("http://").split(":")
        attacker = Attacker((host, int(port)), [])
        over.callback(lambda: [one.close() for one in attacker.connections])
        thread = threading.Thread(target=ATTACKS[attack], args=(attacker, scale))
        thread.start()
        if attack == "silent":
            thread.join()
        command(folder, "issue", "send", number, "--yes")
        seconds = [one for one in _pages(served.address) if one is not None]
        thread.join()
        with contextlib.suppress(AssertionError):
            wait_until(lambda: mailed(folder) == addresses, within_s=30)
        status = Path(f"/proc/{served.process.pid}/status").read_text()
        peak = re.search(r"VmHWM:\s+(\d+)", status)
        return Figures(
            attack=attack,
            opened=len(attacker.connections),
            held=attacker.held(),
            taken_mb=attacker.taken / 2**20,
            pages=len(seconds),
            slowest_s=max(seconds, default=0.0),
            mailed=len(mailed(folder)),
            is_stopped=_is_stopped(folder),
            peak_mb=int(peak[1]) // 1024 if peak else 0,
            log_kb=len(served.log) // 1024,
        )


def _pages(address: str) -> Iterator[float | None]:
    """
    Request some pages, a moment apart; yield the seconds that each took, or None.
    """
    for _ in range(PAGES):
        began_s = time.monotonic()
        try:
            is_right = httpx.get(address + "/", timeout=PATIENCE_S).status_code == 200
        except httpx.HTTPError:
            is_right = False
        yield time.monotonic() - began_s if is_right else None
        time.sleep(0.1)


def _is_stopped(folder: Path) -> bool:
    connection = sqlite3.connect(folder / "newsletter.db")
    with contextlib.closing(connection):
        return bool(connection.execute("SELECT count(*) FROM kill_switch").fetchone()[0])


def main() -> int:
    """
    Play every attack and print its figures. Return 1 if one of them kept a reader from their email.
    """
    rows = [HEADINGS]
    is_right = True
    for attack in ATTACKS:
        with tempfile.TemporaryDirectory() as folder:
            figures = play(attack, Path(folder))
        rows.append(figures.cells())
        sys.stdout.write("  ".join(str(cell).ljust(15) for cell in rows[-1]) + "\n")
        sys.stdout.flush()
        is_right &= figures.mailed == 100 and not figures.is_stopped
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
