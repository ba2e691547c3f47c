"""
Follow the links of a mail over the network, when a person asked `check` to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from newsletter.errors import FetchError
from newsletter.model.check import Facts, Finding, Level
from subscribers.text.phrases import phrase

# Fetches a URL; `is_trusted` as in `Fetcher.get`.
Ask = Callable[[str, bool], None]
_THREADS = 8
# These say that the page does not exist; any other failure may be temporary.
_NOT_FOUND = frozenset({404, 410})


def with_link_findings(
    found: Sequence[Finding], urls: Sequence[str], facts: Facts, ask: Ask
) -> list[Finding]:
    """
    Follow the links and return *found* with what that finds.

    Our own pages exist only once the issue is frozen, so of these only the unsubscribe page is
    requested.
    """
    others = [url for url in urls if not url.startswith(f"{facts.base_url}/")]
    own = follow_own(facts.base_url, ask)
    if facts.is_on_this_machine:
        own = [replace(finding, level=Level.WARNING) for finding in own]
    followed = {"links", "one-click"}
    others_found = [f for f in found if f.level is not Level.NOT_RUN or f.rule not in followed]
    return [*others_found, *follow(others, ask), *own]


def follow(urls: Sequence[str], ask: Ask) -> list[Finding]:
    """
    Fetch each URL and return a finding for each that fails, in order.
    """
    with ThreadPoolExecutor(_THREADS) as threads:
        failures = list(threads.map(lambda url: _failure(url, ask, is_trusted=False), urls))
    return [
        Finding("links", _level(error), str(error), url)
        for url, error in zip(urls, failures, strict=True)
        if error is not None
    ]


def follow_own(base_url: str, ask: Ask) -> list[Finding]:
    """
    Fetch the unsubscribe page at *base_url* and return a finding if it fails. It uses the link of
    test mails, which ends no subscription.
    """
    url = f"{base_url}/u/test"
    error = _failure(url, ask, is_trusted=True)
    if error is None:
        return []
    message = phrase("the unsubscribe page does not work: {error}", error=error)
    return [Finding("one-click", Level.ERROR, message, url)]


def _level(error: FetchError) -> Level:
    return Level.ERROR if error.status in _NOT_FOUND else Level.WARNING


def _failure(url: str, ask: Ask, *, is_trusted: bool) -> FetchError | None:
    try:
        ask(url, is_trusted)
    except FetchError as error:
        return error
    return None
