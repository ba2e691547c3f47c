"""
Hash and check the passwords of staff.

The parameters are the least that OWASP recommends for Argon2id (its Password Storage Cheat Sheet):
19 MiB, two passes, one thread, about 35 ms. They suit a small server, where two hashes at once take
38 MiB.
"""

from __future__ import annotations

import itertools
import threading
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from newsletter.access.common_passwords import COMMON

if TYPE_CHECKING:
    from pwdlib.hashers.argon2 import Argon2Hasher

LEAST_LETTERS = 12
MOST_LETTERS = 200
MOST_AT_ONCE = 2
# A password that repeats so few letters is as short as they are.
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
        Return whether *password* is the one that was hashed. Without a hash the answer is False,
        and takes as long.
        """
        # Made before it is known whether it is needed.
        dummy = self._dummy
        with self._slots:
            self.hashes += 1
            is_right = self._hasher.verify(_normalized(password), password_hash or dummy)
        return is_right and password_hash is not None

    def needs_rehash(self, password_hash: str) -> bool:
        """
        Return True if a hash was made with other parameters than now.
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


def weakness(password: str, own_words: Iterable[str] = ()) -> str | None:
    """
    Return why a password cannot be used: `short`, `long`, `common`, or None if it can. *own_words*
    are such as the address of the member and the name of the site, which are guessed first.
    """
    letters = _normalized(password)
    if len(letters) < LEAST_LETTERS:
        return "short"
    if len(letters) > MOST_LETTERS:
        return "long"
    folded = letters.casefold()
    guessed = {word.casefold() for word in own_words}
    if folded in COMMON or folded in guessed or _is_pattern(folded):
        return "common"
    return None


def _normalized(password: str) -> str:
    # The same letter may be typed as one character or as two (NIST SP 800-63B section 5.1.1.2).
    return unicodedata.normalize("NFKC", password)


def _is_pattern(text: str) -> bool:
    """
    Return True for a few letters over and over, or a row of letters or digits that follow each
    other.
    """
    repeats = any(
        text == (text[:length] * len(text))[: len(text)] for length in range(1, _SHORTEST_PATTERN)
    )
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(text)}
    return repeats or steps in ({1}, {-1})
