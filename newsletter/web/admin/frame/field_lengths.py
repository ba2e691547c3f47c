"""
How many letters the fields of the newsroom's forms take: what its pages let a person type, and
what is refused when a program sends more.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.exceptions import HTTPException

from newsletter.web.typed_form import TypedForm

# By the name of the field. A page may let people type less.
LETTERS: Mapping[str, int] = {
    "body": 200_000,
    "button": 100,
    "cancel_reason": 300,
    "caption": 2_000,
    "consent": 1_000,
    "credit": 1_000,
    "description": 500,
    "evidence": 500,
    "image-alt": 2_000,
    "intro": 200_000,
    "name": 1_000,
    "note": 500,
    "outcome": 500,
    "preheader": 600,
    "reason": 300,
    "resume_reason": 300,
    "series": 1_000,
    "subject": 400,
    "tag": 100,
    # One in each line.
    "takeaway": 50_000,
    "title": 500,
    "why": 500,
}


def require_short(typed: TypedForm) -> None:
    """
    Refuse a form with a text that is longer than its field takes.

    Raises:
        HTTPException: 413.
    """
    for name, most in LETTERS.items():
        # A browser counts the end of a line as one letter, and sends it as two.
        if any(len(text.replace("\r\n", "\n")) > most for text in typed.values.get(name, ())):
            raise HTTPException(413)
