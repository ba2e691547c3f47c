"""
The bodies of the requests that outgoing webhooks get, for the section `webhooks` of the document.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from newsletter.model.brief import BriefStatus
from newsletter.model.outgoing import OutgoingKind
from newsletter.model.schedule import SlotOutcome
from newsletter.web.api.body import ResponseBody
from newsletter.web.api.text import Slug
from newsletter.web.api.times import Moment
from subscribers.history.model import OriginKind
from subscribers.import_export.jobs.model import JobState
from subscribers.model import SubscriptionState


class PersonEventData(ResponseBody):
    """
    Data of an event about a person.
    """

    subscriber_id: int | None = Field(description="Null if the address is no subscriber's")
    list: Slug | None = Field(description="Null if it concerns all lists")
    by: OriginKind = Field(description="Who did it")
    address: str | None = Field(description="Their email address, null once they were erased")


class JoinedData(PersonEventData):
    """
    Data of `subscriber.joined`.
    """

    state: SubscriptionState = Field(description="What they are on the list now")


class ReasonData(PersonEventData):
    """
    Data of `subscriber.left` and `subscriber.suppressed`.
    """

    reason: str = Field(description="Why, in words; empty once they were erased")


class ReportData(PersonEventData):
    """
    Data of `subscriber.bounced` and `subscriber.complained`.
    """

    issue_id: int = Field(description="The issue that was sent to them")


class UpdatedData(PersonEventData):
    """
    Data of `subscriber.updated`.
    """

    changed: tuple[str, ...] = Field(
        description="What changed: address, name, language, timezone, cadence or fields.NAME"
    )


class TaggedData(PersonEventData):
    """
    Data of `subscriber.tagged`.
    """

    added: tuple[str, ...] = Field(description="Empty once they were erased")
    removed: tuple[str, ...] = Field(description="Empty once they were erased")


class IssueEventData(ResponseBody):
    """
    Data of an event about an issue.
    """

    issue_id: int = Field(description="The number of the issue")
    lists: tuple[Slug, ...] = Field(description="The lists it goes to")


class ApprovalNeededData(IssueEventData):
    """
    Data of `issue.approval_needed`.
    """

    deadline: Moment | None = Field(description="When its schedule decides if nobody does")


class ScheduledData(IssueEventData):
    """
    Data of `issue.scheduled`.
    """

    send_at: Moment = Field(description="When it is to be sent")


class IssueReasonData(IssueEventData):
    """
    Data of `issue.paused`, `issue.cancelled` and `issue.failed`.
    """

    reason: str = Field(description="Why, in words")


class CorrectedData(IssueEventData):
    """
    Data of `issue.corrected`.
    """

    correction_id: int = Field(description="The number of the issue that corrects it")


class SkippedData(ResponseBody):
    """
    Data of `schedule.skipped`.
    """

    schedule: str = Field(description="The name of the schedule")
    run: str = Field(description="The local time of the run", examples=["2026-03-04T06:00"])
    lists: tuple[Slug, ...] = Field(description="The lists its issues go to")
    outcome: Literal[SlotOutcome.SKIPPED, SlotOutcome.FAILED]
    reason: str = Field(description="Why, in words")


class CollectedData(ResponseBody):
    """
    Data of `brief.collected`.
    """

    brief_id: int = Field(description="The number of the brief")
    source: str | None = Field(description="The name of the source, null if it was made by hand")
    title: str
    url: str | None = Field(description="The page that it links to")
    status: BriefStatus


class ImportedData(ResponseBody):
    """
    Data of `import.finished`.
    """

    import_id: int = Field(description="The number of the import")
    list: Slug
    state: Literal[JobState.DONE, JobState.FAILED, JobState.UNDONE]
    rows: dict[str, int] = Field(description="How many rows of the file, by their outcome")


class ExportedData(ResponseBody):
    """
    Data of `export.ready`.
    """

    export_id: int = Field(description="The number of the export")
    list: Slug | None = Field(description="Null if it is of all lists")
    people: int = Field(description="How many people are in the file")


_K = OutgoingKind
DATA: Mapping[OutgoingKind, type[ResponseBody]] = {
    _K.SUBSCRIBER_JOINED: JoinedData,
    _K.SUBSCRIBER_CONFIRMED: PersonEventData,
    _K.SUBSCRIBER_LEFT: ReasonData,
    _K.SUBSCRIBER_SUPPRESSED: ReasonData,
    _K.SUBSCRIBER_BOUNCED: ReportData,
    _K.SUBSCRIBER_COMPLAINED: ReportData,
    _K.SUBSCRIBER_UPDATED: UpdatedData,
    _K.SUBSCRIBER_TAGGED: TaggedData,
    _K.IMPORT_FINISHED: ImportedData,
    _K.ISSUE_APPROVAL_NEEDED: ApprovalNeededData,
    _K.ISSUE_APPROVED: IssueEventData,
    _K.ISSUE_SCHEDULED: ScheduledData,
    _K.ISSUE_SUBMITTED: IssueEventData,
    _K.ISSUE_PAUSED: IssueReasonData,
    _K.ISSUE_CORRECTED: CorrectedData,
    _K.ISSUE_CANCELLED: IssueReasonData,
    _K.ISSUE_FAILED: IssueReasonData,
    _K.SCHEDULE_SKIPPED: SkippedData,
    _K.BRIEF_COLLECTED: CollectedData,
    _K.EXPORT_READY: ExportedData,
}
_SUMMARIES: Mapping[OutgoingKind, str] = {
    _K.SUBSCRIBER_JOINED: "Somebody joined a list, or asked to",
    _K.SUBSCRIBER_CONFIRMED: "A pending reader confirmed",
    _K.SUBSCRIBER_LEFT: "A subscription ended",
    _K.SUBSCRIBER_SUPPRESSED: "An address gets no more email",
    _K.SUBSCRIBER_BOUNCED: "A provider reported a hard bounce",
    _K.SUBSCRIBER_COMPLAINED: "A reader marked an issue as spam",
    _K.SUBSCRIBER_UPDATED: "What is known about somebody changed",
    _K.SUBSCRIBER_TAGGED: "Somebody's tags changed",
    _K.IMPORT_FINISHED: "An import ended, or was undone",
    _K.ISSUE_APPROVAL_NEEDED: "A draft waits for approval",
    _K.ISSUE_APPROVED: "An issue was approved",
    _K.ISSUE_SCHEDULED: "An issue is to be sent at a time",
    _K.ISSUE_SUBMITTED: "Every delivery of an issue has an answer",
    _K.ISSUE_PAUSED: "An issue was paused",
    _K.ISSUE_CORRECTED: "A correction of an issue was submitted",
    _K.ISSUE_CANCELLED: "An issue was cancelled",
    _K.ISSUE_FAILED: "An issue could not be sent when it was due",
    _K.SCHEDULE_SKIPPED: "A run of a schedule made no issue",
    _K.BRIEF_COLLECTED: "A brief was stored",
    _K.EXPORT_READY: "The file of an export is complete",
}
_HEADERS = {
    "webhook-id": "The id of the event for this webhook, the same at every attempt",
    "webhook-timestamp": "When this attempt was signed, in seconds since 1970",
    "webhook-signature": "The signatures of id, timestamp and body, as Standard Webhooks says",
}


def event_model(kind: OutgoingKind) -> type[ResponseBody]:
    """
    Return the model of the body of a request that reports this kind of event.
    """
    words = kind.value.replace(".", "_").split("_")
    name = "".join(word.capitalize() for word in words) + "Event"
    # mypy cannot know a Literal of a value.
    own: Any = Literal[kind.value]
    moment = Annotated[Moment, Field(description="When it happened")]
    return create_model(
        name,
        __base__=ResponseBody,
        __doc__=f"{_SUMMARIES[kind]}.",
        type=(own, ...),
        timestamp=(moment, ...),
        data=(DATA[kind], ...),
    )


def described_webhooks(schemas: dict[str, Any], *, ref: str) -> dict[str, Any]:
    """
    Return the section `webhooks` of the document, and add what it refers to to *schemas*.
    """
    found = {}
    for kind in OutgoingKind:
        model = event_model(kind)
        schema = model.model_json_schema(mode="serialization", ref_template=ref + "{model}")
        for name, inner in schema.pop("$defs", {}).items():
            schemas.setdefault(name, inner)
        schemas[model.__name__] = schema
        body = {"application/json": {"schema": {"$ref": ref + model.__name__}}}
        found[kind.value] = {
            "post": {
                "summary": _SUMMARIES[kind],
                "operationId": f"on_{kind.value.replace('.', '_')}",
                "tags": ["webhooks"],
                "security": [],
                "parameters": list(_parameters()),
                "requestBody": {"required": True, "content": body},
                "responses": {
                    "2XX": {"description": "The event was stored"},
                    "410": {"description": "The webhook is paused"},
                    "default": {"description": "The event is sent again later"},
                },
            }
        }
    return found


def _parameters() -> Iterator[dict[str, Any]]:
    for name, about in _HEADERS.items():
        yield {
            "name": name,
            "in": "header",
            "required": True,
            "description": about,
            "schema": {"type": "string"},
        }
