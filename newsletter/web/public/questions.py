"""
Questions that several forms ask, the address, the name and declared fields, and what was typed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from newsletter.web.public.page_values import FormError, FormField, FormFieldType, FormOption
from subscribers.errors import InvalidAddress, InvalidText
from subscribers.fields.model import Field, FieldType
from subscribers.fields.parse import parse_value
from subscribers.validation.address import Address, parse_address
from subscribers.validation.text_fields import person_name

EMAIL, NAME = "email", "name"
# The entry of the words for a value that is not one of the field's.
_ERROR_WORDS: Mapping[FieldType, str] = {
    FieldType.TEXT: "error_text",
    FieldType.NUMBER: "error_number",
    FieldType.DATE: "error_date",
    FieldType.BOOLEAN: "error_choice",
    FieldType.CHOICE: "error_choice",
    FieldType.CHOICES: "error_choice",
}


def question_name(field: Field) -> str:
    """
    Return the name of the question about *field* in a form.
    """
    return f"field-{field.name}"


def question_about(
    field: Field, values: Sequence[str], *languages: str, is_required: bool = False
) -> FormField:
    """
    Return the question about *field* with its *values*, labelled in the first of *languages* that
    it has a label in.
    """
    return FormField(
        name=question_name(field),
        label=field.label(*languages),
        type=FormFieldType(field.type.value),
        value="".join(values[:1]),
        values=tuple(values),
        options=tuple(
            FormOption(value=option.key, label=option.label(*languages)) for option in field.options
        ),
        is_required=is_required,
    )


def read_value(
    field: Field, values: Sequence[str], language: str, errors: list[FormError]
) -> str | None:
    """
    Return the value of *field* that was typed, as it is stored. If it is not valid, add that to
    *errors* and return None.
    """
    try:
        return parse_value(field, values, language)
    except InvalidText:
        word, label = _ERROR_WORDS[field.type], field.label(language)
        errors.append(FormError(name=question_name(field), word=word, label=label))
        return None


def read_address(text: str, errors: list[FormError]) -> Address | None:
    """
    Return the address that was typed. If it is not valid, add that to *errors* and return None.
    """
    try:
        return parse_address(text)
    except InvalidAddress:
        word = "error_email" if text.strip() else "error_email_missing"
        errors.append(FormError(name=EMAIL, word=word))
        return None


def read_name(text: str, errors: list[FormError]) -> str:
    """
    Return the name that was typed. If it is not valid, add that to *errors* and return no name.
    """
    try:
        return person_name(text)
    except InvalidText:
        errors.append(FormError(name=NAME, word="error_name"))
        return ""
