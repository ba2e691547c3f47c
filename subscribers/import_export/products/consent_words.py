"""
What a column about consent says: a sentence says how somebody agreed, a word such as "no" or
"withdrawn" that they did not, and a bare "yes" neither.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from subscribers.import_export.products.status_columns import is_blank, shortened
from subscribers.import_export.status_words import NO, WORDS, YES, RowStatus, plain

_S = RowStatus
# In English, German, French, Spanish, Italian, Dutch and Portuguese.
_WITHDRAWN_WORDS = (
    "withdrawn withdrew revoked widerrufen zurückgezogen retiré révoqué retirado revocado ritirato "
    "revocato ingetrokken revogado"
)
_NOT_GIVEN_WORDS = (
    "declined refused rejected denied missing notgiven notgranted abgelehnt "
    "verweigert nichterteilt fehlt refusé nondonné aucun rechazado denegado rifiutato negato "
    "geweigerd recusado nenhum"
)
_STATUS_OF: Mapping[str, RowStatus] = {
    **dict.fromkeys(_WITHDRAWN_WORDS.split(), _S.UNSUBSCRIBED),
    **dict.fromkeys((*_NOT_GIVEN_WORDS.split(), *NO), _S.NO_CONSENT),
}
# A text that begins with one of these, as "No, thanks" or "did not agree", is none that somebody
# agreed.
_DENIALS = frozenset(NO | set(_NOT_GIVEN_WORDS.split()))
_NEGATIONS_WORDS = (
    "not never didn't nicht kein keine nie niemals pas jamais nunca mai niet geen nooit"
)
_NEGATIONS = frozenset(_NEGATIONS_WORDS.split())
# In Italian this is "never", in a German date a month.
_MONTH = "mai"
# What a short sentence has about somebody who no longer agrees, wherever it is in it: words that
# also say something else, such as "left a card", are none.
_LEFT = frozenset(
    {word for word, status in WORDS.items() if status is _S.UNSUBSCRIBED}
    - {"left", "ended", "optout"}
    | set(_WITHDRAWN_WORDS.split())
)
# A sentence may end with one, as in "Consent: no".
_ANSWERS = frozenset({"no", "nein", "non", "não", "nee"})
_NOT_GIVEN = frozenset(_NOT_GIVEN_WORDS.split())
_ABOUT_CONSENT = (
    "consent", "einwilligung", "zustimmung", "consentement", "consentimiento", "consenso",
    "toestemming", "consentimento", "permission",
)  # fmt: skip
_OTHER_CONSENTS = ("sms", "whatsapp", "phone", "cookie", "track", "photo", "foto")
_LONGEST_WORD = 60


@dataclass(frozen=True)
class ConsentWords:
    """
    What the cells of a column about consent say of the status. Where they are flags, only a yes
    says that somebody agreed; else a sentence, and a yes, say nothing.
    """

    are_flags: bool = False

    def status_of(self, cell: str) -> RowStatus | None:
        if is_blank(cell):
            return None
        if status := refused_consent(cell):
            return status
        if not self.are_flags:
            return None
        return _S.ACTIVE if _is_yes(cell) else _S.UNKNOWN

    def word_of(self, header: str, cell: str) -> str:
        return f"{header}: {shortened(cell) or 'blank'}"


def consent_meaning(column: str, cells: Sequence[str], *, is_product: bool) -> ConsentWords | None:
    """
    Return what the *cells* of a column of that normalised name mean; None if it is not about the
    consent to email, or has no words for that. A product has a status of its own, and flags beside
    it may be about something else.
    """
    if column == "consent":
        return ConsentWords()
    is_other = any(part in column for part in _OTHER_CONSENTS)
    if is_product or is_other or not any(part in column for part in _ABOUT_CONSENT):
        return None
    known = [refused_consent(cell) is not None or _is_yes(cell) for cell in cells]
    return ConsentWords(are_flags=all(known)) if any(known) else None


@lru_cache(maxsize=1_024)
def consent_sentence(cell: str) -> str:
    """
    Return how somebody agreed; nothing if the cell only says whether they did.
    """
    text = cell.strip()
    return "" if not text or is_blank(text) or _is_yes(text) or refused_consent(text) else text


def refused_consent(cell: str) -> RowStatus | None:
    """
    Return the status of somebody who, by that cell, did not agree, or may not have.
    """
    if len(cell) <= _LONGEST_WORD:
        word = plain(cell)
        status = _STATUS_OF.get(word) or (WORDS.get(word) if word else _S.UNKNOWN)
        if status is not None and status is not _S.ACTIVE:
            return status
        if status := _refused_within(cell):
            return status
    first, *rest = (word.rstrip(",.;:!") for word in cell.casefold().split(maxsplit=2)[:2])
    is_date = _MONTH in (first, *rest) and any(map(str.isdigit, "".join((first, *rest))))
    if first in _DENIALS or (not _NEGATIONS.isdisjoint((first, *rest)) and not is_date):
        return _S.NO_CONSENT
    return None


def _refused_within(sentence: str) -> RowStatus | None:
    """
    Return the status that any word of a short sentence says, as in "consent withdrawn".
    """
    spoken = sentence.casefold().replace("’", "'").split()
    words = [plain(word) for word in spoken]
    pairs = [before + after for before, after in itertools.pairwise(words)]
    # At its beginning only: "you can opt out at any time" is told to those who agree.
    if not _LEFT.isdisjoint((*words, *pairs)) or "optout" in (*words[:1], *pairs[:1]):
        return _S.UNSUBSCRIBED
    if not _NOT_GIVEN.isdisjoint((*words, *pairs)) or words[-1] in _ANSWERS:
        return _S.NO_CONSENT
    is_negated = any(
        word.rstrip(",.;:!").endswith("n't")
        or (plain(word) in _NEGATIONS and plain(word) != _MONTH)
        for word in spoken
    )
    return _S.NO_CONSENT if is_negated else None


def _is_yes(cell: str) -> bool:
    if len(cell) > _LONGEST_WORD:
        return False
    word = plain(cell)
    return word in YES or WORDS.get(word) is _S.ACTIVE
