"""
The bodies of responses that show an issue before it is sent: previews, findings, changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from newsletter.actions.issues.previews import ReaderCopy
from newsletter.model.check import Finding, Level
from newsletter.model.mail import Shortening
from newsletter.web.api.bodies.issues.issues import IssueBody
from newsletter.web.api.body import ResponseBody
from newsletter.web.api.text import Explanation, Explanations


class ShortenedBody(ResponseBody):
    """
    A brief that was shortened to keep the email small: its text is `cut`, or it is one `line`.
    """

    brief: int
    title: str
    how: Shortening


class PreviewBody(ResponseBody):
    """
    An issue as a sample reader would get it. `bytes` is the size of its HTML; `warnings` say what
    of the introductory text readers would not get as it was written.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "subject": "The quieter quay",
        "sender": "The Desk <desk@example.org>",
        "html": '<!doctype html><html lang="en">…</html>',
        "text": "THE QUIETER QUAY\n…",
        "bytes": 18_204,
        "shortened": [],
        "warnings": [],
    }
    subject: str
    sender: str
    html: str
    text: str
    bytes: int
    shortened: list[ShortenedBody]
    warnings: Explanations


def preview_body(copy: ReaderCopy) -> PreviewBody:
    """
    Return the body of a preview.
    """
    message = copy.message
    return PreviewBody(
        subject=message.subject,
        sender=f"{message.sender.name} <{message.sender.address}>".strip(),
        html=message.html,
        text=message.text,
        bytes=copy.size,
        shortened=[
            ShortenedBody(brief=each.brief_id, title=each.title, how=each.how)
            for each in copy.shortened
        ],
        warnings=list(copy.warnings),
    )


class FindingBody(ResponseBody):
    """
    What a rule found. `level` is `error` (it cannot be sent), `warning` (it needs a reason),
    `advice`, or `not run`.
    """

    rule: str
    level: Level
    message: Explanation
    where: str


class CheckBody(ResponseBody):
    """
    What the checks found, and how much of each.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "errors": 0,
        "warnings": 1,
        "advice": 0,
        "findings": [
            {
                "rule": "images-alt",
                "level": "warning",
                "message": "the image has no text for readers who cannot see it",
                "where": "brief 12",
            }
        ],
    }
    errors: int
    warnings: int
    advice: int
    findings: list[FindingBody]


def check_body(findings: Sequence[Finding]) -> CheckBody:
    """
    Return the body of what was found.
    """

    def count(level: Level) -> int:
        return sum(each.level is level for each in findings)

    return CheckBody(
        errors=count(Level.ERROR),
        warnings=count(Level.WARNING),
        advice=count(Level.ADVICE),
        findings=[
            FindingBody(rule=each.rule, level=each.level, message=each.message, where=each.where)
            for each in findings
        ],
    )


class ChangesBody(ResponseBody):
    """
    What changed since an issue was approved: the lines of a unified diff.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "has_changed": True,
        "diff": ["--- approved", "+++ now", "-Subject: Quay", "+Subject: The quiet quay"],
    }
    has_changed: bool
    diff: list[str]


class ReadersBody(ResponseBody):
    """
    How many readers an issue goes to.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"readers": 4210}
    readers: int


class CorrectionBody(ResponseBody):
    """
    A draft that corrects an issue, and how many readers of that issue it would go to.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "issue": {**IssueBody.EXAMPLE, "id": 4, "corrects": 3},
        "readers": 4188,
    }
    issue: IssueBody
    readers: int
