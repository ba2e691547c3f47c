"""
The keys under which a rule for an address can be stored.
"""

from __future__ import annotations

import hashlib


def rule_keys(email_key: str) -> list[str]:
    """
    Return the keys of all rules that can apply to an address.
    """
    domain = email_key.rpartition("@")[2]
    labels = domain.split(".")
    above = (".".join(labels[place:]) for place in range(1, len(labels)))
    address = email_key.encode()
    return [
        f"@{domain}",
        *(f"@.{each}" for each in above),
        f"@sha256:{hashlib.sha256(address).hexdigest()}",
        f"@md5:{hashlib.md5(address, usedforsecurity=False).hexdigest()}",
    ]
