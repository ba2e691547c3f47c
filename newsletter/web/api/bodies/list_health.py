"""
The body of the health of a list: its growth, and its bounces and complaints by domain.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from newsletter.actions.operations.list_health import ListHealth
from newsletter.web.api.body import ResponseBody


class DayBody(ResponseBody):
    """
    How many people joined and left in a day, in UTC.
    """

    day: dt.date
    joined: int
    left: int


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
    How a list has done in the last days. `churn` is the share of the readers that left, `silent`
    how many opened and clicked none of the last ten issues, null if that is not known.
    """

    EXAMPLE: ClassVar[dict[str, Any]] = {
        "days": 30,
        "readers": 4210,
        "net": 98,
        "churn": 0.0093,
        "by_day": [{"day": "2026-03-04", "joined": 11, "left": 2}],
        "joined_through": {"reader": 137},
        "left_through": {"reader": 37, "provider": 2},
        "domains": [{"domain": "example.org", "readers": 210, "bounced": 2, "complained": 0}],
        "silent": 312,
    }
    days: int
    readers: int
    net: int
    churn: float
    by_day: list[DayBody]
    joined_through: dict[str, int]
    left_through: dict[str, int]
    domains: list[DomainBody]
    silent: int | None


def health_body(found: ListHealth) -> ListHealthBody:
    """
    Return the body of the health of a list.
    """
    growth = found.growth
    days = sorted({*growth.joined, *growth.left})
    return ListHealthBody(
        days=found.days,
        readers=found.readers,
        net=growth.net,
        churn=round(found.churn, 4),
        by_day=[
            DayBody(day=day, joined=growth.joined.get(day, 0), left=growth.left.get(day, 0))
            for day in days
        ],
        joined_through={kind.value: count for kind, count in growth.joined_through.items()},
        left_through={kind.value: count for kind, count in growth.left_through.items()},
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
