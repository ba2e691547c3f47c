"""
Append entries to the audit trail: what an action changed, with the object before and after.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from newsletter.actions.guard.recorded_arguments import recorded_arguments
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Target
from newsletter.model.audit import AuditEntry
from newsletter.store.access.audit import append_entry
from newsletter.store.access.snapshots import Snapshot, changes_between, load_snapshot
from newsletter.store.unit_of_work import before_commit
from subscribers.errors import InvalidAddress
from subscribers.suppression.rules import parse_rule
from subscribers.validation.address import parse_address

# The purpose of the secret that keys the chain.
AUDIT_PURPOSE = "audit"
# What the entry says of an action that was refused.
REFUSED = "refused"


def record_entry(
    app: App,
    connection: sa.Connection,
    by: Actor,
    action: str,
    target: Target,
    *,
    changes: Mapping[str, Any],
    person_id: int | None = None,
    personal: Mapping[str, Any] | None = None,
) -> None:
    """
    Append an entry in the caller's transaction. *personal* is what it says about the person with
    *person_id*.
    """
    entry = AuditEntry(
        number=0,
        at=app.clock(),
        actor=by.name,
        channel=by.channel.value,
        staff_id=by.staff_id,
        token_id=by.token_id,
        from_address=by.from_address,
        action=action,
        object_kind=target.kind.value,
        object_id=target.id,
        changes=changes,
        person_id=person_id,
    )
    key = app.links.keys.words(AUDIT_PURPOSE)[0]
    before_commit(connection, lambda last: append_entry(last, entry, key=key, personal=personal))


class AuditedChange:
    """
    One action by an actor, whose object is loaded before its first write and after its last one.
    """

    def __init__(self, app: App, by: Actor, action: str, target: Target) -> None:
        self.app, self.by, self.action, self.target = app, by, action, target
        self._before: Snapshot | None = None

    @property
    def _name(self) -> str:
        """
        Return the name under which the database knows the object: of a person, the key of the
        address.
        """
        if self.target.kind is not ObjectKind.PERSON:
            return self.target.id
        try:
            return parse_address(self.target.id).key
        except InvalidAddress:
            return self.target.id

    def load_before(self, connection: sa.Connection) -> None:
        """
        Load the object as it is before the change.
        """
        self._before = load_snapshot(connection, self.target.kind, name=self._name)

    def name_object(self, result: object) -> None:
        """
        Name the object, which the action has just made, by what the action returned.
        """
        self.target = replace(self.target, id=str(getattr(result, "id", result)))

    def append_start(self, connection: sa.Connection, *, arguments: Mapping[str, Any]) -> None:
        """
        Append the entry of an action that runs in steps, with what it was asked to do.
        """
        target = self.target
        if target.kind is ObjectKind.PERSON and target.id:
            person = load_snapshot(connection, target.kind, name=self._name)
            target = replace(target, id="" if person is None else str(person.row_id))
        self._record(connection, target, changes=self._described(arguments))

    def append_refusal(self, connection: sa.Connection, *, arguments: Mapping[str, Any]) -> None:
        """
        Append an entry that says that what somebody asked for was refused.
        """
        self._record(connection, self.target, changes={**self._described(arguments), REFUSED: True})

    def append(self, connection: sa.Connection, *, arguments: Mapping[str, Any]) -> None:
        """
        Load the object as it is after the change, and append the entry; of an object that has no
        row of its own, with what was asked for.
        """
        kind, before = self.target.kind, self._before
        if before is None:
            after = load_snapshot(connection, kind, name=self._name)
        else:
            after = load_snapshot(connection, kind, row_id=before.row_id)
        has_row = before is not None or after is not None
        changes = changes_between(before, after) if has_row else self._described(arguments)
        if kind is not ObjectKind.PERSON:
            self._record(connection, self.target, changes=changes)
            return
        known = before or after
        number = int(known.row_id) if known is not None else None
        # The trail names people by number alone.
        target = replace(self.target, id="" if number is None else str(number))
        is_erased = after is not None and after.values.get("erased_at") is not None
        personal = changes if has_row and changes and not is_erased else None
        self._record(connection, target, changes={}, person_id=number, personal=personal)

    def _record(self, connection: sa.Connection, target: Target, **values: Any) -> None:
        record_entry(self.app, connection, self.by, self.action, target, **values)

    def _described(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        recorded = recorded_arguments(arguments)
        if self.target.kind is ObjectKind.SUPPRESSION and "typed" in arguments:
            recorded |= self._suppressed(arguments["typed"])
        return recorded

    def _suppressed(self, typed: str) -> dict[str, str]:
        """
        Return what is suppressed: a domain, or the keyed hash of an address.
        """
        rule = parse_rule(typed)
        if rule is not None and rule.startswith("@"):
            return {"domain": rule}
        key = parse_address(typed).key if rule is None else rule
        return {"address_hash": self.app.links.keys.fingerprint(key)}
