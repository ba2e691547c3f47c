"""
Add many people to a list or change them at once, each with a result of their own. What a row may
change is decided as for a row of an import, and written by the same statements.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import cache

import orjson
import sqlalchemy as sa

from subscribers.bulk.given_people import GivenPerson, UpsertOutcome, UpsertResult, read_given
from subscribers.fields.declare import all_fields
from subscribers.fields.model import Field
from subscribers.history.model import Origin
from subscribers.import_export.declared_fields.apply_values import (
    store_changes,
    values_changed,
    with_new_values,
)
from subscribers.import_export.detect_layout import detect_layout
from subscribers.import_export.import_policy import RowDecision, RowOutcome, decide
from subscribers.import_export.reading.own_export import OwnColumns
from subscribers.import_export.rows import Row
from subscribers.import_export.run.apply_batch import apply_batch
from subscribers.import_export.run.known_people import find_known_people, within_reach
from subscribers.import_export.run.tags_and_notes import add_tags_and_notes, find_tagged
from subscribers.import_export.run.target import ImportTarget
from subscribers.model import MailingList, OptIn
from subscribers.tokens import KeyRing

# The number of an import that writes; there is none here.
_WRITES = 1


_OUTCOMES = {
    RowOutcome.CREATED: UpsertOutcome.CREATED,
    RowOutcome.UPDATED: UpsertOutcome.UPDATED,
    RowOutcome.UNCHANGED: UpsertOutcome.UNCHANGED,
    RowOutcome.KEPT_SUPPRESSED: UpsertOutcome.KEPT,
    RowOutcome.REFUSED: UpsertOutcome.REFUSED,
}


def upsert_people(
    connection: sa.Connection,
    given: Sequence[GivenPerson],
    *,
    mailing_list: MailingList,
    consent: str | None,
    reach: frozenset[str] | None,
    source: str,
    keyring: KeyRing,
    by: Origin,
    now: dt.datetime,
) -> list[UpsertResult]:
    """
    Add people to a list or change those who are on it, in a constant number of statements, and
    return the result of each in the order given. With a *consent*, or on a list with single opt-in,
    new subscriptions are active, and otherwise pending. Of people on a list whose slug is not among
    *reach*, if it is given, nothing else is changed.

    Raises:
        Overtaken: another process added one of them; the transaction has to be rolled back.
    """
    fields = {each.name: each for each in all_fields(connection)}
    results, rows = read_given(given, fields, source)
    target = ImportTarget(
        connection=connection,
        mailing_list=mailing_list,
        consent=consent,
        import_number=_WRITES,
        through=by.through,
        now=now,
        source=source,
        keyring=keyring,
        reach=reach,
    ).with_present_slug()
    known = find_known_people(target, list(rows))
    given_rows = within_reach(target, rows)
    may_begin = bool(consent) or mailing_list.opt_in is OptIn.SINGLE
    decisions = [
        decide(row, known[key], may_begin=may_begin, is_repeated=False)
        for key, row in given_rows.items()
    ]
    outcomes = _apply(target, decisions, list(fields.values()), by=by)
    return [result or UpsertResult(outcome=_OUTCOMES[outcomes[key]]) for result, key in results]


def _apply(
    target: ImportTarget,
    decisions: Sequence[RowDecision],
    fields: Sequence[Field],
    *,
    by: Origin,
) -> dict[str, RowOutcome]:
    """
    Write what was decided, and return the outcome by address key.
    """
    connection, now = target.connection, target.now
    changed = values_changed(connection, decisions, repeated=frozenset())
    tagged = find_tagged(connection, decisions)
    begun = apply_batch(
        connection,
        decisions,
        mailing_list=target.mailing_list,
        consent=target.consent,
        source=target.source or "",
        evidence=_evidence,
        own=_no_columns(),
        reach=target.reach,
        by=by,
        now=now,
    )
    store_changes(connection, changed, decisions, begun, fields, by=by, now=now)
    add_tags_and_notes(connection, tagged, begun, by=by, now=now)
    news = changed.keys() | tagged.keys()
    return {each.row.address.key: with_new_values(each, news).outcome for each in decisions}


@cache
def _no_columns() -> OwnColumns:
    return OwnColumns(detect_layout(["email"]))


def _evidence(row: Row) -> str:
    return orjson.dumps({"email": row.address.email}).decode()
