"""
The DNS records that Brevo asks for.
"""

from __future__ import annotations

from newsletter.model.dns_record import (
    OPEN,
    DnsNeeds,
    NeededRecord,
    RecordPurpose,
    RecordType,
    cname_key,
    txt_key,
)
from newsletter.providers.account import Account

# https://help.brevo.com/hc/en-us/articles/12163873383186
# Domains that were authenticated earlier have one TXT record for DKIM instead of two CNAME records.
# On shared servers the return path is Brevo's, so the domain itself needs no SPF.
_WHERE = "Brevo: Senders, Domains & Dedicated IPs, Domains, the domain"


def dns_needs(domain: str, account: Account) -> DnsNeeds:
    """
    Return what *domain* needs at Brevo.
    """
    earlier = txt_key(f"mail._domainkey.{domain}", _WHERE, f"k=rsa; p={OPEN}")
    keys = tuple(
        cname_key(
            f"brevo{number}._domainkey.{domain}",
            value=f"b{number}.{OPEN}.dkim.brevo.com",
            where=_WHERE,
            instead=earlier,
        )
        for number in (1, 2)
    )
    return DnsNeeds(
        signing_domain=domain,
        records=(
            *keys,
            NeededRecord(
                purpose=RecordPurpose.OWNERSHIP,
                type=RecordType.TXT,
                name=domain,
                value=f"brevo-code:{OPEN}",
                where=_WHERE,
            ),
        ),
    )
