"""
A DNS server on a loopback port that answers from a zone alone. Stopping one takes a second, so many
tests share it.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable

from dnslib import QTYPE, RR
from dnslib.server import BaseResolver, DNSLogger, DNSRecord, DNSServer

SERVFAIL, NXDOMAIN = 2, 3


class ZoneServer(BaseResolver):  # type: ignore[misc]  # dnslib has no types
    """
    A DNS server over UDP and TCP at `address`. It answers from the zone that `serve` set; the names
    in `failing` get SERVFAIL, and no other name exists.
    """

    def __init__(self) -> None:
        self.records: list[RR] = []
        self.failing: set[str] = set()
        self._servers = started_servers(self)
        self.address = f"127.0.0.1:{self._servers[0].server.server_address[1]}"

    def serve(self, *records: str, failing: Iterable[str] = ()) -> str:
        """
        Serve *records*, in the form of a zone file, from now on, and return the address.
        """
        self.records = [rr for text in records for rr in RR.fromZone(text)]
        self.failing = {name.lower() for name in failing}
        return self.address

    def close(self) -> None:
        stop(self._servers)

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        """
        Return the answer to *request*.
        """
        reply = request.reply()
        name, kind = _plain(request.q.qname), QTYPE[request.q.qtype]
        if name in self.failing:
            reply.header.rcode = SERVFAIL
            return reply
        here = [rr for rr in self.records if _plain(rr.rname) == name]
        reply.header.rcode = 0 if here else NXDOMAIN
        while here:
            reply.add_answer(*(rr for rr in here if QTYPE[rr.rtype] in {kind, "CNAME"}))
            if kind == "CNAME":
                break
            targets = {_plain(rr.rdata.label) for rr in here if QTYPE[rr.rtype] == "CNAME"}
            here = [rr for rr in self.records if _plain(rr.rname) in targets]
        return reply


def started_servers(resolver: BaseResolver, *, attempts: int = 50) -> tuple[DNSServer, DNSServer]:
    """
    Start two servers that answer with *resolver*, one over TCP and one over UDP, at one loopback
    port that is free for both.
    """
    quiet = DNSLogger("-request,-reply,-truncated,-error", prefix=False)
    over_tcp = DNSServer(resolver, address="127.0.0.1", port=0, logger=quiet, tcp=True)
    port = over_tcp.server.server_address[1]
    try:
        over_udp = DNSServer(resolver, address="127.0.0.1", port=port, logger=quiet)
    except OSError as error:
        over_tcp.server.server_close()
        if error.errno != errno.EADDRINUSE or attempts == 1:
            raise
        return started_servers(resolver, attempts=attempts - 1)
    over_tcp.start_thread()
    over_udp.start_thread()
    return over_tcp, over_udp


def stop(servers: Iterable[DNSServer]) -> None:
    """
    Stop the *servers* and free their port.
    """
    for server in servers:
        server.stop()
        server.server.server_close()


def _plain(name: object) -> str:
    return str(name).rstrip(".").lower()
