"""
Complete the items of a source from the web pages they link to: the full text if the source gives
only an excerpt, and the page's own image if the reading rules ask for it. It wraps a feed,
WordPress or Ghost source; `read_pages` records which pages were read.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from newsletter.errors import FetchError, SourceError
from newsletter.ingest.sources.pages.read_pages import PageMemory
from newsletter.ingest.sources.pages.source import ACCEPT, ReadPage, read_page
from newsletter.ingest.sources.protocol import Source
from newsletter.isolation.fetcher import Fetched, Fetcher
from newsletter.isolation.urls import origin_of
from newsletter.model.brief import FullText, ImageRule, Poll, RawItem, ReadingRules

MAX_PAGES = 20
# No page is requested after this time, because one thread polls all sources and also runs the
# schedules.
MAX_RUN = dt.timedelta(seconds=60)
# Each request to a dead site takes the full deadline; the other pages wait for the next poll.
MAX_SILENT = 3
# If only the image of a page is missing, it is not worth fetching all items again for a day, so the
# page is given up until its item changes.
IMAGE_FAILURES = 2
_BUSY = frozenset({429, 503})
_STATE = "pages"
_RECORDING = "only an excerpt: a first poll that only records does not fetch pages"


@dataclass(frozen=True, kw_only=True)
class PageRules:
    """
    Decide which items need their page, by the source's *reading* rules, within its *categories*.
    None needs it while a first poll only records (*is_recording*).
    """

    reading: ReadingRules
    categories: tuple[str, ...] = ()
    is_recording: bool = False

    def takes_text(self, item: RawItem) -> bool:
        return item.is_excerpt and self.reading.full_text is FullText.AUTO

    def wants(self, item: RawItem) -> bool:
        """
        Return True if *item* is to be completed from its page.
        """
        wanted = {name.casefold() for name in self.categories}
        is_taken = not wanted or not wanted.isdisjoint(map(str.casefold, item.categories))
        is_lacking = self.takes_text(item) or self.reading.image is ImageRule.PAGE
        return item.url is not None and is_taken and is_lacking


class WholePages:
    """
    The source *inner* with each item completed from its page. A page is fetched once, and again
    when the item has changed; at most 20 per poll, started within a minute by *clock*. Only pages
    at the origin (scheme, host and port) of the source's *location* may be in private networks;
    anybody may have written the other URLs.
    """

    def __init__(
        self,
        inner: Source,
        location: str,
        *,
        fetcher: Fetcher,
        rules: PageRules,
        read: ReadPage = read_page,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    ) -> None:
        self.name = inner.name
        self._inner = inner
        self._location = location
        self._fetcher = fetcher
        self._rules = rules
        self._read = read
        self._clock = clock

    def fetch(self, state: Mapping[str, str]) -> Poll:
        """
        Poll *inner* and complete its items. While pages remain to be fetched, the state of *inner*
        stays unchanged so that their items come again. An item whose page was read before and now
        fails keeps its stored content.

        Raises:
            SourceError: *inner* could not be read.
        """
        own = {name: value for name, value in state.items() if name != _STATE}
        memory = PageMemory.from_text(state.get(_STATE, ""))
        poll = self._inner.fetch(own)
        if poll.is_unchanged:
            return self._with_state(poll, poll.state, memory)
        run = _PollProgress(memory, began=self._clock())
        done = [self._complete(item, run) for item in _without_stamp(poll.items)]
        found = dataclasses.replace(
            poll,
            items=tuple(item for item in done if item is not None),
            notes=(*poll.notes, *self._left_short(poll.items), *run.notes),
            is_waiting=poll.is_waiting or run.is_waiting,
        )
        is_done = not run.is_waiting and not run.is_unfinished
        return self._with_state(found, poll.state if is_done else own, memory)

    def _with_state(self, poll: Poll, state: Mapping[str, str], memory: PageMemory) -> Poll:
        kept = {_STATE: text} if (text := memory.as_text()) else {}
        return dataclasses.replace(poll, state={**state, **kept})

    def _complete(self, item: RawItem, run: _PollProgress) -> RawItem | None:
        """
        Return *item* completed from its page; None if that page waits for the next poll.
        """
        if not self._rules.wants(item):
            return item
        now = self._clock()
        if run.memory.is_settled(item, now):
            return self._settled(item, run)
        if self._rules.is_recording:
            run.memory.settle(item)
            return _warned(item, _RECORDING) if self._rules.takes_text(item) else item
        if run.is_stopped:
            run.is_unfinished = True
            return self._without(item, "its site did not respond", run)
        if run.asked == MAX_PAGES or now - run.began >= MAX_RUN:
            run.is_waiting = True
            return None
        return self._asked(item, run)

    def _settled(self, item: RawItem, run: _PollProgress) -> RawItem:
        run.memory.carry_over(item)
        run.is_unfinished |= self._is_open(item, run)
        if self._rules.takes_text(item):
            return dataclasses.replace(item, is_kept=True)
        return dataclasses.replace(item, page_image_url=run.memory.image_of(item))

    def _is_open(self, item: RawItem, run: _PollProgress) -> bool:
        """
        Return True if the page of *item* failed and will be tried again.
        """
        if self._rules.takes_text(item):
            return run.memory.is_failing(item)
        return run.memory.is_failing(item, most=IMAGE_FAILURES)

    def _asked(self, item: RawItem, run: _PollProgress) -> RawItem:
        run.asked += 1
        excerpt = item if self._rules.takes_text(item) else None
        try:
            page = self._read(self._page_at(item.url or ""), excerpt=excerpt)
        except SourceError as error:
            run.add_refusal(item, error, self._clock())
            run.is_unfinished |= self._is_open(item, run)
            return self._without(item, str(error), run)
        image = page.page_image_url
        if excerpt is not None:
            run.memory.settle(item, is_whole=True, image=image)
            return dataclasses.replace(
                item,
                page=page.content,
                base_url=page.base_url,
                page_image_url=image,
                warnings=(*item.warnings, *page.warnings),
            )
        if image is None:
            # It may be a challenge page ("please wait a moment").
            run.memory.add_failure(item, self._clock())
            run.is_unfinished |= self._is_open(item, run)
        else:
            run.memory.settle(item, image=image)
        return dataclasses.replace(item, page_image_url=run.memory.image_of(item))

    def _page_at(self, url: str) -> Fetched:
        is_own = origin_of(url) == origin_of(self._location)
        return self._fetcher.get(url, {"Accept": ACCEPT}, is_trusted=is_own, stays=True)

    def _without(self, item: RawItem, why: str, run: _PollProgress) -> RawItem:
        """
        Return *item* without its page; content from a page that was read before stays stored.
        """
        if self._rules.takes_text(item):
            is_kept = run.memory.is_whole(item)
            return _warned(dataclasses.replace(item, is_kept=is_kept), f"only an excerpt: {why}")
        image = run.memory.image_of(item)
        if image is not None:
            return dataclasses.replace(item, page_image_url=image)
        return _warned(item, f"no image from its page: {why}")

    def _left_short(self, items: Sequence[RawItem]) -> tuple[str, ...]:
        short = sum(item.is_excerpt for item in items)
        if not short or self._rules.reading.full_text is not FullText.NEVER:
            return ()
        return (f"{short} of {len(items)} items are excerpts: set the feed to publish full text",)


@dataclass(kw_only=True)
class _PollProgress:
    """
    What one poll has requested so far. It stops when the site asks it to wait or does not respond.
    """

    memory: PageMemory = field(kw_only=False)
    began: dt.datetime
    asked: int = 0
    silent: int = 0
    is_stopped: bool = False
    is_waiting: bool = False
    is_unfinished: bool = False
    notes: list[str] = field(default_factory=list)

    def add_refusal(self, item: RawItem, error: SourceError, now: dt.datetime) -> None:
        status = error.status if isinstance(error, FetchError) else 200
        self.silent += status is None
        self.is_stopped |= status in _BUSY or self.silent >= MAX_SILENT
        self.memory.add_failure(item, now)
        self.notes.append(f"{item.key}: its page was not read ({error})")


def _without_stamp(items: Sequence[RawItem]) -> Sequence[RawItem]:
    """
    Remove the time of the last edit from *items* if all have the same one: some feeds put the time
    the feed was generated there, which would make every poll fetch every page.
    """
    if len(items) < 2 or len({item.updated_at for item in items}) > 1:
        return items
    return [dataclasses.replace(item, updated_at=None) for item in items]


def _warned(item: RawItem, warning: str) -> RawItem:
    return dataclasses.replace(item, warnings=(*item.warnings, warning))
