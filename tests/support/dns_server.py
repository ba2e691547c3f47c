"""
A DNS server on a loopback port that answers from a zone alone. Stopping one takes a second, so many
tests share it.
"""

from __future__ import annotations

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
        quiet = DNSLogger("-request,-reply,-truncated,-error", prefix=False)
        over_udp = DNSServer(self, address="127.0.0.1", port=0, logger=quiet)
        port = over_udp.server.server_address[1]
        over_tcp = DNSServer(self, address="127.0.0.1", port=port, logger=quiet, tcp=True)
        self._servers = (over_udp, over_tcp)
        for server in self._servers:
            server.start_thread()
        self.address = f"127.0.0.1:{port}"

    def serve(self, *records: str, failing: Iterable[str] = ()) -> str:
        """
        Serve *records*, in the form of a zone file, from now on, and return the address.
        """
        self.records = [rr for text in records for rr in RR.fromZone(text)]
        self.failing = {name.lower() for name in failing}
        return self.address

    def close(self) -> None:
        for server in self._servers:
            server.stop()
            server.server.server_close()

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


def _plain(name: object) -> str:
    return str(name).rstrip(".").lower()
