"""
The sentence that people agree to when they join: the list's own, else that of the pages' words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from newsletter.issues.settings.public_lists import PublicList

ConsentSentence = tuple[str, int | None]
"""
A sentence that people agree to, and its version; None if the list has none of its own.
"""


def consent_sentence(
    words: Mapping[str, Any], newsletters: Sequence[PublicList]
) -> ConsentSentence:
    """
    Return the sentence on the form of one newsletter, or of several to choose from. *words* are
    those of pages.
    """
    if len(newsletters) > 1:
        return str(words["many_consent"]), None
    (own,) = newsletters
    if own.consent:
        return own.consent, own.consent_version
    return str(words["join_consent"]).replace("{newsletter}", own.name), None
