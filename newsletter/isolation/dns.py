"""
Look names up in DNS, with limits: how long one look-up and all of them may take, and how much of an
answer is read. What is found there was written by other people.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from newsletter.errors import Refused

LOOKUP_S = 5.0
ALL_LOOKUPS_S = 45.0
_MOST_RECORDS = 50
_MOST_CHARACTERS = 4096
_PORT = 53


@dataclass(frozen=True, kw_only=True)
class DnsAnswer:
    """
    The records of one type at a name, as text; the strings of a TXT record are joined. `problem`
    says why there is no answer; it is empty if there is one, also one without records.
    """

    records: tuple[str, ...] = ()
    problem: str = ""


@dataclass(kw_only=True)
class DnsLookup:
    """
    The look-ups of one report. Each name is looked up once.
    """

    resolver: dns.resolver.Resolver
    monotonic_s: Callable[[], float] = time.monotonic
    _known: dict[tuple[str, str], DnsAnswer] = field(default_factory=dict)
    _ends_s: float | None = None

    def records(self, name: str, kind: str) -> DnsAnswer:
        """
        Return the records of the type *kind* (`TXT`, `CNAME` or `MX`) at *name*.
        """
        key = (name.lower().rstrip("."), kind)
        if key not in self._known:
            self._known[key] = self._ask(*key)
        return self._known[key]

    def _ask(self, name: str, kind: str) -> DnsAnswer:
        now_s = self.monotonic_s()
        self._ends_s = now_s + ALL_LOOKUPS_S if self._ends_s is None else self._ends_s
        left_s = min(LOOKUP_S, self._ends_s - now_s)
        if left_s <= 0:
            return DnsAnswer(problem="the look-ups took too long altogether")
        try:
            found = self.resolver.resolve(f"{name}.", kind, lifetime=left_s)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return DnsAnswer()
        except dns.resolver.LifetimeTimeout:
            return DnsAnswer(problem="no name server answered in time")
        except dns.resolver.NoNameservers:
            return DnsAnswer(problem="every name server failed to answer")
        except (dns.exception.DNSException, OSError, UnicodeError, ValueError) as error:
            return DnsAnswer(problem=f"the look-up failed ({type(error).__name__})")
        return DnsAnswer(records=tuple(_as_text(one) for one in list(found)[:_MOST_RECORDS]))


def open_lookup(name_server: str | None = None) -> DnsLookup:
    """
    Return the look-ups at *name_server*, as `ADDRESS` or `ADDRESS:PORT`; by default at those of the
    system.

    Raises:
        Refused: *name_server* is not an IP address, or the system has no name server.
    """
    if name_server is None:
        try:
            return DnsLookup(resolver=dns.resolver.Resolver())
        except dns.resolver.NoResolverConfiguration as error:
            raise Refused(
                "this machine has no name server in /etc/resolv.conf: name one with --name-server"
            ) from error
    address, port = _address_and_port(name_server)
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [address], port
    return DnsLookup(resolver=resolver)


def _address_and_port(text: str) -> tuple[str, int]:
    address, port = text, str(_PORT)
    if text.startswith("["):
        address, end, rest = text[1:].partition("]")
        port = rest.removeprefix(":") or (port if end else "")
    elif text.count(":") == 1:
        address, _, port = text.partition(":")
    try:
        if not 0 < int(port) < 65536:
            raise ValueError(port)
        return str(ipaddress.ip_address(address)), int(port)
    except ValueError as error:
        raise Refused(
            f"--name-server {text!r} is not an IP address: write one such as 9.9.9.9"
        ) from error


def _as_text(record: object) -> str:
    if record.rdtype == dns.rdatatype.TXT:  # type: ignore[attr-defined]
        joined = b"".join(record.strings)  # type: ignore[attr-defined]
        text = joined.decode("utf-8", "replace")
    else:
        text = record.to_text().rstrip(".")  # type: ignore[attr-defined]
    printable = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    return printable[:_MOST_CHARACTERS]
