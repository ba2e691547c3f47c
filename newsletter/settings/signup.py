"""
The section `[signup]`: how many strangers may sign up, and with which addresses.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from newsletter.settings.sections import Section

Strictness = Literal["off", "warn", "refuse"]


class SignupSettings(Section):
    """
    The limits of what strangers can ask for on the pages of readers. Whoever exceeds one gets the
    same page as everybody; only the email is not sent.
    """

    person_per_day: int = Field(default=3, ge=1)
    """How many confirmations one person gets in 24 hours, over all lists."""
    address_per_hour: int = Field(default=10, ge=1)
    """
    How many sign-ups come from one network address in an hour; of IPv6, from one /64. Without
    `[web] proxies`, private addresses are not limited, because they are most likely a proxy's.
    """
    network_per_hour: int = Field(default=50, ge=1)
    """How many sign-ups come from one network in an hour: a /24 of IPv4, a /48 of IPv6."""
    domain_per_hour: int = Field(default=100, ge=1)
    """
    How many addresses at one domain sign up in an hour. The largest mailbox providers are not
    counted.
    """
    unproven_per_hour: int = Field(default=5, ge=1)
    """
    How many people sign up in an hour without the proof of work that a list asks for, because
    their browser runs no scripts.
    """
    per_minute: int = Field(default=60, ge=1)
    """How many people sign up in a minute in all."""
    disposable_domains: Strictness = "warn"
    """
    What to do about addresses that are thrown away after use: `off` for nothing, `warn` to say so
    in `newsletter subscriber list --pending`, `refuse` to send them nothing.
    """
    mx_lookup: Strictness = "off"
    """
    What to do about domains that accept no email: `off`, `warn` or `refuse`. They are looked up in
    the DNS after the visitor has got the page.
    """
