"""
What the name of a file says about everybody in it, such as `bounced_subscribers.csv`. It counts if
nothing in the file says who may be emailed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from subscribers.import_export.products.status_columns import SaidStatus, said
from subscribers.import_export.status_words import RowStatus, plain

_S = RowStatus
_OF_WORD: Mapping[RowStatus, str] = {
    _S.COMPLAINED: "complained complaint complaints spam junk abuse",
    _S.BOUNCED: "bounced bounce bounces invalid undeliverable unreachable",
    _S.SUPPRESSED: "suppressed suppression suppressions blocklist blocklisted blacklist "
    "blacklisted banned disabled sperrliste",
    _S.UNSUBSCRIBED: "unsubscribed unsubscribe unsubscribes unsubscribers optout optouts optedout "
    "cancelled canceled inactive abgemeldet abmeldungen désabonnés désinscrits",
    _S.NO_CONSENT: "nonsubscribed nonsubscribers nonmembers archived",
    _S.PENDING: "unconfirmed pending unactivated",
}
# A name with one of these says something else: `readers-without-bounces.csv`.
_OTHERWISE = frozenset(
    {"not", "no", "non", "without", "minus", "except", "with", "and", "or"}
    | {"nicht", "ohne", "und", "mit", "sans", "et"}
)
_WORD = re.compile(r"[^\W\d_]+")


def status_of_file_name(name: str) -> SaidStatus | None:
    """
    Return what the name of a file says about everybody in it; None if nothing.
    """
    if plain(name).startswith("donot"):
        return said(_S.SUPPRESSED, "do not contact")
    words = _WORD.findall(name.casefold().rpartition(".")[0] or name.casefold())
    if _OTHERWISE.intersection(words):
        return None
    words += [before + after for before, after in itertools.pairwise(words)]
    found = ((status, set(parts.split()) & set(words)) for status, parts in _OF_WORD.items())
    return next((said(status, min(those)) for status, those in found if those), None)
