"""
The names that no field can have, because they mean something else.
"""

from __future__ import annotations

from subscribers.import_export.products.generic_columns import generic_meaning
from subscribers.import_export.reading.column_names import COLUMN_NAMES
from subscribers.import_export.status_words import plain
from subscribers.segments.model import Operator
from subscribers.text.phrases import phrase

# What is known of everybody, names a column of an export, or is a merge field of its own.
_KNOWN = {
    "email", "name", "first_name", "last_name", "language", "timezone", "status", "since",
    "reason", "list", "lists", "state", "tag", "tags", "consent", "consent_at", "created_at",
    "confirmed_at", "unsubscribe_url", "unsubscribe_token", "preferences_url", "view_url",
    "id", "suppressed_on", "suppressions",
}  # fmt: skip
_OF_RULES = {"and", "or", "not", *(word for each in Operator for word in each.value.split())}

_SHOWN = {"first": "first name", "last": "last name", "note": "notes"}


def why_reserved(name: str) -> str | None:
    """
    Return why no field can have that name; None if one can.
    """
    if name in _KNOWN:
        return phrase("it is known of everybody, in an export or as a merge field")
    if name in _OF_RULES:
        return phrase("it is a word of the rules of segments")
    column = plain(name)
    for what, names in COLUMN_NAMES.items():
        if column in names.split():
            shown = _SHOWN.get(what, what.replace("_", " "))
            return phrase("an import reads a column of that name as {shown}", shown=shown)
    if generic_meaning(column, (), is_product=True) is not None:
        return phrase("an import reads a column of that name as the status")
    return None
