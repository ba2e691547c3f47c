"""
What the name of a file says about everybody in it, such as `bounced_subscribers.csv`. It counts for
the rows about which no column says who may be emailed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

from subscribers.import_export.products.status_columns import SaidStatus, said
from subscribers.import_export.status_words import WORDS, RowStatus, plain

_S = RowStatus
# What files are called beside the words of a column of statuses.
_MORE_WORDS: Mapping[RowStatus, str] = {
    _S.COMPLAINED: "complaints spamreports",
    _S.BOUNCED: "bounces hardbounces",
    _S.SUPPRESSED: "suppression suppressions blocklist blacklist banned sperrliste",
    _S.UNSUBSCRIBED: "unsubscribe unsubscribes unsubscribers unsub unsubs optouts abmeldungen "
    "désabonnés désinscrits bajas",
    _S.NO_CONSENT: "nonsubscribers nonmembers",
}
# Statuses that are something else in the name of a file: `contact list.csv`, `Baja California.csv`.
_NOT_IN_NAMES = frozenset({"contact", "transactional", "enabled", "left", "ended", "baja"})
_OF_WORD: Mapping[str, RowStatus] = {
    **{
        word: status
        for word, status in WORDS.items()
        if status is not _S.ACTIVE and word not in _NOT_IN_NAMES
    },
    **{word: status for status, words in _MORE_WORDS.items() for word in words.split()},
}
# After another word they say what was done to the file: `duplicates removed.csv`.
_FIRST_ONLY = frozenset({"removed", "cleaned", "deleted", "removido", "eliminado"})
# A name with one of these says something else: `readers-without-bounces.csv`.
_OTHERWISE = frozenset(
    {"not", "no", "non", "without", "minus", "except", "with", "nicht", "ohne", "mit", "sans"}
)
# So does one with these, unless there is a status on both sides: `unsubscribed-and-bounced.csv`.
_JOINS = frozenset({"and", "or", "und", "et"})
_WORD = re.compile(r"[^\W\d_]+")


def status_of_file_name(name: str) -> SaidStatus | None:
    """
    Return what the name of a file says about everybody in it; None if nothing.
    """
    if plain(name).startswith("donot"):
        return said(_S.SUPPRESSED, "do not contact")
    words = _pair_up(_WORD.findall(name.casefold().rpartition(".")[0] or name.casefold()))
    if _OTHERWISE.intersection(words):
        return None
    words[1:] = [word for word in words[1:] if word not in _FIRST_ONLY]
    parts = [
        [said(_OF_WORD[word], word) for word in part if word in _OF_WORD]
        for is_join, part in itertools.groupby(words, _JOINS.__contains__)
        if not is_join
    ]
    return max(itertools.chain(*parts), default=None) if all(parts) else None


def _pair_up(words: Sequence[str]) -> list[str]:
    """
    Return the words of a name, those joined that are a status together: `opt-outs`, `non-member`.
    """
    found: list[str] = []
    for word in words:
        # "Non-subscribers" may as well be those who read without an account.
        is_status = found and found[-1] + word in _OF_WORD and word != "subscribers"
        found[-1:] = [found[-1] + word] if is_status else [*found[-1:], word]
    return found
