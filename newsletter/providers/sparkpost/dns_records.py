"""
The DNS records that SparkPost asks for.
"""

from __future__ import annotations

from newsletter.model.dns_record import OPEN, DnsNeeds, RecordType, return_path_record, txt_key
from newsletter.providers.account import Account

# https://developers.sparkpost.com/api/sending-domains. The selector is `scph` and a date. Without a
# bounce domain of your own the return path is SparkPost's
# (https://www.sparkpost.com/docs/tech-resources/custom-bounce-domain/).
_WHERE = "SparkPost: Configuration, Domains, the domain"


def dns_needs(domain: str, account: Account) -> DnsNeeds:
    """
    Return what *domain* needs at SparkPost.
    """
    own = account.settings
    target = "eu.sparkpostmail.com" if own.region == "eu" else "sparkpostmail.com"
    return DnsNeeds(
        signing_domain=domain,
        records=(
            txt_key(f"{OPEN}._domainkey.{domain}", _WHERE, f"v=DKIM1; k=rsa; h=sha256; p={OPEN}"),
            return_path_record(
                RecordType.CNAME, f"{OPEN}.{domain}", value=target, where=_WHERE, is_required=False
            ),
        ),
    )
