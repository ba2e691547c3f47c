"""
Read what was typed into a sign-up form, and say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.web.public.page_values import (
    FormError,
    FormField,
    FormFieldType,
    FormOption,
    HiddenField,
)
from newsletter.web.typed_form import TypedForm
from subscribers.errors import InvalidAddress, InvalidText
from subscribers.fields.model import AskedField, FieldType
from subscribers.fields.parse import parse_value
from subscribers.validation.address import Address, parse_address
from subscribers.validation.text_fields import person_name

EMAIL, NAME, NEWSLETTER = "email", "name", "newsletter"
_FIELD_PREFIX = "field-"
# The entry of the words for a value that is not one of the field's.
_ERROR_WORDS: Mapping[FieldType, str] = {
    FieldType.TEXT: "error_text",
    FieldType.NUMBER: "error_number",
    FieldType.DATE: "error_date",
    FieldType.BOOLEAN: "error_choice",
    FieldType.CHOICE: "error_choice",
    FieldType.CHOICES: "error_choice",
}


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
    names = [EMAIL, NAME, NEWSLETTER, *(_name_of(each) for each in asks)]
    return tuple(
        HiddenField(name=name, value=value) for name in names for value in typed.many(name)
    )


def check_form(typed: TypedForm, asks: Sequence[AskedField], language: str) -> CheckedForm:
    """
    Check what was typed against the fields that the form asks for.
    """
    errors: list[FormError] = []
    address = _address(typed.one(EMAIL), errors)
    name = _name(typed.one(NAME), errors)
    values = {}
    for each in asks:
        value = _value(typed, each, language, errors)
        if value:
            values[each.field.name] = value
    answers: dict[str, object] = {"name": name} if name else {}
    if values:
        answers["fields"] = values
    return CheckedForm(address=address, answers=answers, errors=tuple(errors))


def form_fields(
    typed: TypedForm, asks: Sequence[AskedField], language: str
) -> tuple[FormField, ...]:
    """
    Return the questions of a form with what was typed into them.
    """
    return tuple(
        FormField(
            name=_name_of(each),
            label=each.field.label(language),
            type=FormFieldType(each.field.type.value),
            value=typed.one(_name_of(each)),
            values=typed.many(_name_of(each)),
            options=tuple(
                FormOption(value=option.key, label=option.label(language))
                for option in each.field.options
            ),
            is_required=each.is_required,
        )
        for each in asks
    )


def _address(text: str, errors: list[FormError]) -> Address | None:
    if not text.strip():
        errors.append(FormError(name=EMAIL, word="error_email_missing"))
        return None
    try:
        return parse_address(text)
    except InvalidAddress:
        errors.append(FormError(name=EMAIL, word="error_email"))
        return None


def _name(text: str, errors: list[FormError]) -> str:
    try:
        return person_name(text)
    except InvalidText:
        errors.append(FormError(name=NAME, word="error_name"))
        return ""


def _value(typed: TypedForm, asked: AskedField, language: str, errors: list[FormError]) -> str:
    name, label = _name_of(asked), asked.field.label(language)
    try:
        value = parse_value(asked.field, typed.many(name), language)
    except InvalidText:
        word = _ERROR_WORDS[asked.field.type]
        errors.append(FormError(name=name, word=word, label=label))
        return ""
    if asked.is_required and not value:
        errors.append(FormError(name=name, word="error_required", label=label))
    return value


def _name_of(asked: AskedField) -> str:
    return _FIELD_PREFIX + asked.field.name
