"""
A provider that sends to an SMTP server of ours, which answers as it is told to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from issue_samples import make_mail
from provider_samples import NOW, make_readers
from smtp_server import Break, Script, SmtpServer

from newsletter.model.delivery import BatchResult
from newsletter.providers.smtp.connect import SmtpEndpoint
from newsletter.providers.smtp.provider import SmtpProvider

# Of a server that takes one command after the other.
LOCKSTEP = ("8BITMIME", "SIZE 10240000")


@contextmanager
def sending(server: SmtpServer, **values: Any) -> Iterator[SmtpProvider]:
    """
    Return a provider that sends to *server*.
    """
    at = {"host": "127.0.0.1", "port": server.port, "security": "none"} | values.pop("at", {})
    provider = SmtpProvider(
        "relay", server=SmtpEndpoint(**at), clock=lambda: NOW, **({"deadline_s": 30.0} | values)
    )
    try:
        yield provider
    finally:
        provider.close()


def sent(script: Script, count: int = 3, **values: Any) -> tuple[BatchResult, SmtpServer]:
    """
    Make a call for *count* readers to a server that answers by *script*, and return the result and
    the server.
    """
    with SmtpServer(script=script, **values) as server, sending(server) as provider:
        result = provider.send(make_mail(), make_readers(count), "k")
    assert server.faults == []
    return result, server


def answers(**by_command: str | Break) -> Script:
    """
    Script a reply for each command that contains the words, `_` standing for a space and `_END` for
    the end of a message.
    """
    values = {
        name.replace("_END", ".").replace("_", " "): said for name, said in by_command.items()
    }

    def script(command: str) -> str | Break | None:
        for words, said in values.items():
            if command == words or (words != "." and words in command):
                return said
        return None

    return script


def to(number: int, reply: str | Break) -> Script:
    """
    Script a reply for one reader's RCPT.
    """
    return lambda command: reply if f"reader{number}@" in command else None


def nth_message(number: int, reply: str | Break) -> Script:
    """
    Script a reply for the end of the message of that number.
    """
    ends: list[str] = []

    def script(command: str) -> str | Break | None:
        ends.extend([command] if command == "." else [])
        return reply if command == "." and len(ends) == number else None

    return script
