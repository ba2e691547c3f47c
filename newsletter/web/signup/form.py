"""
Read what was typed into a sign-up form, and say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.web.public.page_values import FormError, FormField, HiddenField
from newsletter.web.public.questions import (
    EMAIL,
    NAME,
    question_about,
    question_name,
    read_address,
    read_name,
    read_value,
)
from newsletter.web.signup.suggestion import suggest_address
from newsletter.web.typed_form import TypedForm
from subscribers.fields.model import AskedField
from subscribers.validation.address import Address

NEWSLETTER = "newsletter"
# The address that a reader was asked about, and the one that they chose instead of it.
SURE, INSTEAD = "sure", "instead"


@dataclass(frozen=True, kw_only=True)
class CheckedForm:
    """
    What was typed, checked: if there are no `errors`, `address` is that of a person, and `answers`
    is what a sign-up keeps.
    """

    address: Address | None
    answers: Mapping[str, object]
    errors: tuple[FormError, ...]


def hidden_answers(typed: TypedForm, asks: Sequence[AskedField]) -> tuple[HiddenField, ...]:
    """
    Return what was typed as fields that nobody sees, so that one more button sends it again.
    """
    names = [EMAIL, NAME, NEWSLETTER, *(question_name(each.field) for each in asks)]
    return tuple(
        HiddenField(name=name, value=value) for name in names for value in typed.many(name)
    )


def check_form(typed: TypedForm, asks: Sequence[AskedField], language: str) -> CheckedForm:
    """
    Check what was typed against the fields that the form asks for.
    """
    errors: list[FormError] = []
    address = read_address(typed.one(EMAIL), errors)
    name = read_name(typed.one(NAME), errors)
    values = {}
    for each in asks:
        value = _value(typed, each, language, errors)
        if value:
            values[each.field.name] = value
    answers: dict[str, object] = {"name": name} if name else {}
    if values:
        answers["fields"] = values
    return CheckedForm(address=address, answers=answers, errors=tuple(errors))


def with_chosen_address(typed: TypedForm) -> TypedForm:
    """
    Return what was typed, with the suggested address if the reader chose it.
    """
    instead = typed.one(INSTEAD)
    if not instead or typed.one(EMAIL) != typed.one(SURE):
        return typed
    return replace(typed, values={**typed.values, EMAIL: [instead]})


def suggested_address(typed: TypedForm) -> str:
    """
    Return the address that the reader most likely meant; empty if it is the one that they typed, or
    if they were asked about it before.
    """
    return "" if typed.one(SURE) == typed.one(EMAIL) else suggest_address(typed.one(EMAIL))


def form_fields(
    typed: TypedForm, asks: Sequence[AskedField], language: str
) -> tuple[FormField, ...]:
    """
    Return the questions of a form with what was typed into them.
    """
    return tuple(
        question_about(
            each.field,
            typed.many(question_name(each.field)),
            language,
            is_required=each.is_required,
        )
        for each in asks
    )


def _value(typed: TypedForm, asked: AskedField, language: str, errors: list[FormError]) -> str:
    field = asked.field
    value = read_value(field, typed.many(question_name(field)), language, errors)
    if value == "" and asked.is_required:
        error = FormError(
            name=question_name(field), word="error_required", label=field.label(language)
        )
        errors.append(error)
    return value or ""
