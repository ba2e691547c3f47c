"""
The DNS records that Postmark asks for.
"""

from __future__ import annotations

from newsletter.model.dns_record import OPEN, DnsNeeds, RecordType, return_path_record, txt_key
from newsletter.providers.account import Account

# https://postmarkapp.com/support/article/1046-how-do-i-verify-a-domain. The selector is a date and
# `pm`, and changes with each key. SPF is looked up at the return path, which is Postmark's, so the
# domain itself needs no include
# (https://postmarkapp.com/support/article/1092-why-we-no-longer-ask-for-spf-records).
_WHERE = "Postmark: Sender Signatures, the domain, DNS Settings"


def dns_needs(domain: str, account: Account) -> DnsNeeds:
    """
    Return what *domain* needs at Postmark.
    """
    return DnsNeeds(
        signing_domain=domain,
        records=(
            txt_key(f"{OPEN}._domainkey.{domain}", _WHERE, f"k=rsa; p={OPEN}"),
            return_path_record(
                RecordType.CNAME,
                f"pm-bounces.{domain}",
                value="pm.mtasv.net",
                where=_WHERE,
                is_required=False,
            ),
        ),
    )
