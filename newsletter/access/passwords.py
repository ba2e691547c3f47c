"""
Hash and check the passwords of staff.

The parameters are the least that OWASP recommends for Argon2id (its Password Storage Cheat Sheet):
19 MiB, two passes, one thread, about 35 ms. They suit a small server, where two hashes at once take
38 MiB.
"""

from __future__ import annotations

import enum
import itertools
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from newsletter.access.common_passwords import COMMON
from subscribers.text.normal_form import normal_form

if TYPE_CHECKING:
    from pwdlib.hashers.argon2 import Argon2Hasher

LEAST_LETTERS = 12
MOST_LETTERS = 200
MOST_AT_ONCE = 2
# Before it is brought into its normal form, in which a letter may have fewer characters.
_MOST_TYPED = 4 * MOST_LETTERS
# A password that repeats fewer letters than this is as weak as they are.
_SHORTEST_PATTERN = 5


@dataclass(frozen=True, kw_only=True)
class HashCost:
    """
    What one hash costs.
    """

    memory_kib: int = 19 * 1024
    passes: int = 2
    threads: int = 1


class Passwords:
    """
    Hashes and checks passwords, at most two at the same time. `hashes` counts them.
    """

    def __init__(self, cost: HashCost | None = None) -> None:
        self.cost = cost or HashCost()
        self.hashes = 0
        self._slots = threading.BoundedSemaphore(MOST_AT_ONCE)

    def hash(self, password: str) -> str:
        """
        Return the hash of a password, with its salt and parameters.
        """
        with self._slots:
            self.hashes += 1
            return self._hasher.hash(_normalized(password))

    def verify(self, password: str, password_hash: str | None) -> bool:
        """
        Return True if *password* is the one that was hashed. Without a hash the answer is False,
        and takes as long.
        """
        # Computed before it is known whether it is needed, so that the time tells nothing.
        dummy = self._dummy
        with self._slots:
            self.hashes += 1
            is_right = self._hasher.verify(
                _normalized(password[:_MOST_TYPED]), password_hash or dummy
            )
        return is_right and password_hash is not None and len(password) <= _MOST_TYPED

    def needs_rehash(self, password_hash: str) -> bool:
        """
        Return True if a hash was made with other parameters than today's.
        """
        return self._hasher.check_needs_rehash(password_hash)

    @cached_property
    def _hasher(self) -> Argon2Hasher:
        from pwdlib.hashers.argon2 import Argon2Hasher

        return Argon2Hasher(
            time_cost=self.cost.passes,
            memory_cost=self.cost.memory_kib,
            parallelism=self.cost.threads,
        )

    @cached_property
    def _dummy(self) -> str:
        return self._hasher.hash("of nobody")


class PasswordFault(enum.StrEnum):
    """
    Why a password cannot be used. COMMON: it is among those that are guessed first.
    """

    SHORT = "short"
    LONG = "long"
    COMMON = "common"


def fault_in(password: str, own_words: Iterable[str] = ()) -> PasswordFault | None:
    """
    Return why a new password cannot be used, or None if it can. *own_words* are guessed first too,
    such as the address of the member and the name of the site.
    """
    if len(password) > _MOST_TYPED:
        return PasswordFault.LONG
    letters = _normalized(password)
    if len(letters) < LEAST_LETTERS:
        return PasswordFault.SHORT
    if len(letters) > MOST_LETTERS:
        return PasswordFault.LONG
    folded = letters.casefold()
    guessed = {_letters_in(word.casefold()) for word in own_words}
    if folded in COMMON or _letters_in(folded) in guessed or _is_pattern(folded):
        return PasswordFault.COMMON
    return None


def _normalized(password: str) -> str:
    # The same letter may be typed as one character or as two (NIST SP 800-63B section 5.1.1.2).
    return normal_form("NFKC", password)


def _letters_in(text: str) -> str:
    # Spaces and punctuation between the words of a name make it no harder to guess.
    return "".join(filter(str.isalnum, text))


def _is_pattern(text: str) -> bool:
    """
    Return True for a few letters over and over, or a sequence such as abcdef or 654321.
    """
    repeats = any(
        text == (text[:length] * len(text))[: len(text)] for length in range(1, _SHORTEST_PATTERN)
    )
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(text)}
    return repeats or steps in ({1}, {-1})
