"""
Store the report of a poll, and read its error as the phrase that it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from newsletter.model.source import CollectReport, SourceSettings
from newsletter.store.tables import poll
from subscribers.text.stored_phrases import read_text, with_phrases


def save_report(
    connection: sa.Connection, polled: SourceSettings, report: CollectReport, *, now: dt.datetime
) -> None:
    """
    Save the report of one poll, with the phrase of its error.
    """
    stored = {**report.as_json(), **with_phrases({"error": report.error})}
    connection.execute(sa.insert(poll).values(source_id=polled.id, at=now, report=stored))


def error_in(report: Mapping[str, Any] | None) -> str | None:
    """
    Return the error in a stored report.
    """
    if report is None:
        return None
    found: str | None = read_text(report["error"], report.get("error_phrase"))
    return found
