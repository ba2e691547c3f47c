"""
The DNS records that SendGrid asks for.
"""

from __future__ import annotations

from newsletter.model.dns_record import OPEN, DnsNeeds, RecordType, cname_key, return_path_record
from newsletter.providers.account import Account

# https://www.twilio.com/docs/sendgrid/ui/account-and-settings/how-to-set-up-domain-authentication.
# With automated security, which is on by default, SendGrid keeps SPF and DKIM behind three CNAME
# records. The selectors are s1 and s2 unless a custom one was chosen; the name of the return path
# is `em` and a number.
_WHERE = "SendGrid: Settings, Sender Authentication, the domain"


def dns_needs(domain: str, account: Account) -> DnsNeeds:
    """
    Return what *domain* needs at SendGrid.
    """
    keys = tuple(
        cname_key(
            f"{selector}._domainkey.{domain}",
            value=f"{selector}.domainkey.{OPEN}.sendgrid.net",
            where=_WHERE,
        )
        for selector in ("s1", "s2")
    )
    return DnsNeeds(
        signing_domain=domain,
        records=(
            *keys,
            return_path_record(
                RecordType.CNAME, f"{OPEN}.{domain}", value=f"{OPEN}.sendgrid.net", where=_WHERE
            ),
        ),
    )
