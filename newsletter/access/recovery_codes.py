"""
Recovery codes: each lets a member in once, without their authenticator app or passkey.
"""

from __future__ import annotations

import hashlib
import secrets

CODES = 10
# Without letters that look alike.
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
_GROUPS, _GROUP_LETTERS = 4, 5


def new_recovery_codes() -> list[str]:
    """
    Return ten new codes of 99 random bits, such as `abcde-fghjk-mnpqr-stuvw`.
    """
    return ["-".join(_group() for _ in range(_GROUPS)) for _ in range(CODES)]


def _group() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LETTERS))


def recovery_hash(code: str, *, staff_id: int) -> str:
    """
    Return the hash under which a member's code is stored. Case, spaces and hyphens are ignored.

    The code has so many random bits that its hash need not be slow.
    """
    letters = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(f"recovery\0{staff_id}\0{letters}".encode("utf-8", "replace")).hexdigest()
