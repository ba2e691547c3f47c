"""
A source whose items are completed from the pages at their addresses: the whole text where it gives
only an excerpt, the picture a page names where the rule wants that. It wraps a feed,
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
from newsletter.isolation.fetcher import Fetched, Fetcher, origin_of
from newsletter.model.brief import FullText, ImageRule, Poll, RawItem, ReadingRules

MAX_PAGES = 20
# No page is begun later: one thread polls every source, and fires the schedules too.
MAX_RUN = dt.timedelta(seconds=60)
# A dead site costs one fetch's deadline each time; the pages after these wait for the next poll.
MAX_SILENT = 3
# A picture is not worth a day of asking for all items; later it is looked for when its item comes.
IMAGE_FAILURES = 2
_BUSY = frozenset({429, 503})
_STATE = "pages"
_RECORDING = "Only an excerpt: a first poll that records asks for no pages."


@dataclass(frozen=True, kw_only=True)
class PageRules:
    """
    Which items want their page: by the source's *reading*, and of its *categories* only. While a
    first poll is *recording* none does.
    """

    reading: ReadingRules
    categories: tuple[str, ...] = ()
    is_recording: bool = False

    def takes_text(self, item: RawItem) -> bool:
        return item.is_excerpt and self.reading.full_text is FullText.AUTO

    def wants(self, item: RawItem) -> bool:
        """
        Whether *item* is to be completed from its page.
        """
        wanted = {name.casefold() for name in self.categories}
        is_taken = not wanted or not wanted.isdisjoint(map(str.casefold, item.categories))
        is_lacking = self.takes_text(item) or self.reading.image is ImageRule.PAGE
        return item.url is not None and is_taken and is_lacking


class WholePages:
    """
    The source *inner*, each item of it with its page, which is asked for once, and again when the
    item changed; at most 20 pages a poll, begun within a minute by *clock*. Only pages at the
    origin (scheme, host and port) of the source's *location* may be in private networks: the
    others' addresses are anybody's words.
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
        What *inner* gives. While a page is still to be asked for, the state stays as it was, so
        that its item comes again. An item whose page was read before, and now fails, is kept.

        Raises SourceError: nothing could be read of *inner*.
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
        *item* with what its page gives; None when that page waits for the next poll.
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
            return self._without(item, "its site did not answer", run)
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
        Whether the page of *item* failed, and is waited for.
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
                item, page=page.content, base_url=page.base_url, page_image_url=image
            )
        if image is None:
            # It may be a page that asks for a moment of patience.
            run.memory.add_failure(item, self._clock())
            run.is_unfinished |= self._is_open(item, run)
        else:
            run.memory.settle(item, image=image)
        return dataclasses.replace(item, page_image_url=run.memory.image_of(item))

    def _page_at(self, url: str) -> Fetched:
        is_own = origin_of(url) == origin_of(self._location)
        return self._fetcher.get(url, {"Accept": ACCEPT}, is_trusted=is_own)

    def _without(self, item: RawItem, why: str, run: _PollProgress) -> RawItem:
        """
        *item* without its page: what is stored of a page that was read before stands.
        """
        if self._rules.takes_text(item):
            is_kept = run.memory.is_whole(item)
            return _warned(dataclasses.replace(item, is_kept=is_kept), f"Only an excerpt: {why}.")
        image = run.memory.image_of(item)
        if image is not None:
            return dataclasses.replace(item, page_image_url=image)
        return _warned(item, f"No picture of its page: {why}.")

    def _left_short(self, items: Sequence[RawItem]) -> tuple[str, ...]:
        short = sum(item.is_excerpt for item in items)
        if not short or self._rules.reading.full_text is not FullText.NEVER:
            return ()
        return (f"{short} of {len(items)} items are excerpts: set it to full text on the site",)


@dataclass(kw_only=True)
class _PollProgress:
    """
    What one poll has asked for so far. It is stopped when the site asks for time, or is not heard.
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
    *items* without the time of their last edit where all have the same: some feeds write there
    when the feed was made, which would have every page asked for at every poll.
    """
    if len(items) < 2 or len({item.updated_at for item in items}) > 1:
        return items
    return [dataclasses.replace(item, updated_at=None) for item in items]


def _warned(item: RawItem, warning: str) -> RawItem:
    return dataclasses.replace(item, warnings=(*item.warnings, warning))
