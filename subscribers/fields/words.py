"""
Show stored values to people and programs: several options, and rows of files, without the marks of
JSON.
"""

from __future__ import annotations

import json

from subscribers.fields.json_values import FieldValue, as_typed


def value_in_words(value: str) -> str:
    """
    Return a stored value of a field as people write it: several options with commas between.
    """
    found = _parse(value) if value[:1] == "[" else None
    return ", ".join(map(str, found)) if isinstance(found, list) else value


def in_words(value: FieldValue) -> str:
    """
    Return a value of a field that JSON has as people write it.
    """
    return value_in_words(as_typed(value))


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
