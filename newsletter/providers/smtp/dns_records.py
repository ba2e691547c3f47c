"""
The DNS records that an SMTP server of your own asks for.
"""

from __future__ import annotations

from newsletter.mail.mime.dkim import public_key_of
from newsletter.model.dns_record import (
    OPEN,
    DnsNeeds,
    NeededRecord,
    RecordPurpose,
    RecordType,
    txt_key,
)
from newsletter.providers.account import Account

_ADDRESSES = "list the IP addresses from which your server sends, such as ip4:192.0.2.10"
_SERVERS_KEY = "the record that your server's signer prints, such as Rspamd or OpenDKIM"


def dns_needs(domain: str, account: Account) -> DnsNeeds:
    """
    Return what *domain* needs if a server of one's own sends for it. SPF is looked up at the domain
    of the bounce address (RFC 7208 section 2.4), else at that of From.
    """
    own = account.settings
    return_path = own.bounce_address.rpartition("@")[2] if own.bounce_address else domain
    spf = NeededRecord(
        purpose=RecordPurpose.SPF,
        type=RecordType.TXT,
        name=return_path,
        value=f"v=spf1 {OPEN} ~all",
        where=_ADDRESSES,
    )
    return DnsNeeds(signing_domain=domain, records=(spf, _key_record(domain, account)))


def _key_record(domain: str, account: Account) -> NeededRecord:
    own = account.settings
    if own.dkim_selector is None or own.dkim_key is None:
        return txt_key(f"{OPEN}._domainkey.{domain}", _SERVERS_KEY)
    place = f"[provider.{account.name}] dkim_key"
    public_key = public_key_of(account.read_secret(own.dkim_key), place=place)
    value = f"v=DKIM1; k=rsa; p={public_key}"
    return txt_key(f"{own.dkim_selector}._domainkey.{domain}", f"made from {place}", value)
