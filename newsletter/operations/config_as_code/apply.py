"""
Apply a file of fields, lists, sources, segments and schedules to the database, and export them to
one. What the file does not name stays as it is: nothing is ever removed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.actions.guard.audit import record_entry
from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import NewsletterError, Refused
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from newsletter.operations.config_as_code.fields import apply_field, field_table
from newsletter.operations.config_as_code.file import Setup
from newsletter.operations.config_as_code.lists import apply_list, list_table
from newsletter.operations.config_as_code.schedules import apply_schedule, schedule_table
from newsletter.operations.config_as_code.segments import apply_segment, segment_table
from newsletter.operations.config_as_code.sources import apply_source, source_table
from newsletter.operations.config_as_code.tables import Table
from newsletter.store.content.sources import all_sources
from newsletter.store.delivery.segments.rules import require_rules
from newsletter.store.scheduling.schedules import all_schedules
from subscribers.errors import SubscribersError
from subscribers.fields.declare import all_fields
from subscribers.lists import all_lists
from subscribers.segments.records import all_segments

Apply = Callable[[App, sa.Connection, str, Table], None]
APPLY: dict[str, Apply] = {
    "field": apply_field,
    "list": apply_list,
    "source": apply_source,
    "segment": apply_segment,
    "schedule": apply_schedule,
}


class _DryRun(NewsletterError):
    """
    Raised to roll back the transaction of a dry run.
    """


@dataclass(frozen=True, kw_only=True)
class Change:
    """
    The change made to one table: `did` is added, changed (with the keys) or unchanged.
    """

    kind: str
    name: str
    did: str
    keys: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """
        Return the change as plain JSON values.
        """
        return {"kind": self.kind, "name": self.name, "did": self.did, "keys": list(self.keys)}


@requires(Permission.LISTS_READ, "setup.export", about=unlimited(ObjectKind.INSTALLATION))
def export_setup(app: App, *, by: Actor) -> Setup:
    """
    Return every field, list, source, segment and schedule, with each key whose value is not the
    default.
    """
    with app.database.read() as connection:
        return _export(connection)


def _export(connection: sa.Connection) -> Setup:
    lists = [counts.mailing_list for counts in all_lists(connection)]
    return {
        "field": {field.name: field_table(field) for field in all_fields(connection)},
        "list": {each.slug: list_table(connection, each) for each in lists},
        "source": {source.name: source_table(source) for source in all_sources(connection)},
        "segment": {each.name: segment_table(each) for each in all_segments(connection)},
        "schedule": {rule.name: schedule_table(rule) for rule in all_schedules(connection)},
    }


@requires(
    Permission.OPERATIONS_WRITE,
    "setup.apply",
    about=unlimited(ObjectKind.INSTALLATION),
    audited=False,
)
def apply_setup(app: App, setup: Setup, *, dry_run: bool, by: Actor) -> list[Change]:
    """
    Apply each table of *setup* to the database in one transaction, and return the changes in order.
    The audit trail names what was changed. A dry run stores nothing.

    Raises:
        Refused: a table cannot be applied; the line names it, and nothing is stored.
    """
    done: list[Change] = []
    try:
        with app.database.write() as connection:
            for section in APPLY:
                for name, table in setup[section].items():
                    done.append(_apply(app, connection, section, name, table))
            require_rules(connection)
            if dry_run:
                raise _DryRun
            facts = {f"{each.kind} {each.name}": [each.did, *each.keys] for each in done}
            target = Target(kind=ObjectKind.INSTALLATION)
            record_entry(app, connection, by, "setup.apply", target, changes=facts)
    except _DryRun:
        pass
    return done


def _apply(app: App, connection: sa.Connection, section: str, name: str, table: Table) -> Change:
    before = _export(connection)[section].get(name)
    try:
        APPLY[section](app, connection, name, table)
    except (NewsletterError, SubscribersError) as error:
        raise Refused(f"[{section}.{name}] {error}") from error
    after = _export(connection)[section][name]
    known = before or {}
    keys = [key for key in {**known, **after} if known.get(key) != after.get(key)]
    did = "added" if before is None else "changed" if keys else "unchanged"
    return Change(kind=section, name=name, did=did, keys=keys)
