"""
The DNS records that Amazon SES asks for.
"""

from __future__ import annotations

from newsletter.model.dns_record import (
    OPEN,
    DnsNeeds,
    RecordType,
    cname_key,
    return_path_record,
    spf_including,
)
from newsletter.providers.account import Account

# Easy DKIM: https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html.
# Three tokens are generated for each domain. In newer regions, the target has the region's name
# before `amazonses.com`.
_DKIM = "Amazon SES: Identities, the domain, Authentication, Publish DNS records"
# Without a MAIL FROM domain of your own SPF is looked up at a domain of Amazon's, and passes there:
# https://docs.aws.amazon.com/ses/latest/dg/mail-from.html.
_MAIL_FROM = "Amazon SES: Identities, the domain, Authentication, Custom MAIL FROM domain"


def dns_needs(domain: str, account: Account) -> DnsNeeds:
    """
    Return what *domain* needs at Amazon SES.
    """
    own = account.settings
    return_path = f"{OPEN}.{domain}"
    token = cname_key(
        f"{OPEN}._domainkey.{domain}",
        value=f"{OPEN}.amazonses.com",
        where=f"{_DKIM}; there are three such records",
    )
    return DnsNeeds(
        signing_domain=domain,
        records=(
            token,
            return_path_record(
                RecordType.MX,
                return_path,
                value=f"10 feedback-smtp.{own.region or OPEN}.amazonses.com",
                where=_MAIL_FROM,
                is_required=False,
            ),
            spf_including(return_path, "amazonses.com", where=_MAIL_FROM, is_required=False),
        ),
    )
