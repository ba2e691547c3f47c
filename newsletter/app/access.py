"""
The parts of an App by which staff log in: hashes of passwords, encrypted secrets, limits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from newsletter.access.login_limits import LoginGate
from newsletter.access.passwords import HashCost, Passwords
from newsletter.access.sealed import SealedTexts
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
    def sealed_texts(self) -> SealedTexts:
        return SealedTexts(self.links.keys)

    @cached_property
    def login_limits(self) -> LoginGate:
        return LoginGate(self.links.keys)
