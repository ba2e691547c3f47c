"""
Actions on suppressions: list them, add one, lift one, import and export many.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from newsletter.actions.guard.bulk_reads import record_bulk_read
from newsletter.actions.guard.objects import shared, unlimited, within
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import InvalidValue, NotFound, Refused
from newsletter.model.access import Actor, ObjectKind, Permission, Target
from subscribers.lists import find_list
from subscribers.suppression import records as suppression
from subscribers.suppression.bulk import NewSuppression, suppress_all
from subscribers.suppression.files import (
    SuppressionImport,
    export_suppressions,
    import_suppressions,
)
from subscribers.suppression.model import ALL_LISTS, Suppression, SuppressionReason
from subscribers.suppression.rules import add_rule, end_expired, lift, parse_rule, shown_rule
from subscribers.text.phrases import joined, phrase
from subscribers.validation.address import parse_address
from subscribers.validation.text_fields import one_line

# Those that can be given to a command; an erasure has its own.
REASONS = tuple(each for each in SuppressionReason if each is not SuppressionReason.ERASED)


@dataclass(frozen=True, kw_only=True)
class SuppressionValues:
    """
    What was entered about a suppression: the list it is for, its last day, why, in words, and the
    reason by name.
    """

    list_slug: str = ""
    until: dt.date | None = None
    note: str = ""
    reason: str = SuppressionReason.MANUAL


@requires(Permission.SUPPRESSIONS_READ, "suppression.list", about=shared(ObjectKind.SUPPRESSION))
def all_of(app: App, *, by: Actor) -> list[Suppression]:
    """
    Return every suppression within reach that has not expired; those for all lists are within reach
    only of actors who are not limited to some. The audit trail records it if there are many.
    """
    now = app.clock()
    with app.database.read() as connection:
        every = suppression.list_suppressions(connection)
    found = [
        each
        for each in every
        if (each.expires_at is None or each.expires_at > now) and by.sees(each.scope)
    ]
    target = Target(kind=ObjectKind.SUPPRESSION)
    record_bulk_read(app, by, "suppression.list", target, count=len(found))
    return found


@requires(
    Permission.SUPPRESSIONS_WRITE,
    "suppression.add",
    about=within(ObjectKind.SUPPRESSION, "values.list_slug"),
)
def add(app: App, typed: str, *, by: Actor, values: SuppressionValues) -> list[Suppression]:
    """
    Suppress an address, a domain or the address with a hash, for one list or for all, and return
    all its suppressions.

    Raises:
        UnknownList: there is no such list.
        InvalidAddress: it is not a valid address or domain.
        InvalidValue: the last day is over, or the reason unknown.
    """
    rule = parse_rule(typed)
    key = parse_address(typed).key if rule is None else rule
    new, now = new_suppression(app, values, by=by), app.clock()
    with app.database.write() as connection:
        end_expired(connection, now=now)
        if rule is None:
            suppress_all(connection, [key], new, by=by.origin, now=now)
        else:
            add_rule(connection, rule, new, by=by.origin, now=now)
        return suppression.suppressions_under(connection, key)


@requires(
    Permission.SUPPRESSIONS_WRITE,
    "suppression.remove",
    about=within(ObjectKind.SUPPRESSION, "list_slug"),
)
def remove(
    app: App, typed: str, *, by: Actor, list_slug: str = "", why: str = ""
) -> list[Suppression]:
    """
    Lift the suppression of an address, a domain or a hash, and return those that it still has.
    *why* is kept in the history; a complaint is not lifted without it.

    Raises:
        NotFound: it is not suppressed there.
        Refused: it complained, and *why* is empty; or it follows from a rule.
        InvalidAddress: it is not a valid address or domain.
    """
    rule, now = parse_rule(typed), app.clock()
    key = rule or parse_address(typed).key
    words = one_line(why, phrase("reason"))
    with app.database.write() as connection:
        found = suppression.suppressions_under(connection, key)
        here = next((each for each in found if each.scope == list_slug), None)
        if here is None:
            raise NotFound(_where_it_is(typed, found))
        if here.reason is SuppressionReason.COMPLAINT and not words:
            raise Refused(
                phrase(
                    "{typed} complained about your email; if they asked you to write to them "
                    "again, say how: --reason TEXT",
                    typed=typed,
                )
            )
        if here.rule is not None:
            raise Refused(
                phrase(
                    "{typed} is suppressed because {shown_rule} is: remove that one",
                    typed=typed,
                    shown_rule=shown_rule(here.rule),
                )
            )
        lift(connection, key, scope=list_slug, by=by.origin, now=now, why=words)
        return suppression.suppressions_under(connection, key)


@requires(
    Permission.SUPPRESSIONS_WRITE,
    "suppression.import",
    about=unlimited(ObjectKind.SUPPRESSION),
    in_steps=True,
)
def import_file(
    app: App, file: Path, *, by: Actor, values: SuppressionValues, dry_run: bool = False
) -> SuppressionImport:
    """
    Suppress the addresses, domains and hashes in a file.

    Raises:
        UnknownList: there is no such list.
        ImportRefused: the file cannot be read.
        InvalidValue: the last day is over, or the reason unknown.
    """
    new = new_suppression(app, values, by=by)

    def begin() -> None:
        # What waits for the first write, such as the entry in the audit trail, is stored.
        with app.database.write():
            pass

    return import_suppressions(
        app.database.engine,
        file,
        new,
        by=by.origin,
        now=app.clock(),
        dry_run=dry_run,
        begin=begin,
    )


@requires(
    Permission.PEOPLE_EXPORT,
    "suppression.export",
    about=unlimited(ObjectKind.SUPPRESSION),
    in_steps=True,
)
def export(app: App, out: TextIO, *, is_hashed: bool = False, by: Actor) -> tuple[int, int]:
    """
    Write the suppressions as CSV, or hashes of their addresses, and return how many were written
    and how many cannot be.
    """
    with app.database.read() as connection:
        return export_suppressions(connection, out, is_hashed=is_hashed)


def new_suppression(app: App, values: SuppressionValues, *, by: Actor) -> NewSuppression:
    """
    Check what was entered about a suppression, and return what is stored.

    Raises:
        UnknownList: there is no such list.
        InvalidValue: the last day is over, or the reason unknown.
    """
    if values.reason not in REASONS:
        raise InvalidValue(
            phrase(
                "{reason!r} is not a reason: write {reasons}",
                reason=values.reason,
                reasons=", ".join(REASONS),
            )
        )
    expires_at = None
    if values.until is not None:
        # Its last day is a whole one.
        day = values.until + dt.timedelta(days=1)
        expires_at = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)
        if expires_at <= app.clock():
            raise InvalidValue(phrase("{until} is over: give a day to come", until=values.until))
    with app.database.read() as connection:
        scope = find_list(connection, values.list_slug).slug if values.list_slug else ALL_LISTS
    return NewSuppression(
        reason=SuppressionReason(values.reason),
        scope=scope,
        expires_at=expires_at,
        note=one_line(values.note, phrase("note")),
    )


def _where_it_is(typed: str, found: Sequence[Suppression]) -> str:
    """
    Say where an address is suppressed that is not suppressed where it was to be lifted.
    """
    if not found:
        return phrase("{typed} is not suppressed: see `newsletter suppression list`", typed=typed)
    slugs = [each.scope for each in found]
    if ALL_LISTS in slugs:
        return phrase("{typed} is suppressed on all lists: leave out --list", typed=typed)
    names = joined(" and ", [phrase("list {list}", list=slug) for slug in slugs])
    options = joined(" or ", [phrase("--list {list}", list=slug) for slug in slugs])
    return phrase(
        "{typed} is suppressed on {names} only: add {options}",
        typed=typed,
        names=names,
        options=options,
    )
