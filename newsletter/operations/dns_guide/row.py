"""
One row of the report: a record that should be there, what is there, and what to do.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from newsletter.model.dns_record import RecordPurpose


class DnsVerdict(enum.StrEnum):
    """
    How what is in DNS compares with what should be.
    """

    RIGHT = "right"
    MISSING = "missing"
    DIFFERENT = "different"
    NOT_LOOKED_UP = "cannot be looked up"


@dataclass(frozen=True, kw_only=True)
class DnsRow:
    """
    The row of one record. `type` and `name` are empty for alignment, which is no record. `advice`
    is a sentence; it is empty if there is nothing to do. `is_problem`: emails may fail a check.
    """

    domain: str
    provider: str
    purpose: RecordPurpose
    type: str
    name: str
    expected: str
    found: tuple[str, ...]
    verdict: DnsVerdict
    advice: str
    is_problem: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "domain": self.domain,
            "provider": self.provider,
            "purpose": self.purpose,
            "type": self.type,
            "name": self.name,
            "expected": self.expected,
            "found": list(self.found),
            "verdict": self.verdict,
            "advice": self.advice,
            "ok": not self.is_problem,
        }


@dataclass(frozen=True, kw_only=True)
class DnsFinding:
    """
    What a comparison came to, without the record itself.
    """

    verdict: DnsVerdict
    advice: str = ""


def right(advice: str = "") -> DnsFinding:
    return DnsFinding(verdict=DnsVerdict.RIGHT, advice=advice)


def missing(advice: str) -> DnsFinding:
    return DnsFinding(verdict=DnsVerdict.MISSING, advice=advice)


def different(advice: str) -> DnsFinding:
    return DnsFinding(verdict=DnsVerdict.DIFFERENT, advice=advice)


def not_looked_up(advice: str) -> DnsFinding:
    return DnsFinding(verdict=DnsVerdict.NOT_LOOKED_UP, advice=advice)
