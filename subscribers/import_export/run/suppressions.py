"""
Suppress the people whom the rows of an import call bounced, complained or suppressed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from subscribers.import_export.cells import read_time
from subscribers.import_export.import_policy import RowDecision
from subscribers.import_export.reading.own_export import OwnColumns, text_of
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.records import add_suppressions

_LONGEST_SCOPE = 60
_REASONS = frozenset(SuppressionReason) - {SuppressionReason.ERASED}


def suppress_people(
    connection: sa.Connection,
    decisions: Sequence[RowDecision],
    *,
    slug: str,
    own: OwnColumns,
    reach: frozenset[str] | None,
    now: dt.datetime,
) -> None:
    """
    Store the suppressions that *decisions* and their rows make, for all lists unless our own export
    says that one is about the list only, whose *slug* is here perhaps another. With *reach*, slugs
    of lists, they are for the list, or for those of them that the export names.
    """
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for each in decisions:
        if each.suppress:
            is_here = reach is not None or own.is_suppressed_here(each.row)
            scope = slug if is_here else ALL_LISTS
            row = _row(each, scope, each.suppress, each.row.status_at or now)
            rows[each.row.address.key, scope] = row
        if each.begin or each.suppress:
            for row in _written_out(each, slug, own):
                if reach is None or row["scope"] in reach:
                    rows[row["email_key"], row["scope"]] = row
    add_suppressions(connection, list(rows.values()))


def _written_out(each: RowDecision, slug: str, own: OwnColumns) -> Iterator[dict[str, Any]]:
    """
    Yield the suppressions that a row of our own export has one by one, for any lists.
    """
    about = own.lists_of(each.row.record)
    for found in own.suppressions_of(each.row):
        reason, since = text_of(found.get("reason")), read_time(text_of(found.get("since")))
        scope = text_of(found.get("scope"))
        if reason not in _REASONS or since is None or len(scope) > _LONGEST_SCOPE:
            continue
        row = _row(each, slug if scope in about and slug not in about else scope, reason, since)
        ends = read_time(text_of(found.get("expires_at")))
        yield {**row, "expires_at": ends, "note": text_of(found.get("note"))}


def _row(each: RowDecision, scope: str, reason: str, since: dt.datetime) -> dict[str, Any]:
    return {
        "email_key": each.row.address.key,
        "scope": scope,
        "reason": str(reason),
        "since": since,
        "expires_at": None,
        "note": "",
    }
