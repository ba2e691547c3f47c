"""
Limit how many emails strangers can cause: for a person, from an address, a network or a domain,
and in all.

The page answers the same whether a sign-up was admitted or not.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import logging
import threading
from collections import Counter
from dataclasses import replace

import sqlalchemy as sa

from newsletter.settings.signup import SignupSettings
from newsletter.store.flow_control.signup_limits import (
    SignupKeys,
    count_signups,
    lock_signups,
    record_refusals,
    record_signup,
)
from newsletter.web.client_address import is_private
from subscribers.tokens import KeyRing

logger = logging.getLogger(__name__)

REPORT_EVERY = dt.timedelta(minutes=1)
# Dots in a local part mean nothing there (support.google.com/mail/answer/7436150).
_GMAIL = frozenset({"gmail.com", "googlemail.com"})
_MAILBOX_PROVIDERS = _GMAIL | {
    "163.com",
    "aol.com",
    "fastmail.com",
    "free.fr",
    "gmx.de",
    "gmx.net",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "orange.fr",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "t-online.de",
    "web.de",
    "yahoo.co.jp",
    "yahoo.com",
    "yandex.ru",
}


class SignupLimits:
    """
    The limits of *settings*. What is counted is stored as hashes made with *keys*.

    If *has_proxies*, requests through them tell the addresses of readers, and private ones are
    limited too. Else a private address is most likely that of a proxy that the settings lack.
    """

    def __init__(
        self, settings: SignupSettings, keys: KeyRing, *, has_proxies: bool = False
    ) -> None:
        self.settings = settings
        self.keys = keys
        self.has_proxies = has_proxies
        self._refused: Counter[str] = Counter()
        self._reported_at: dt.datetime | None = None
        self._lock = threading.Lock()

    def admit(
        self,
        connection: sa.Connection,
        *,
        email_key: str,
        address: str,
        now: dt.datetime,
        purpose: str = "join",
        lacks_proof: bool = False,
    ) -> bool:
        """
        Count a request by somebody at *address* (see `client_of`) to mail the person with
        *email_key*, and return True if it is within the limits.

        The limit of a person is counted for each *purpose* on its own. A request that *lacks_proof*
        of work although the form asked for it has a limit of its own besides the others.

        Call this before anything else in a transaction that may write.
        """
        lock_signups(connection)
        keys = replace(self._keys(email_key, address, purpose), lacks_proof=lacks_proof)
        limit = self._exceeded(connection, keys, now)
        if limit is None:
            record_signup(connection, keys, now=now)
        self._report(connection, limit, now)
        return limit is None

    def _keys(self, email_key: str, address: str, purpose: str) -> SignupKeys:
        person, domain = fold_address(email_key)
        known, network = network_of(address)
        if not self.has_proxies and is_private(address):
            known = network = ""
        is_limited = domain not in _MAILBOX_PROVIDERS
        return SignupKeys(
            person=self._hash(purpose, f"{person}@{domain}"),
            address=self._hash("address", known) if known else "",
            network=self._hash("network", network) if network else "",
            domain=self._hash("domain", domain) if is_limited else "",
        )

    def _hash(self, kind: str, value: str) -> str:
        return self.keys.words(f"limit\0{kind}\0{value}")[0]

    def _exceeded(
        self, connection: sa.Connection, keys: SignupKeys, now: dt.datetime
    ) -> str | None:
        """
        Return the name of the setting whose limit is reached, or None.
        """
        counts, most = count_signups(connection, keys, now=now), self.settings
        limits = {
            "person_per_day": counts.person >= most.person_per_day,
            "address_per_hour": bool(keys.address) and counts.address >= most.address_per_hour,
            "network_per_hour": bool(keys.network) and counts.network >= most.network_per_hour,
            "domain_per_hour": bool(keys.domain) and counts.domain >= most.domain_per_hour,
            "unproven_per_hour": keys.lacks_proof and counts.unproven >= most.unproven_per_hour,
            "per_minute": counts.everybody >= most.per_minute,
        }
        return next((name for name, is_reached in limits.items() if is_reached), None)

    def _report(self, connection: sa.Connection, limit: str | None, now: dt.datetime) -> None:
        """
        Log and store the counts of refusals at most once a minute, so that a flood writes little.
        """
        with self._lock:
            if limit is not None:
                self._refused[limit] += 1
            is_due = self._reported_at is None or now - self._reported_at >= REPORT_EVERY
            if not self._refused or not is_due:
                return
            refused, self._refused = self._refused, Counter()
            self._reported_at = now
        record_refusals(connection, refused, now=now)
        shown = ", ".join(f"{count} by {name}" for name, count in sorted(refused.items()))
        message = "refused sign-ups beyond the limits of [signup]: %s"
        logger.warning(message, shown, extra={"event": "signup.limited"})


def fold_address(email_key: str) -> tuple[str, str]:
    """
    Return local part and domain under which a person is counted: without what stands after a plus,
    and without dots where they mean nothing. Mail is never sent to this.
    """
    local, _, domain = email_key.rpartition("@")
    local = local.partition("+")[0] or local
    if domain in _GMAIL:
        return local.replace(".", ""), "gmail.com"
    return local, domain


def network_of(address: str) -> tuple[str, str]:
    """
    Return what is counted as one address and as one network: the address and its /24 of IPv4, the
    /64 and the /48 of IPv6; empty for what is no address.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "", ""
    own, around = (32, 24) if parsed.version == 4 else (64, 48)
    one, network = (
        str(ipaddress.ip_network((parsed, length), strict=False)) for length in (own, around)
    )
    return one, network
