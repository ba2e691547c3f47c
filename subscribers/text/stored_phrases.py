"""
Reasons that are stored as text, with what is needed to translate them beside it: `reason` and
`reason_phrase`, for example. Where only the text is written, the phrase says something else and is
not used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from subscribers.text.phrases import Phrase, pack_text, unpack_text

_BESIDE = {
    "error": "error_phrase",
    "hold_reason": "hold_phrase",
    "pause_reason": "pause_phrase",
    "reason": "reason_phrase",
    "status_reason": "status_phrase",
}


def with_phrases(values: Mapping[str, Any]) -> dict[str, Any]:
    """
    Return the *values* of columns with the phrases of those that are reasons.
    """
    phrases = {
        column: pack_text(values[name]) if isinstance(values[name], Phrase) else None
        for name, column in _BESIDE.items()
        if name in values
    }
    return {**values, **phrases}


def stored_reason(row: Any, name: str) -> Any:
    """
    Return the reason in the column *name* of a row, as a phrase if it was one.
    """
    return read_text(getattr(row, name), getattr(row, _BESIDE[name], None))


def read_text(text: str | None, packed: Any) -> Any:
    """
    Return a stored *text*, as the phrase that was *packed* beside it if that still says it.
    """
    if text is None or packed is None:
        return text
    made = unpack_text(packed)
    return made if made == text else text
