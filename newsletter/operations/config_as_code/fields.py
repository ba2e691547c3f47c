"""
A declared field as a table of the file: the options of `field add` as keys.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.app import App
from newsletter.errors import Refused
from newsletter.operations.config_as_code.tables import Table, one_of, require_kinds
from subscribers.fields.declare import add_field, all_fields, edit_field
from subscribers.fields.model import Field, FieldOption, FieldType

KEYS: dict[str, type] = {
    "type": str, "label": dict, "option": dict, "public": bool, "personal": bool,
}  # fmt: skip


def apply_field(app: App, connection: sa.Connection, name: str, table: Table) -> None:
    """
    Declare or change the field as its table says.

    Raises:
        Refused: a key is unknown or missing, or its value is not valid, or the field has another
            type already.
        InvalidText: a label or option is not valid, or cannot be taken away.
    """
    require_kinds(table, KEYS, needed=["type"])
    field_type = one_of(FieldType, table["type"])
    values = {
        "labels": table.get("label", {}),
        "options": [_option(key, own) for key, own in table.get("option", {}).items()],
        "is_public": table.get("public", False),
        "is_personal": table.get("personal", False),
    }
    known = {field.name: field for field in all_fields(connection)}.get(name)
    if known is None:
        add_field(connection, name, field_type, **values)
    elif known.type is field_type:
        edit_field(connection, name, **values)
    else:
        raise Refused(f"type: it is {known.type}, and stays so, because its values are")


def _option(key: str, labels: object) -> FieldOption:
    if not isinstance(labels, dict) or not all(isinstance(text, str) for text in labels.values()):
        raise Refused(f'option {key}: write its labels, such as {{ en = "North" }}, or {{}}')
    return FieldOption(key=key, labels=labels)


def field_table(field: Field) -> Table:
    """
    Make the table of a field: each key that has a value.
    """
    values = {
        "type": field.type.value,
        "label": dict(field.labels) or None,
        "option": {option.key: dict(option.labels) for option in field.options} or None,
        "public": field.is_public or None,
        "personal": field.is_personal or None,
    }
    return {key: value for key, value in values.items() if value is not None}
