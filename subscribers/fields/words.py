"""
Show stored values to people and programs: several options, and rows of files, without the marks of
JSON, and values as the types of JSON.
"""

from __future__ import annotations

import json

from subscribers.fields.model import Field, FieldType


def value_in_words(value: str) -> str:
    """
    Return a stored value of a field as people write it: several options with commas between.
    """
    found = _parse(value) if value[:1] == "[" else None
    return ", ".join(map(str, found)) if isinstance(found, list) else value


def typed_value(field: Field, value: str) -> object:
    """
    Return a stored value of a field as JSON has it: a number, true or false, a list, or a text.
    """
    match field.type:
        case FieldType.BOOLEAN:
            return value == "yes"
        case FieldType.NUMBER | FieldType.CHOICES:
            found = _parse(value)
            return value if found is None else found
    return value


def row_in_words(evidence: str) -> str:
    """
    Return the row of an import, which is stored as JSON, as `Email: ada@example.org, Name: Ada`;
    other evidence as it is.
    """
    found = _parse(evidence) if evidence[:1] == "{" else None
    if not isinstance(found, dict):
        return evidence
    return ", ".join(f"{column}: {cell}" for column, cell in found.items())


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
