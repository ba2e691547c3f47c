"""
A source that brings what a test says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from installation import Installation

from newsletter.errors import SourceError
from newsletter.ingest.collect import collect_source
from newsletter.model.brief import MediaType, Poll, RawItem
from newsletter.model.source import CollectReport, FirstPoll, SourceSettings
from newsletter.store.content import sources

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


@dataclass
class Scripted:
    """
    A source that returns its polls one after another; an error is raised.
    """

    polls: list[Poll | SourceError]
    name: str = "site"
    asked_with: list[Mapping[str, str]] = field(default_factory=list)

    def fetch(self, state: Mapping[str, str]) -> Poll:
        self.asked_with.append(state)
        poll = self.polls.pop(0)
        if isinstance(poll, SourceError):
            raise poll
        return poll


def item(key: str = "a", **values: object) -> RawItem:
    defaults: dict[str, object] = {
        "key": key,
        "content": "<p>Nobody left the quay on Monday, and the pilots went home.</p>",
        "media_type": MediaType.HTML,
        "title": "The Quiet Quay",
        "published_at": NOW - dt.timedelta(hours=1),
    }
    return RawItem(**(defaults | values))  # type: ignore[arg-type]


def polls_of(*items: RawItem, **values: object) -> Poll:
    return Poll(items=items, **values)  # type: ignore[arg-type]


class Site:
    """
    A source of one installation, polled by hand.
    """

    def __init__(
        self, installation: Installation, *, name: str = "site", **settings: object
    ) -> None:
        self.installation, self.name = installation, name
        defaults: dict[str, object] = {"first_poll": FirstPoll.NEW} | settings
        installation.add_source(name, "feed", "https://example.org/feed", **defaults)

    def settings(self) -> SourceSettings:
        with self.installation.app.database.read() as connection:
            return sources.find_source(connection, self.name)

    def poll(self, answer: Poll | SourceError, *, source: Scripted | None = None) -> CollectReport:
        scripted = source or Scripted([answer])
        return collect_source(
            self.installation.app.database,
            self.settings(),
            scripted,
            sandbox=self.installation.app.sandbox,
            illustrator=self.installation.app.illustrator,
            now=self.installation.now,
        )
