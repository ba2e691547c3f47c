"""
Tell how a list is doing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.actions.guard.objects import the_list
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.model.access import Actor, Permission
from newsletter.store.events.list_health import (
    SILENT_AFTER,
    ReportsByDomain,
    count_reports_by_domain,
    count_silent,
    newest_issues_to,
    tells_of_reading,
)
from subscribers.health.growth import Growth, count_growth
from subscribers.health.reader_changes import ReaderChange
from subscribers.health.readers import count_domains
from subscribers.lists import find_list

DOMAINS_SHOWN = 20


@dataclass(frozen=True, kw_only=True)
class DomainHealth:
    """
    A domain: its active readers, and the bounces and complaints from it.
    """

    domain: str
    readers: int
    bounced: int
    complained: int


@dataclass(frozen=True, kw_only=True)
class ListHealth:
    """
    How a list has done in the last `days`. `silent` are the readers who opened or clicked none of
    its last ten issues; None if nothing tells, or there were fewer issues.
    """

    slug: str
    days: int
    readers: int
    growth: Growth
    domains: Sequence[DomainHealth]
    silent: int | None

    @property
    def at_start(self) -> int:
        """
        Return how many readers there were when the period began.
        """
        return self.readers - self.growth.net

    @property
    def churn(self) -> float:
        """
        Return the share that is gone of those who were there at the start or joined since, 0 to 1.
        Somebody who was away and came back is not gone.
        """
        everybody = self.at_start + self.growth.total(ReaderChange.JOINED)
        return max(0.0, (everybody - self.readers) / everybody) if everybody > 0 else 0.0


@requires(Permission.LISTS_READ, "list.health", about=the_list())
def health(app: App, slug: str, *, days: int, by: Actor) -> ListHealth:
    """
    Return how a list has done in the last *days*.

    Raises:
        UnknownList: there is no such list.
    """
    since = app.clock() - dt.timedelta(days=days)
    with app.database.read() as connection:
        mailing_list = find_list(connection, slug)
        readers = count_domains(connection, mailing_list)
        reports = count_reports_by_domain(connection, mailing_list, since=since)
        issues = newest_issues_to(connection, mailing_list)
        is_known = len(issues) == SILENT_AFTER and tells_of_reading(connection, issues)
        return ListHealth(
            slug=mailing_list.slug,
            days=days,
            readers=sum(readers.values()),
            growth=count_growth(connection, mailing_list, since=since),
            domains=_worst_first(readers, reports),
            silent=count_silent(connection, mailing_list, issues) if is_known else None,
        )


def _worst_first(readers: Mapping[str, int], reports: ReportsByDomain) -> list[DomainHealth]:
    """
    Return the domains with most bounces and complaints, then those with most readers.
    """
    bounced, complained = reports.bounced, reports.complained
    every = [
        DomainHealth(
            domain=domain,
            readers=readers.get(domain, 0),
            bounced=bounced.get(domain, 0),
            complained=complained.get(domain, 0),
        )
        for domain in {*readers, *bounced, *complained}
    ]
    every.sort(key=lambda each: (-each.bounced - each.complained, -each.readers, each.domain))
    return every[:DOMAINS_SHOWN]
