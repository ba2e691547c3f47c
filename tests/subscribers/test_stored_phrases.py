"""
A stored reason can be translated as long as it says what its phrase says.
"""

from __future__ import annotations

from types import SimpleNamespace

from subscribers.text.phrases import Phrase, joined, phrase
from subscribers.text.stored_phrases import stored_reason, with_phrases


def test_a_reason_is_a_phrase_again_when_it_is_read() -> None:
    reason = joined("; ", [phrase("brief {brief} left out: {fault}", brief=3, fault="x"), "y"])
    stored = with_phrases({"pause_reason": reason, "state": "draft"})
    assert (stored["state"], stored["pause_reason"]) == ("draft", "brief 3 left out: x; y")
    found = stored_reason(SimpleNamespace(**stored), "pause_reason")
    assert isinstance(found, Phrase)
    assert (found, found.values) == (reason, reason.values if isinstance(reason, Phrase) else {})


def test_a_phrase_that_no_longer_says_what_is_stored_is_not_used() -> None:
    stored = with_phrases({"reason": phrase("its schedule is paused")})
    for text in ("held by Eve", None):
        found = stored_reason(SimpleNamespace(**{**stored, "reason": text}), "reason")
        assert found == text
        assert not isinstance(found, Phrase)


def test_what_a_person_wrote_is_stored_without_a_phrase() -> None:
    assert with_phrases({"status_reason": "too long"})["status_phrase"] is None
