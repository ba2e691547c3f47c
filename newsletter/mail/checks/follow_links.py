"""
Follow the links of a mail over the network, when a person asked `check` to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from newsletter.errors import FetchError
from newsletter.model.check import Facts, Finding, Level

# Fetches an address; `is_trusted` as in `Fetcher.get`.
Ask = Callable[[str, bool], None]
_AT_ONCE = 8
# These say that the page does not exist; any other failure may pass.
_NOTHING = frozenset({404, 410})


def with_link_findings(
    found: Sequence[Finding], urls: Sequence[str], facts: Facts, ask: Ask
) -> list[Finding]:
    """
    Add to *found* what following the links finds. Our own pages exist only once the issue is
    frozen, so of these only the unsubscribe page is asked for.
    """
    others = [url for url in urls if not url.startswith(f"{facts.base_url}/")]
    own = follow_own(facts.base_url, ask)
    if not facts.reaches_people:
        own = [replace(finding, level=Level.WARNING) for finding in own]
    asked = {"links", "one-click"}
    unasked = [f for f in found if f.level is not Level.NOT_RUN or f.rule not in asked]
    return [*unasked, *follow(others, ask), *own]


def follow(urls: Sequence[str], ask: Ask) -> list[Finding]:
    """
    Fetch each address and return a finding for each that fails, in order.
    """
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        answers = list(threads.map(lambda url: _failure(url, ask, is_trusted=False), urls))
    return [
        Finding("links", _level(error), str(error), url)
        for url, error in zip(urls, answers, strict=True)
        if error is not None
    ]


def follow_own(base_url: str, ask: Ask) -> list[Finding]:
    """
    Fetch the unsubscribe page at *base_url* and return a finding if it fails. The link of test
    mails is used, which ends nobody's subscription.
    """
    url = f"{base_url}/u/test"
    error = _failure(url, ask, is_trusted=True)
    if error is None:
        return []
    message = f"readers could not unsubscribe: {error}"
    return [Finding("one-click", Level.ERROR, message, url)]


def _level(error: FetchError) -> Level:
    return Level.ERROR if error.status in _NOTHING else Level.WARNING


def _failure(url: str, ask: Ask, *, is_trusted: bool) -> FetchError | None:
    try:
        ask(url, is_trusted)
    except FetchError as error:
        return error
    return None
