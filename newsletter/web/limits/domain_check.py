"""
Check the domain of an address that signs up: whether its addresses are thrown away after use, and
whether it accepts email at all.
"""

from __future__ import annotations

import logging
from functools import cached_property

import dns.exception
import dns.rdatatype
import dns.resolver
from disposable_email_domains import blocklist

from newsletter.settings.signup import SignupSettings

logger = logging.getLogger(__name__)

DISPOSABLE, NO_MAIL = "disposable", "no_mail"
_LOOKUP_S = 5.0
_CACHED_DOMAINS = 1000


class DomainCheck:
    """
    The checks of *settings*. *resolver* answers for domains; by default it is that of the system.
    """

    def __init__(
        self, settings: SignupSettings, resolver: dns.resolver.Resolver | None = None
    ) -> None:
        self.settings = settings
        self._given = resolver

    @property
    def is_slow(self) -> bool:
        """
        True if `warnings` asks other servers, so that no visitor should wait for it.
        """
        return self.settings.mx_lookup != "off"

    def warnings(self, domain: str) -> tuple[str, ...]:
        """
        Return what is wrong with *domain*: DISPOSABLE, NO_MAIL, both or nothing.
        """
        found = []
        if self.settings.disposable_domains != "off" and is_disposable(domain):
            found.append(DISPOSABLE)
        if self.is_slow and not accepts_mail(domain, self._resolver):
            found.append(NO_MAIL)
        return tuple(found)

    def refuses(self, warnings: tuple[str, ...]) -> bool:
        """
        Return True if nothing is sent to an address with these *warnings*.
        """
        choices = {
            DISPOSABLE: self.settings.disposable_domains,
            NO_MAIL: self.settings.mx_lookup,
        }
        return any(choices[warning] == "refuse" for warning in warnings)

    @cached_property
    def _resolver(self) -> dns.resolver.Resolver:
        resolver = self._given or dns.resolver.Resolver()
        resolver.cache = dns.resolver.LRUCache(_CACHED_DOMAINS)
        resolver.lifetime = _LOOKUP_S
        return resolver


def is_disposable(domain: str) -> bool:
    """
    Return True if *domain* or one above it is known to give away addresses for a few minutes.
    """
    labels = domain.lower().split(".")
    return any(".".join(labels[at:]) in blocklist for at in range(len(labels) - 1))


def accepts_mail(domain: str, resolver: dns.resolver.Resolver) -> bool:
    """
    Return False if *domain* does not exist or says that it accepts no mail. An answer that does not
    come is no reason to refuse anybody.
    """
    try:
        found = resolver.resolve(domain, dns.rdatatype.MX)
        # RFC 7505: a single record with an empty name.
        return any(record.exchange.to_text() != "." for record in found)
    except dns.resolver.NXDOMAIN:
        return False
    except dns.resolver.NoAnswer:
        return _has_address(domain, resolver)
    except dns.exception.DNSException as error:
        extra = {"event": "signup.lookup_failed"}
        logger.info("a mail domain could not be looked up: %s", type(error).__name__, extra=extra)
        return True


def _has_address(domain: str, resolver: dns.resolver.Resolver) -> bool:
    """
    Return whether a domain without MX has an address, where mail goes then (RFC 5321 section 5.1).
    """
    for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
        try:
            resolver.resolve(domain, kind)
        except dns.resolver.NoAnswer:
            continue
        except dns.exception.DNSException:
            return True
        return True
    return False
