"""
The bodies of the requests and responses about suppressions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import Field

from newsletter.actions.people.suppressions import REASONS, SuppressionValues
from newsletter.web.api.bodies.people.uploads import UploadBody
from newsletter.web.api.body import RequestBody, Resource, ResponseBody
from newsletter.web.api.text import Line, Slug
from newsletter.web.api.times import Moment
from subscribers.suppression.files import SuppressionImport
from subscribers.suppression.model import Suppression, SuppressionReason
from subscribers.suppression.rules import shown_rule

SuppressedInPath = Annotated[
    str,
    Path(
        max_length=320,
        description="An address, `@example.org`, `*.example.org`, or the MD5 or SHA-256 of an "
        "address",
        examples=["@competitor.example.org"],
    ),
]
Reason = Annotated[
    SuppressionReason,
    Field(description=f"One of {', '.join(REASONS)}"),
]


class SuppressionBody(ResponseBody):
    """
    Why an address is never mailed: by one list, or by any if `list` is null. `rule` is the domain
    or hash that it follows from, if it does.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "address": "ada@example.org",
        "list": None,
        "reason": "manual",
        "since": "2026-03-04T12:00:00Z",
        "expires_at": None,
        "note": "asked by legal",
        "rule": None,
    }
    address: str = Field(description="Or the domain or hash; of an erased person, a keyed hash")
    list: str | None
    reason: SuppressionReason
    since: Moment
    expires_at: Moment | None
    note: str
    rule: str | None

    @classmethod
    def of(cls, each: Suppression) -> SuppressionBody:
        """
        Return the body of a suppression.
        """
        return cls(
            address=shown_rule(each.address),
            list=each.scope or None,
            reason=each.reason,
            since=each.since,
            expires_at=each.expires_at,
            note=each.note,
            rule=None if each.rule is None else shown_rule(each.rule),
        )


class SuppressedBody(Resource):
    """
    Every suppression of an address, a domain or a hash.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {"suppressions": [SuppressionBody.EXAMPLE]}
    suppressions: list[SuppressionBody]

    @classmethod
    def of(cls, found: Sequence[Suppression]) -> SuppressedBody:
        """
        Return the body of suppressions.
        """
        return cls(suppressions=[SuppressionBody.of(each) for each in found])


class SuppressionSettings(RequestBody):
    """
    How long and why something is suppressed, by one list or, without `list`, by all.
    """

    list: Slug | None = None
    until: dt.date | None = Field(default=None, description="The last day; without it, for good")
    reason: Reason = SuppressionReason.MANUAL
    note: Line = ""

    def as_values(self) -> SuppressionValues:
        """
        Return what an action takes.
        """
        return SuppressionValues(
            list_slug=self.list or "", until=self.until, note=self.note, reason=self.reason
        )


class SuppressionToAdd(SuppressionSettings):
    """
    An address, a domain or a hash that is not to be mailed.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "address": "@competitor.example.org",
        "note": "asked by legal",
    }
    address: Annotated[str, Field(min_length=1, max_length=320)]


class SuppressionsToImport(SuppressionSettings):
    """
    A file of addresses, domains and hashes that are not to be mailed.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "file": {"name": "bounces.csv", "text": "ada@example.org\n@example.com\n"},
        "reason": "bounce",
        "dry_run": True,
    }
    file: UploadBody
    dry_run: bool = Field(default=False, description="Only count")


class SuppressionImportBody(ResponseBody):
    """
    How many lines of a file named an address, a domain or a hash, how many of these are suppressed
    only now, and how many named none, with the numbers of the first of these; and how many give a
    reason that is not known here, so that they get the one of the request.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "addresses": 1, "domains": 1, "hashes": 0, "added": 2, "invalid": 0, "first_invalid": [],
        "unknown_reasons": 0,
    }  # fmt: skip
    addresses: int
    domains: int
    hashes: int
    added: int
    invalid: int
    first_invalid: list[int]
    unknown_reasons: int

    @classmethod
    def of(cls, done: SuppressionImport) -> SuppressionImportBody:
        """
        Return the body of the result of an import.
        """
        return cls(
            addresses=done.addresses,
            domains=done.domains,
            hashes=done.hashes,
            added=done.added,
            invalid=done.invalid,
            first_invalid=list(done.first_invalid),
            unknown_reasons=done.unknown_reasons,
        )
