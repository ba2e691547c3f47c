"""
The DNS records that Resend asks for.
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

# https://resend.com/docs/dashboard/domains/introduction. The region is that of the domain, chosen
# when it was added; the return path is `send` unless another name was chosen
# (https://resend.com/changelog/custom-return-path).
_WHERE = "Resend: Domains, the domain, Records"


def dns_needs(domain: str, account: Account) -> DnsNeeds:
    """
    Return what *domain* needs at Resend.
    """
    return_path = f"send.{domain}"
    return DnsNeeds(
        signing_domain=domain,
        records=(
            txt_key(f"resend._domainkey.{domain}", _WHERE, f"p={OPEN}"),
            spf_including(return_path, "amazonses.com", where=_WHERE),
            return_path_record(
                RecordType.MX,
                return_path,
                value=f"10 feedback-smtp.{OPEN}.amazonses.com",
                where=_WHERE,
            ),
        ),
    )
