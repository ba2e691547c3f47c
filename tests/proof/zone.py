"""
Answer for the names of a sending domain on a loopback port: what a filter asks for SPF, DKIM, DMARC
and the sending host.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from dns_server import started_servers, stop
from dnslib import QTYPE, RR
from dnslib.server import BaseResolver, DNSRecord

DOMAIN = "example.org"
HOST = f"mail.{DOMAIN}"
# RFC 5737: an address of nobody's.
ADDRESS = "192.0.2.10"
SELECTOR = "proof"


def records(dkim_key: str) -> Mapping[str, str]:
    """
    Return the zone of a domain whose mails are all signed with *dkim_key* and come from one host.
    """
    return {
        DOMAIN: f'{DOMAIN}. IN TXT "v=spf1 ip4:{ADDRESS} -all"\n{DOMAIN}. IN MX 10 {HOST}.',
        f"{SELECTOR}._domainkey.{DOMAIN}": (
            f'{SELECTOR}._domainkey.{DOMAIN}. IN TXT "v=DKIM1; k=rsa; " "p={dkim_key[:200]}" '
            f'"{dkim_key[200:]}"'
        ),
        f"_dmarc.{DOMAIN}": f'_dmarc.{DOMAIN}. IN TXT "v=DMARC1; p=reject; adkim=s; aspf=s"',
        HOST: f"{HOST}. IN A {ADDRESS}",
        "10.2.0.192.in-addr.arpa": f"10.2.0.192.in-addr.arpa. IN PTR {HOST}.",
    }


class _Zone(BaseResolver):  # type: ignore[misc]  # dnslib has no types
    """
    Answer from *found* alone; no other name exists.
    """

    def __init__(self, found: Mapping[str, str]) -> None:
        self._found = {name: RR.fromZone(text) for name, text in found.items()}

    def resolve(self, request: DNSRecord, handler: object) -> DNSRecord:
        """
        Return the answer to *request*.
        """
        reply = request.reply()
        asked = str(request.q.qname).rstrip(".").lower()
        wanted = {QTYPE[request.q.qtype], "CNAME"}
        known = self._found.get(asked)
        reply.header.rcode = 0 if known else 3
        reply.add_answer(*(each for each in known or [] if QTYPE[each.rtype] in wanted))
        return reply


@contextlib.contextmanager
def served(found: Mapping[str, str]) -> Iterator[int]:
    """
    Serve *found* over UDP and TCP while the block runs, and return the loopback port.
    """
    servers = started_servers(_Zone(found))
    try:
        yield servers[0].server.server_address[1]
    finally:
        stop(servers)
