"""
A mailing list as a table of the file: the options of `list add` as keys.
"""

from __future__ import annotations

import sqlalchemy as sa

from newsletter.app import App
from newsletter.issues.settings.lists import change_list_settings, parse_opt_in
from newsletter.operations.config_as_code.tables import Table, require_kinds
from newsletter.store.issues.list_settings import (
    ListSettings,
    load_list_settings,
    set_list_settings,
)
from subscribers.lists import add_list, all_lists, edit_list
from subscribers.model import MailingList

KEYS: dict[str, type] = {
    "name": str, "description": str, "opt_in": str, "language": str, "from": str,
    "reply_to": str, "approval": bool, "quiet": str, "timezone": str,
}  # fmt: skip


def apply_list(app: App, connection: sa.Connection, slug: str, table: Table) -> None:
    """
    Create or change the list as its table says.

    Raises:
        Refused: a key is unknown or missing, or its value is not valid.
        InvalidAddress, InvalidText: an address or text is not valid.
    """
    require_kinds(table, KEYS, needed=["name"])
    values = {
        "name": table["name"],
        "description": table.get("description", ""),
        "opt_in": parse_opt_in(table.get("opt_in", "double")),
        "language": table.get("language", app.settings.site.language),
    }
    is_there = any(counts.mailing_list.slug == slug for counts in all_lists(connection))
    if is_there:
        kept = edit_list(connection, slug, **values)
    else:
        kept = add_list(connection, slug, now=app.clock(), **values)
    set_list_settings(connection, kept.id, ListSettings())
    change_list_settings(
        connection,
        kept.id,
        sender=table.get("from"),
        reply_to=table.get("reply_to"),
        needs_approval=table.get("approval", False),
        quiet=table.get("quiet"),
        timezone=table.get("timezone"),
    )


def list_table(connection: sa.Connection, mailing_list: MailingList) -> Table:
    """
    Make the table of a list: each key that has a value.
    """
    settings = load_list_settings(connection, mailing_list.id)
    values = {
        "name": mailing_list.name,
        "description": mailing_list.description or None,
        "opt_in": mailing_list.opt_in.value,
        "language": mailing_list.language,
        "from": f"{settings.sender.name} <{settings.sender.address}>" if settings.sender else None,
        "reply_to": settings.reply_to,
        "approval": settings.needs_approval or None,
        "quiet": str(settings.quiet) if settings.quiet else None,
        "timezone": settings.timezone if settings.timezone != ListSettings.timezone else None,
    }
    return {key: value for key, value in values.items() if value is not None}
