"""
A web site that a test writes posts to and edits, as a source of the pipeline.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from installation import Installation

from newsletter.issues.context import PublishingContext
from newsletter.model.brief import MediaType, Poll, RawItem


class Site:
    """
    A web site: its posts by number, each with how often it was edited.
    """

    name = "site"

    def __init__(self) -> None:
        self.posts: dict[int, int] = {}
        self.scheme = "http"
        self.polls = 0

    def write(self) -> int:
        number = len(self.posts) + 1
        self.posts[number] = 0
        return number

    def edit(self, number: int) -> None:
        self.posts[number] += 1

    def fetch(self, state: Mapping[str, str]) -> Poll:
        self.polls += 1
        return Poll(items=tuple(self._item(*post) for post in self.posts.items()))

    def read_by(self, installation: Installation) -> PublishingContext:
        """
        Return the context of the installation, with this site behind every source.
        """
        return dataclasses.replace(installation.app.publishing, open_source=lambda settings: self)

    def _item(self, number: int, edits: int) -> RawItem:
        return RawItem(
            key=f"{self.scheme}://site.example/?p={number}",
            fallback_key=f"/?p={number}",
            title=f"Brief {number:03d}",
            content=f"<p>The council met and spoke of matter {number}, version {edits}.</p>",
            media_type=MediaType.HTML,
        )
