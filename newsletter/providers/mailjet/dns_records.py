"""
The DNS records that Mailjet asks for.
"""

from __future__ import annotations

from newsletter.model.dns_record import OPEN, DnsNeeds, spf_including, txt_key
from newsletter.providers.account import Account

# https://documentation.mailjet.com/hc/en-us/articles/360042412734-Authenticating-Domains-with-SPF-DKIM
# Receivers look SPF up at Mailjet's own return path, but Mailjet validates a domain by this record.
_WHERE = "Mailjet: Account settings, Sender domains & addresses, Setup SPF/DKIM Authentication"


def dns_needs(domain: str, account: Account) -> DnsNeeds:
    """
    Return what *domain* needs at Mailjet.
    """
    return DnsNeeds(
        signing_domain=domain,
        records=(
            spf_including(domain, "spf.mailjet.com", where=_WHERE),
            txt_key(f"mailjet._domainkey.{domain}", _WHERE, f"k=rsa; p={OPEN}"),
        ),
    )
