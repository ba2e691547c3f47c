"""
Tell what other imports did from what happened to people otherwise. An import that is undone, and
one of the same files into another list, does not keep anybody from being taken back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from subscribers.database.history_tables import history
from subscribers.database.job_tables import file_job
from subscribers.database.request_tables import reader_request
from subscribers.history.model import OriginKind
from subscribers.import_export.jobs.model import FileJob, JobKind, JobState
from subscribers.model import SubscriptionState

_h, _j = history, file_job


@dataclass(frozen=True, kw_only=True)
class OtherImports:
    """
    The imports, as the history names them, that do not count as something else that happened, and
    the highest number of a person before the first import of these files.
    """

    names: frozenset[str]
    people_before: int

    def is_harmless(self, row: sa.Row[Any], list_id: int | None) -> bool:
        """
        Return whether a row of the history is that of such an import, or of an undo, and did not
        suppress anybody or end a subscription to the list.
        """
        detail: Mapping[str, Any] = row.detail or {}
        if "import_undone" in detail:
            return True
        if row.by != OriginKind.IMPORT or row.by_name not in self.names:
            return False
        after = (detail.get("state") or {}).get("after")
        ended = after == SubscriptionState.ENDED and row.list_id == list_id
        return not ended and "suppressed" not in detail


def find_other_imports(connection: sa.Connection, job: FileJob) -> OtherImports:
    """
    Return the other imports that are undone, or whose files are those of this one.
    """
    columns = (_j.c.id, _j.c.state, _j.c.list_id, _j.c.files, _j.c.people_before)
    others: sa.Select[Any] = sa.select(*columns).where(
        _j.c.kind == JobKind.IMPORT.value, _j.c.id != job.id
    )
    hashes = sorted(file.sha256 for file in job.files)
    names = {str(job.id)}
    before = [job.people_before or 0]
    for row in connection.execute(others):
        same = sorted(file.get("sha256", "") for file in row.files) == hashes and all(hashes)
        is_sibling = same and row.list_id != job.list_id
        if is_sibling and row.people_before is not None:
            before.append(row.people_before)
        if is_sibling or row.state == JobState.UNDONE:
            names.add(str(row.id))
    return OtherImports(names=frozenset(names), people_before=min(before))


def find_touched(
    connection: sa.Connection,
    job: FileJob,
    begun: Mapping[int, sa.Row[Any]],
    others: OtherImports,
) -> set[int]:
    """
    Return those to whom anything else happened since the import began their subscription, or who
    asked for something.
    """
    if not begun:
        return set()
    is_its = sa.and_(_h.c.by == OriginKind.IMPORT.value, _h.c.by_name == str(job.id))
    columns = (_h.c.id, _h.c.subscriber_id, _h.c.list_id, _h.c.by, _h.c.by_name, _h.c.detail)
    since: sa.Select[Any] = sa.select(*columns).where(
        _h.c.subscriber_id.in_(list(begun)),
        _h.c.id > min(row.id for row in begun.values()),
        sa.not_(is_its),
    )
    asked = sa.select(reader_request.c.subscriber_id).where(
        reader_request.c.subscriber_id.in_([n for n in begun if n > others.people_before])
    )
    touched = {
        row.subscriber_id
        for row in connection.execute(since)
        if row.id > begun[row.subscriber_id].id and not others.is_harmless(row, job.list_id)
    }
    return touched | set(connection.scalars(asked))
