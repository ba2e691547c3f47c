"""
The DNS records that Mailgun asks for.
"""

from __future__ import annotations

from newsletter.model.dns_record import (
    OPEN,
    DnsNeeds,
    RecordType,
    return_path_record,
    spf_including,
    txt_key,
)
from newsletter.providers.account import Account

# https://documentation.mailgun.com/docs/mailgun/user-manual/domains/domains-verify. The records are
# those of the domain at Mailgun, which is usually a subdomain of that of From. The selector is
# generated. The MX records are for replies to bounces that come late.
_WHERE = "Mailgun: Send, Sending, Domains, the domain, DNS records"


def dns_needs(domain: str, account: Account) -> DnsNeeds:
    """
    Return what *domain* needs at Mailgun.
    """
    own = account.settings
    at = own.domain or domain
    zone = "eu.mailgun.org" if own.region == "eu" else "mailgun.org"
    incoming = tuple(
        return_path_record(
            RecordType.MX, at, value=f"10 {host}.{zone}", where=_WHERE, is_required=False
        )
        for host in ("mxa", "mxb")
    )
    return DnsNeeds(
        signing_domain=at,
        records=(
            spf_including(at, "mailgun.org", where=_WHERE),
            txt_key(f"{OPEN}._domainkey.{at}", _WHERE, f"k=rsa; p={OPEN}"),
            *incoming,
        ),
    )
