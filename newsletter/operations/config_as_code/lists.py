"""
A mailing list as a table of the file: the options of `list add` as keys.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from newsletter.app import App
from newsletter.issues.settings.lists import (
    ListValues,
    change_list_settings,
    parse_opt_in,
    parse_visibility,
)
from newsletter.operations.config_as_code.tables import Table, require_kinds
from newsletter.store.issues.list_settings import (
    ListSettings,
    load_list_settings,
    set_list_settings,
)
from subscribers.fields.asked import asked_fields
from subscribers.lists import add_list, all_lists, edit_list
from subscribers.model import MailingList

# The keys that are columns of the list itself.
_OWN: dict[str, type] = {
    "name": str, "description": str, "opt_in": str, "visibility": str, "language": str,
}  # fmt: skip
# The others, and the setting that each of them sets.
_SETTINGS: dict[str, tuple[type, str]] = {
    "from": (str, "sender"),
    "reply_to": (str, "reply_to"),
    "provider": (str, "provider"),
    "fallback_provider": (str, "fallback_provider"),
    "postal_address": (str, "postal_address"),
    "brand": (dict, "brand"),
    "approval": (bool, "needs_approval"),
    "second_person_above": (str, "second_person_above"),
    "quiet": (str, "quiet"),
    "timezone": (str, "timezone"),
    "tagline": (str, "tagline"),
    "consent": (str, "consent"),
    "confirm_on_open": (bool, "confirms_on_open"),
    "proof_of_work": (bool, "needs_proof_of_work"),
    "welcome": (bool, "sends_welcome"),
    "goodbye": (bool, "sends_goodbye"),
    "origins": (str, "origins"),
    "joined_url": (str, "joined_url"),
    "confirmed_url": (str, "confirmed_url"),
    "left_url": (str, "left_url"),
}
KEYS: dict[str, type] = {
    **_OWN,
    **{key: kind for key, (kind, _) in _SETTINGS.items()},
    "ask": list,
    "required": list,
}


def apply_list(app: App, connection: sa.Connection, slug: str, table: Table) -> None:
    """
    Create or change the list as its table says.

    Raises:
        Refused: a key is unknown or missing, or its value is not valid.
        SettingsError: a provider is not in the settings, or the brand is not valid.
        InvalidAddress, InvalidText, UnknownField: an address or text is not valid, or its form is
            to ask for a field that does not exist.
    """
    require_kinds(table, KEYS, needed=["name"])
    values = {
        "name": table["name"],
        "description": table.get("description", ""),
        "opt_in": parse_opt_in(table.get("opt_in", "double")),
        "visibility": parse_visibility(table.get("visibility", "private")),
        "language": table.get("language", app.settings.site.language),
    }
    is_there = any(counts.mailing_list.slug == slug for counts in all_lists(connection))
    if is_there:
        kept = edit_list(connection, slug, **values)
    else:
        kept = add_list(connection, slug, now=app.clock(), **values)
    _reset(connection, kept)
    given = {name: table[key] for key, (_, name) in _SETTINGS.items() if key in table}
    change_list_settings(
        app.publishing,
        connection,
        kept,
        ListValues(**{"consent": "", **given, **_asked(connection, kept, table)}),
    )


def _reset(connection: sa.Connection, kept: MailingList) -> None:
    """
    Give the list the defaults, except for what a file does not say: whether the list is held, and
    the version of its consent sentence.
    """
    before = load_list_settings(connection, kept.id)
    after = replace(
        ListSettings(),
        consent=before.consent,
        consent_version=before.consent_version,
        held_reason=before.held_reason,
    )
    set_list_settings(connection, kept.id, after)


def _asked(connection: sa.Connection, kept: MailingList, table: Table) -> dict[str, Any]:
    wanted, required = table.get("ask", []), table.get("required", [])
    known = [each.field.name for each in asked_fields(connection, [kept.id]).get(kept.id, ())]
    return {
        "asks": {name: name in required for name in dict.fromkeys([*wanted, *required])},
        "asks_not": tuple(name for name in known if name not in [*wanted, *required]),
    }


def list_table(connection: sa.Connection, mailing_list: MailingList) -> Table:
    """
    Make the table of a list: each key that has a value.
    """
    own, usual = load_list_settings(connection, mailing_list.id), ListSettings()
    asked = asked_fields(connection, [mailing_list.id]).get(mailing_list.id, ())
    values: Table = {
        "name": mailing_list.name,
        "description": mailing_list.description or None,
        "opt_in": mailing_list.opt_in.value,
        "visibility": mailing_list.visibility.value,
        "language": mailing_list.language,
    }
    for key, (kind, name) in _SETTINGS.items():
        value = getattr(own, name)
        if value != getattr(usual, name):
            values[key] = str(value) if kind is str else value
    if own.sender:
        values["from"] = f"{own.sender.name} <{own.sender.address}>"
    values["ask"] = [each.field.name for each in asked] or None
    values["required"] = [each.field.name for each in asked if each.is_required] or None
    return {key: value for key, value in values.items() if value is not None}
