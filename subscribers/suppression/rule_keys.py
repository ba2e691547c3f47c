"""
The keys of suppressions: those under which a rule for an address can be stored, and what each key
stands for.
"""

from __future__ import annotations

import enum
import hashlib

from subscribers.suppression.model import RULE_PREFIX


class KeyKind(enum.StrEnum):
    """
    What a key stands for: an ADDRESS, a DOMAIN or those below it (SUBDOMAINS), the SHA-256 or MD5
    of an address (HASH), or the hash that we made of an address that nobody may know any more, such
    as that of an erased person (KEYED_HASH).
    """

    ADDRESS = "address"
    DOMAIN = "domain"
    SUBDOMAINS = "subdomains"
    HASH = "hash"
    KEYED_HASH = "keyed_hash"


def kind_of(key: str) -> KeyKind:
    """
    Return what a key stands for. A keyed hash has neither a dot, as every domain, nor a colon.
    """
    if not key.startswith(RULE_PREFIX):
        return KeyKind.ADDRESS
    if ":" in key:
        return KeyKind.HASH
    if key.startswith(f"{RULE_PREFIX}."):
        return KeyKind.SUBDOMAINS
    return KeyKind.DOMAIN if "." in key else KeyKind.KEYED_HASH


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
