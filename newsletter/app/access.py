"""
The parts of an App by which staff log in, and what they read is counted: hashes of passwords,
encrypted secrets, limits, counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from newsletter.access.encryption import TextCipher
from newsletter.access.login_limits import AttemptLimits
from newsletter.access.oidc import OidcClient, OidcProvider
from newsletter.access.passwords import HashCost, Passwords
from newsletter.app.hourly_reads import HourlyReads
from newsletter.app.installation import Installation


@dataclass(kw_only=True)
class AccessParts(Installation):
    """
    An installation that staff can log in to. `hash_cost` is what the hash of a password costs.
    """

    hash_cost: HashCost | None = None

    @cached_property
    def passwords(self) -> Passwords:
        return Passwords(self.hash_cost)

    @cached_property
    def text_cipher(self) -> TextCipher:
        return TextCipher(self.links.keys)

    @cached_property
    def oidc_provider(self) -> OidcProvider | None:
        """
        Return the OpenID Connect provider that staff log in at, None if there is none.

        Raises:
            SettingsError: its secret is missing.
        """
        oidc = self.settings.login.oidc
        if oidc is None:
            return None
        client = OidcClient(
            issuer=oidc.issuer,
            client_id=oidc.client_id,
            client_secret=self.settings.secret(oidc.client_secret),
            redirect_url=f"{self.settings.site.base_url}/admin/login/oidc/callback",
            scopes=oidc.scopes,
        )
        return OidcProvider(client, self.text_cipher, clock=self.clock)

    @cached_property
    def hourly_reads(self) -> HourlyReads:
        return HourlyReads()

    @cached_property
    def login_limits(self) -> AttemptLimits:
        return AttemptLimits(self.links.keys)
