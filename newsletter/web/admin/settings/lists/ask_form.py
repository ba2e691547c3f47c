"""
The form of a run that asks people of a list again: whom, how many a day, and how long they have to
answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.path_numbers import number_or_none
from newsletter.web.admin.staff_pages import FieldError
from newsletter.web.typed_form import TypedForm
from subscribers.ask_again.model import AskAudience, AskTerms

FIELDS = ("audience", "segment", "import", "per_day", "days")
USUAL = {"audience": AskAudience.PENDING.value, "per_day": "500", "days": "30"}
MOST_PER_DAY, MOST_DAYS = 1_000_000, 365


@dataclass(frozen=True, kw_only=True)
class TypedRun:
    """
    A run as it was typed, and what is wrong; with `errors` it cannot be started.
    """

    terms: AskTerms
    errors: tuple[FieldError, ...]


def read_run(typed: TypedForm, words: StaffWords) -> TypedRun:
    """
    Return what was typed.
    """
    _ = words.gettext
    audiences = {each.value: each for each in AskAudience}
    audience = audiences.get(typed.one("audience"), AskAudience.PENDING)
    per_day, days = (number_or_none(typed.one(name).strip()) for name in ("per_day", "days"))
    segment, job = typed.one("segment"), number_or_none(typed.one("import").strip())
    wrong = {
        "per_day": _("Write how many people are asked in 24 hours.")
        if per_day is None or not 1 <= per_day <= MOST_PER_DAY
        else "",
        "days": _("Write a number of days, from 1 to %(n)s.", n=MOST_DAYS)
        if days is None or not 1 <= days <= MOST_DAYS
        else "",
        "segment": _("Choose a segment.")
        if audience is AskAudience.SEGMENT and not segment
        else "",
        "import": _("Write the number of an import.")
        if audience is AskAudience.IMPORT and job is None
        else "",
    }
    terms = AskTerms(
        audience=audience,
        per_day=per_day or 1,
        days=days or 1,
        segment=segment if audience is AskAudience.SEGMENT else None,
        import_id=job if audience is AskAudience.IMPORT else None,
    )
    errors = tuple(FieldError(name=name, text=text) for name, text in wrong.items() if text)
    return TypedRun(terms=terms, errors=errors)
