"""
A receiver of webhooks that fails in twelve ways, run as a program; it shares no code with the
product and verifies each request with svix.

Arguments: port, signing secret, file, seed, and the share of requests that it fails. It writes a
line for each request before it answers: the id, the person, the number of the event among theirs,
and what it answers. It closes its port for a moment from time to time.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import struct
import sys
from collections.abc import Awaitable, Callable

import svix

ACCEPTED = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
# Between two times at which nobody listens, and how long that lasts.
OPEN_FOR = 400
CLOSED_S = 0.3
SLOW_S = 5.0

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def fixed(raw: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(raw)

    return answer


def status(line: str, *headers: str) -> Answer:
    rows = [f"HTTP/1.1 {line}", *headers, "Content-Length: 0", "Connection: close", "", ""]
    return fixed("\r\n".join(rows).encode())


async def slow(writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(SLOW_S)
    writer.write(ACCEPTED)


async def reset(writer: asyncio.StreamWriter) -> None:
    connection: socket.socket = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def huge(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    for _ in range(64):
        writer.write(b"x" * 65536)
        await writer.drain()


# Which answers mean that the event arrived, and what each sends. The twelfth is a closed port.
ANSWERS: dict[str, tuple[bool, Answer]] = {
    "500": (False, status("500 Internal Server Error")),
    "429": (False, status("429 Too Many Requests", "Retry-After: 0.1")),
    "404": (False, status("404 Not Found")),
    "redirect": (False, status("302 Found", "Location: http://127.0.0.1:9/")),
    "slow": (False, slow),
    "closed before answer": (False, fixed(b"")),
    "half answer": (False, fixed(b"HTTP/1.1 204 No Con")),
    "reset": (False, reset),
    "garbage": (False, fixed(b"\x00\xffhello\r\n\r\n" * 9)),
    "huge answer": (True, huge),
    "2xx then close": (True, fixed(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{")),
}
CLOSED_PORT = "refused"


class Receiver:
    def __init__(self, port: int, secret: str, file: str, seed: str, share: float) -> None:
        self.port, self.share = port, share
        self.webhook = svix.Webhook(secret)
        self.chance = random.Random(seed)
        self.log = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.count = 0
        self.server: asyncio.Server | None = None
        self.is_closing = False

    async def run(self) -> None:
        await self.open()
        await asyncio.Event().wait()

    async def open(self) -> None:
        self.server = await asyncio.start_server(
            self.talk, "127.0.0.1", self.port, backlog=256, reuse_address=True
        )

    async def close_for_a_while(self) -> None:
        assert self.server is not None
        self.note("-", "-", "-", CLOSED_PORT)
        self.server.close()
        await asyncio.sleep(CLOSED_S)
        await self.open()
        self.is_closing = False

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            headers, body = await self.read(reader)
            await self.answer(headers, body)(writer)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
        if self.count % OPEN_FOR == 0 and not self.is_closing:
            self.is_closing = True
            await self.close_for_a_while()

    async def read(self, reader: asyncio.StreamReader) -> tuple[dict[str, str], bytes]:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[1:-2]
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in head)
        }
        return headers, await reader.readexactly(int(headers["content-length"]))

    def answer(self, headers: dict[str, str], body: bytes) -> Answer:
        self.count += 1
        try:
            self.webhook.verify(body, headers)
        except svix.WebhookVerificationError:
            self.note(headers.get("webhook-id", "-"), "-", "-", "forged")
            return status("400 Bad Request")
        data = json.loads(body)["data"]
        failing = self.chance.random() < self.share
        name = self.chance.choice(list(ANSWERS)) if failing else "accepted"
        self.note(headers["webhook-id"], data["subscriber_id"], data["number"], name)
        return ANSWERS[name][1] if failing else fixed(ACCEPTED)

    def note(self, *values: object) -> None:
        os.write(self.log, ("\t".join(map(str, values)) + "\n").encode())


if __name__ == "__main__":
    port, secret, file, seed, share = sys.argv[1:]
    asyncio.run(Receiver(int(port), secret, file, seed, float(share)).run())
