"""
The body of the health of a list: its growth, and its bounces and complaints by domain.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, ClassVar

from newsletter.actions.operations.list_health import ListHealth
from newsletter.web.api.body import ResponseBody
from subscribers.health.growth import Growth
from subscribers.health.reader_changes import ReaderChange
from subscribers.history.model import OriginKind


class DayBody(ResponseBody):
    """
    How the readers changed in a day, in UTC: those who `joined` or `came_back` are more, those who
    `left`, were `suppressed` or `erased` are fewer.
    """

    day: dt.date
    joined: int
    came_back: int
    left: int
    suppressed: int
    erased: int


class DomainBody(ResponseBody):
    """
    A domain: its active readers, and the bounces and complaints from it.
    """

    domain: str
    readers: int
    bounced: int
    complained: int


class ListHealthBody(ResponseBody):
    """
    How a list has done in the last days. `at_start` plus `joined` and `came_back` less `left`,
    `suppressed` and `erased` is `readers`, those of now. Somebody who `came_back` undid their
    unsubscription, or their suppression ended. `churn` is the share that is gone of those who were
    there at the start or joined, `silent` how many opened and clicked none of the last ten issues,
    null if that is not known.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "days": 30,
        "at_start": 4112,
        "joined": 137,
        "came_back": 2,
        "left": 34,
        "suppressed": 6,
        "erased": 1,
        "readers": 4210,
        "net": 98,
        "churn": 0.0092,
        "by_day": [
            {
                "day": "2026-03-04",
                "joined": 11,
                "came_back": 0,
                "left": 2,
                "suppressed": 1,
                "erased": 0,
            }
        ],
        "joined_through": {"reader": 137},
        "came_back_through": {"reader": 1, "staff": 1},
        "left_through": {"reader": 34},
        "suppressed_through": {"provider": 6},
        "erased_through": {"staff": 1},
        "domains": [{"domain": "example.org", "readers": 210, "bounced": 2, "complained": 0}],
        "silent": 312,
    }
    days: int
    at_start: int
    joined: int
    came_back: int
    left: int
    suppressed: int
    erased: int
    readers: int
    net: int
    churn: float
    by_day: list[DayBody]
    joined_through: dict[str, int]
    came_back_through: dict[str, int]
    left_through: dict[str, int]
    suppressed_through: dict[str, int]
    erased_through: dict[str, int]
    domains: list[DomainBody]
    silent: int | None


def health_body(found: ListHealth) -> ListHealthBody:
    """
    Return the body of the health of a list.
    """
    growth = found.growth
    through = {each: _by_word(growth.through(each)) for each in ReaderChange}
    return ListHealthBody(
        days=found.days,
        at_start=found.at_start,
        joined=growth.total(ReaderChange.JOINED),
        came_back=growth.total(ReaderChange.CAME_BACK),
        left=growth.total(ReaderChange.LEFT),
        suppressed=growth.total(ReaderChange.SUPPRESSED),
        erased=growth.total(ReaderChange.ERASED),
        readers=found.readers,
        net=growth.net,
        churn=round(found.churn, 4),
        by_day=_day_bodies(growth),
        joined_through=through[ReaderChange.JOINED],
        came_back_through=through[ReaderChange.CAME_BACK],
        left_through=through[ReaderChange.LEFT],
        suppressed_through=through[ReaderChange.SUPPRESSED],
        erased_through=through[ReaderChange.ERASED],
        domains=[
            DomainBody(
                domain=each.domain,
                readers=each.readers,
                bounced=each.bounced,
                complained=each.complained,
            )
            for each in found.domains
        ],
        silent=found.silent,
    )


def _day_bodies(growth: Growth) -> list[DayBody]:
    kinds = {each.value: growth.by_day(each) for each in ReaderChange}
    days = sorted({day for counts in kinds.values() for day in counts})
    return [
        DayBody(day=day, **{name: counts.get(day, 0) for name, counts in kinds.items()})
        for day in days
    ]


def _by_word(counts: Mapping[OriginKind, int]) -> dict[str, int]:
    return {kind.value: number for kind, number in counts.items()}
