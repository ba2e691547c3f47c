"""
Parse raw items into briefs in the sandboxed child process, in batches, for `collect`.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from newsletter.errors import SandboxError
from newsletter.ingest.parsing.excerpt import without_page
from newsletter.isolation.sandbox import Sandbox, text_of_child
from newsletter.model.brief import Brief, Poll, RawItem, ReadingRules
from subscribers.text.phrases import phrase, plural

PARSING_MODULES = ("newsletter.ingest.parsing.sandbox_child",)
# Items per call of the child process; its time limit covers all of them.
READ_AT_ONCE = 40
# How long one poll may parse its items. It is checked before each call of the child process.
POLL_S = 20.0


@dataclass(frozen=True, kw_only=True)
class ReadItems:
    """
    The items of a poll that were read, each with its brief or one line that says why it failed.

    `too_slow` are the items that exceed the limits of the child process, by their digest, with the
    reason; `waiting` counts the items that there was no time for.
    """

    items: tuple[RawItem, ...]
    results: list[Brief | str]
    too_slow: Mapping[str, str]
    waiting: int = 0

    @property
    def problem(self) -> str | None:
        """
        Say that some items could not be read; None if all could.
        """
        if self.waiting:
            return phrase(
                "reading its items took longer than {seconds:g} s; {number} of them wait for the "
                "next poll",
                seconds=POLL_S,
                number=self.waiting,
            )
        if not self.too_slow:
            return None
        return plural(
            "{n} item is left out until the source changes it: {reason}",
            "{n} items are left out until the source changes them: {reason}",
            len(self.too_slow),
            reason=next(iter(self.too_slow.values())),
        )


def read_poll(
    sandbox: Sandbox,
    poll: Poll,
    rules: ReadingRules,
    *,
    too_slow: Mapping[str, str],
    clock: Callable[[], float] = time.monotonic,
) -> ReadItems:
    """
    Parse the items of *poll* in the child process until its time is over. Items that were
    *too_slow* at an earlier poll are not tried again until they change.
    """
    end = clock() + POLL_S
    digests = [_digest(item, rules) for item in poll.items]
    slow = {digest: too_slow[digest] for digest in digests if digest in too_slow}
    results: dict[int, Brief | str] = {
        place: slow[digest] for place, digest in enumerate(digests) if digest in slow
    }
    places = [place for place in range(len(digests)) if place not in results]
    for start in range(0, len(places), READ_AT_ONCE):
        some = places[start : start + READ_AT_ONCE]
        if clock() >= end:
            break
        try:
            briefs = _read(sandbox, [poll.items[place] for place in some], rules)
            results.update(zip(some, briefs, strict=True))
            continue
        except SandboxError:
            # One of them exceeds the limits of the child. Parsed one by one, only that one fails.
            pass
        for place in some:
            if clock() >= end:
                break
            try:
                results[place] = _read_alone(sandbox, poll.items[place], rules)
            except SandboxError as error:
                results[place] = slow[digests[place]] = error.reason
    read = sorted(results)
    waiting = len(digests) - len(read)
    return ReadItems(
        items=tuple(poll.items[place] for place in read),
        results=[results[place] for place in read],
        too_slow={**too_slow, **slow} if waiting or poll.is_unchanged else slow,
        waiting=waiting,
    )


def read_items(
    sandbox: Sandbox, items: Sequence[RawItem], rules: ReadingRules
) -> list[Brief | str]:
    """
    Parse each item in the child process, and return its brief or one line that says why it failed.
    """
    read: list[Brief | str] = []
    for start in range(0, len(items), READ_AT_ONCE):
        some = items[start : start + READ_AT_ONCE]
        try:
            read += _read(sandbox, some, rules)
        except SandboxError:
            # One of them exceeds the limits of the child. Parsed one by one, only that one fails.
            read += [_brief_or_reason(sandbox, item, rules) for item in some]
    return read


def _brief_or_reason(sandbox: Sandbox, item: RawItem, rules: ReadingRules) -> Brief | str:
    try:
        return _read_alone(sandbox, item, rules)
    except SandboxError as error:
        return error.reason


def _read_alone(sandbox: Sandbox, item: RawItem, rules: ReadingRules) -> Brief | str:
    try:
        return _read(sandbox, [item], rules)[0]
    except SandboxError:
        if item.page is None:
            raise
    return _read_alone(sandbox, without_page(item), rules)


def _digest(item: RawItem, rules: ReadingRules) -> str:
    """
    Return a digest of what is parsed, and by which rules.
    """
    written = json.dumps([item.as_json(), rules.as_json()], sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:32]


def _read(sandbox: Sandbox, items: Sequence[RawItem], rules: ReadingRules) -> list[Brief | str]:
    results = sandbox.call(
        f"{PARSING_MODULES[0]}:read_many",
        [item.as_json() for item in items],
        rules.as_json(),
    )
    return [
        Brief.from_json(result["brief"]) if "brief" in result else text_of_child(result["error"])
        for result in results
    ]
