"""
Read the releases of a changelog: one item for each `## [1.2.0] - 2026-03-04`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

from newsletter.errors import SourceError
from newsletter.ingest.sources.tools import SourceTools
from newsletter.model.brief import MediaType, Poll, RawItem
from newsletter.model.source import SourceSettings

MAX_BYTES = 1_000_000


def open_changelog(source: SourceSettings, tools: SourceTools) -> ChangelogSource:
    """
    Open the changelog at the source's location.
    """
    return ChangelogSource(source.name, tools.path(source.location))


class ChangelogSource:
    """
    The changelog at *path*. Releases without a date, such as "Unreleased", are left out.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self._path = path

    def fetch(self, state: Mapping[str, str]) -> Poll:
        """
        Return every release; *state* is not used, because the file is read whole.

        Raises:
            SourceError: the file cannot be read.
        """
        try:
            with self._path.open(encoding="utf-8") as file:
                text = file.read(MAX_BYTES)
        except (OSError, UnicodeDecodeError) as error:
            raise SourceError(f"cannot read {self._path}: {error}") from error
        return Poll(items=tuple(_releases(text)))


def _releases(text: str) -> Iterator[RawItem]:
    for section in f"\n{text}".split("\n## ")[1:]:
        heading, _, body = section.partition("\n")
        version, _, date = heading.partition(" - ")
        name = version.strip().strip("[]")
        try:
            published = dt.datetime.fromisoformat(date.strip()).replace(tzinfo=dt.UTC)
        except ValueError:
            continue
        yield RawItem(
            key=name,
            title=f"Version {name}",
            content=body.strip(),
            media_type=MediaType.MARKDOWN,
            published_at=published,
        )
