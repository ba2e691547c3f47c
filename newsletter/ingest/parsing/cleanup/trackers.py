"""
Recognise images that count readers by their address, with the list in `trackers.txt`. `images`
removes them from the text; feeds and APIs do not state them as images.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

_LIST = Path(__file__).with_name("trackers.txt")
_EVERY_HOST = "*"
_NUMBER = re.compile(r"\d+")
# The longest host in the list has five labels.
_MOST_LABELS = 6


def _paths_by_host() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in _LIST.read_text("ascii").splitlines():
        if line and not line.startswith("#"):
            host, slash, path = line.partition("/")
            found.setdefault(host, []).append(slash + path)
    return found


_PATHS = _paths_by_host()


def is_tracker(url: str) -> bool:
    """
    Return True if the image at the absolute *url* counts readers.
    """
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError:
        return False
    place = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    paths = (path for name in _names_of(host) for path in _PATHS.get(name, ()))
    return any(_starts_with(place, path) for path in paths)


def _starts_with(place: str, path: str) -> bool:
    """
    Return True if *place* starts with *path* and no word goes on there, unless *path* allows it.
    """
    if path.endswith("*"):
        return place.startswith(path[:-1])
    return place.startswith(path) and not (path[-1].isalnum() and place[len(path) :][:1].isalnum())


def _names_of(host: str) -> Iterator[str]:
    """
    Yield the names under which the list may have *host*: its own, those of the domains above it,
    and each with its numbers replaced.
    """
    yield _EVERY_HOST
    labels = host.split(".")[-_MOST_LABELS:]
    for start in range(len(labels)):
        name = ".".join(labels[start:])
        yield name
        yield _NUMBER.sub("#", name)
