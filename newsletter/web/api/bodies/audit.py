"""
The bodies of the responses about the audit trail.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from newsletter.actions.access.audit import AuditReport, as_json
from newsletter.model.audit import AuditEntry
from newsletter.web.api.body import ResponseBody
from newsletter.web.api.text import Explanation
from newsletter.web.api.times import Moment


class AuditEntryBody(ResponseBody):
    """
    Who did what to which object, from where. `personal` is about the person with `person_id`, and
    null once they are erased.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "number": 4711,
        "at": "2026-03-04T12:00:00Z",
        "actor": "shop",
        "channel": "API",
        "staff_id": 3,
        "token_id": 7,
        "from_address": "192.0.2.7",
        "action": "list.edit",
        "object_kind": "list",
        "object_id": "daily",
        "changes": {"name": {"before": "Daily", "after": "The Daily Brief"}},
        "person_id": None,
        "personal": None,
    }
    number: int
    at: Moment
    actor: str
    channel: str
    staff_id: int | None
    token_id: int | None
    from_address: str
    action: str
    object_kind: str
    object_id: str
    changes: dict[str, Any]
    person_id: int | None
    personal: dict[str, Any] | None

    @classmethod
    def of(cls, entry: AuditEntry) -> AuditEntryBody:
        """
        Return the body of an entry.
        """
        values = as_json(entry)
        return cls(**{name: values[name] for name in cls.model_fields} | {"at": entry.at})


class AuditProblemBody(ResponseBody):
    """
    What is wrong with the trail at one entry; `number` is 0 for its head.
    """

    number: int
    problem: Explanation


class AuditReportBody(ResponseBody):
    """
    What a check of the trail found. It is as it was written if there are no problems.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "first_number": 1, "last_number": 4711, "problems": [],
    }  # fmt: skip
    first_number: int
    last_number: int = Field(description="0 if there is no entry yet")
    problems: list[AuditProblemBody]

    @classmethod
    def of(cls, report: AuditReport) -> AuditReportBody:
        """
        Return the body of a report.
        """
        return cls(
            first_number=report.head.first_number,
            last_number=report.head.last_number,
            problems=[
                AuditProblemBody(number=each.number, problem=each.problem)
                for each in report.problems
            ],
        )
