"""
The fields of a brief in a form: their values as text, and what of them was changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newsletter.ingest.brief_edits import FIELDS, edited_brief
from newsletter.model.brief import Brief
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.refusals import REFUSALS, line_of
from newsletter.web.admin.staff_pages import FieldError
from newsletter.web.typed_form import TypedForm

Changes = dict[str, str | Sequence[str]]


def as_typed(brief: Brief, body: str = "") -> dict[str, str]:
    """
    Return the fields that a person can set, as they stand in a form. *body* is the text in
    Markdown.
    """
    return {
        "title": brief.title,
        "series": brief.series or "",
        "takeaway": "\n".join(brief.takeaways),
        "caption": brief.caption or "",
        "credit": brief.credit or "",
        "image": brief.image_url or "",
        "image-alt": brief.image_alt,
        "date": brief.date.isoformat() if brief.date else "",
        "url": brief.url or "",
        "language": brief.lang or "",
        "body": body,
    }


def typed_fields(typed: TypedForm) -> dict[str, str]:
    """
    Return what was typed into these fields.
    """
    body = typed.one("body").replace("\r\n", "\n").rstrip()
    return {**{word: _lines(typed.one(word)) for word in FIELDS}, "body": body}


def changes_of(before: Mapping[str, str], fields: Mapping[str, str]) -> Changes:
    """
    Return the *fields* that differ from those *before*, with the values that an action takes.
    """
    return {
        word: value.split("\n") if word == "takeaway" else value
        for word, value in fields.items()
        if value != before[word]
    }


def errors_in(brief: Brief, changes: Changes, words: StaffWords) -> list[FieldError]:
    """
    Return what is wrong with the values of *changes*, each at its field. A text that cannot be read
    shows when it is.
    """
    found = []
    for word, value in changes.items():
        if word == "body":
            continue
        try:
            edited_brief(brief, {word: value})
        except REFUSALS as error:
            found.append(FieldError(name=word, text=line_of(error, words)))
    return found


def _lines(text: str) -> str:
    lines = (line.strip() for line in text.replace("\r\n", "\n").split("\n"))
    return "\n".join(filter(None, lines))
