"""
Say what a rule can ask about instead.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from subscribers.segments.token_reader import TokenReader
from subscribers.segments.tokens import TokenKind
from subscribers.text.phrases import phrase

_MEANT = {
    "tag": ("tags", "tagged", "label", "labels", "schlagwort", "has"),
    "on list SLUG": (
        "list", "lists", "subscribed", "subscriber", "liste", "subscription", "in", "is", "member",
    ),
    "ended on list SLUG": ("unsubscribed",),
    "pending on list SLUG": ("unconfirmed",),
    "bounced or state = suppressed": ("blocked", "blacklisted", "suppressed"),
    "state": ("status",),
    "state = active or active on list SLUG": ("active",),
    "state = pending or pending on list SLUG": ("pending",),
    "state = ended or ended on list SLUG": ("ended",),
    "email": ("address", "mail", "e-mail", "e-mail-adresse", "adresse"),
    "email ends with @example.org": ("domain",),
    "name": ("first_name", "firstname", "last_name", "lastname", "vorname", "nachname"),
    "language": ("lang", "locale", "sprache"),
    "timezone": ("zone", "tz", "time", "zeitzone"),
    "consent source": ("source", "origin", "quelle"),
    "joined": ("created", "created_at", "added", "since", "signup", "subscribed_at", "signed"),
    "last_active within 90 days": ("opened", "clicked", "opens", "clicks", "active_within", "last"),
    "mailed": ("sent", "emailed"),
    "received": ("got", "delivered"),
    "not": ("nicht", "kein", "keine", "without", "except", "no"),
    "its rule in parentheses: a rule cannot name a segment": ("segment", "segments"),
}  # fmt: skip
_WORDS = {word: meant for meant, words in _MEANT.items() for word in words}
_OTHERWISE = phrase(
    "use tag, on list, state, joined, email, name, language, mailed or a field; declare one "
    "with `newsletter field add`"
)

_IN_FULL = phrase("write each test in full, as in tag has press or tag has radio")


def subject_advice(tokens: TokenReader, subjects: Iterable[str]) -> str:
    """
    Say what to write instead of the word that was read last and is none of the *subjects*.
    """
    word, known = tokens.last.keyword, list(subjects)
    if word in _WORDS:
        return phrase("write {words}", words=_WORDS[word])
    if tokens.next.kind is TokenKind.SIGN and tokens.coming(2)[-1].keyword in known:
        return phrase(
            "begin with {keyword}, and put the value behind", keyword=tokens.coming(2)[-1].keyword
        )
    stands_alone = tokens.is_at_end or tokens.next.keyword in ("and", "or", ")")
    return did_you_mean(word, known, _IN_FULL if stands_alone else _OTHERWISE)


def did_you_mean(word: str, known: Iterable[str], otherwise: str) -> str:
    """
    Return advice that names the nearest of the *known* words, or *otherwise*.
    """
    near = difflib.get_close_matches(word.lower(), sorted(known), n=1, cutoff=0.65)
    return phrase("did you mean {near}?", near=near[0]) if near else otherwise
