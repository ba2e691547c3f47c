"""
A feed polled repeatedly over HTTP: validators, moves, and one feed in twelve polls.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from http_server import ScriptedServer

from newsletter.errors import FetchError, SourceError
from newsletter.ingest.sources.feeds.source import FeedSource
from newsletter.ingest.sources.protocol import Source
from newsletter.isolation.fetcher import Fetcher
from newsletter.model.brief import Poll

FEED = b"<rss version='2.0'><channel><item><guid>1</guid></item></channel></rss>"
STAMPS = {"ETag": '"a0"', "Last-Modified": "Tue, 03 Mar 2026 15:30:00 GMT"}
# The keys of each poll of the sequence, by post number; None if it fails.
SEQUENCE: dict[int, list[int] | None] = {
    0: [103, 102, 101],
    1: [],
    2: [104, 103, 102, 101],
    3: [104, 103, 102, 101],
    4: [104, 103, 102, 101],
    5: [105, 104, 103],
    6: None,
    7: [106, 105, 104, 103, 102],
    8: [107, 106, 105, 104, 103],
    9: [108, 107, 106, 105],
    10: [],
    11: [108, 107, 106, 105],
}


@pytest.fixture
def source(server: ScriptedServer, fetcher: Fetcher) -> Source:
    return FeedSource("briefs", server.url("/feed"), fetcher=fetcher)


def poll_all(server: ScriptedServer, source: Source, folder: Path) -> dict[int, Poll | SourceError]:
    """
    Return the result of each poll of the sequence, each with the state of the one before.
    """
    polls: list[dict[str, Any]] = json.loads((folder / "polls.json").read_text())["polls"]
    state: Any = {}
    outcomes: dict[int, Poll | SourceError] = {}
    for poll in polls:
        body = (folder / poll["body"]).read_bytes() if poll["body"] else b""
        server.answer("/feed", status=poll["status"], headers=poll["headers"], body=body)
        try:
            outcome = source.fetch(state)
        except SourceError as error:
            outcomes[poll["poll"]] = error
            continue
        outcomes[poll["poll"]] = outcome
        state = outcome.state
    return outcomes


def test_a_feed_gives_the_right_keys_in_twelve_polls(
    server: ScriptedServer, source: Source, shared: Path
) -> None:
    outcomes = poll_all(server, source, shared / "samples/sources/sequence-rss")
    seconds = {
        number: [int((item.fallback_key or "")[4:]) for item in outcome.items]
        if isinstance(outcome, Poll)
        else None
        for number, outcome in outcomes.items()
    }
    assert seconds == SEQUENCE
    last = outcomes[11]
    assert isinstance(last, Poll)
    assert [item.key for item in last.items] == [
        f"https://brief.example.org/?p={number}" for number in (108, 107, 106, 105)
    ]


def test_a_feed_is_requested_with_the_validators_of_its_last_complete_body(
    server: ScriptedServer, source: Source, shared: Path
) -> None:
    poll_all(server, source, shared / "samples/sources/sequence-rss")
    asked = [request.headers.get("if-none-match") for request in server.requests]
    # Poll 5 was truncated and poll 6 a challenge page: their validators are not stored.
    assert asked == [
        None, '"a0"', '"a0"', 'W/"a2"', '"a3"', '"a4"', '"a4"', '"a4"', '"a7"', '"a8"', '"a9"',
        '"a10"',
    ]  # fmt: skip


def test_an_unchanged_feed_keeps_its_state(server: ScriptedServer, source: Source) -> None:
    server.answer("/feed", headers=STAMPS, body=FEED)
    state = source.fetch({}).state
    server.answer("/feed", status=304)
    assert source.fetch(state) == Poll(state=state, is_unchanged=True)
    sent = server.requests[1].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == tuple(STAMPS.values())


def test_a_permanent_move_is_stored_with_a_note(server: ScriptedServer, source: Source) -> None:
    server.answer("/feed", status=301, headers={"Location": "/new"})
    server.answer("/new", body=FEED)
    poll = source.fetch({})
    assert poll.notes == (f"moved permanently to {server.url('/new')}: polled there from now on",)
    again = source.fetch(poll.state)
    assert [request.path for request in server.requests] == ["/feed", "/new", "/new"]
    assert again.state == poll.state == {
        "location": server.url("/new"),
        "address": server.url("/feed"),
    }  # fmt: skip


def test_a_temporary_move_is_followed_and_forgotten(server: ScriptedServer, source: Source) -> None:
    server.answer("/feed", status=302, headers={"Location": "/new"})
    server.answer("/new", body=FEED)
    poll = source.fetch({})
    assert ([item.key for item in poll.items], poll.notes) == (["1"], ())
    assert "location" not in poll.state


def test_a_state_of_another_address_is_ignored(server: ScriptedServer, source: Source) -> None:
    server.answer("/feed", body=FEED)
    source.fetch({"etag": '"x"', "location": server.url("/old"), "address": "http://old.example/"})
    (request,) = server.requests
    assert (request.path, request.headers.get("if-none-match")) == ("/feed", None)


def test_a_feed_that_is_gone_says_so(server: ScriptedServer, source: Source) -> None:
    server.answer("/feed", status=410)
    with pytest.raises(FetchError) as caught:
        source.fetch({})
    assert caught.value.is_gone


def test_a_truncated_feed_is_marked_as_cut(server: ScriptedServer, source: Source) -> None:
    server.answer("/feed", headers=STAMPS, body=FEED[: FEED.index(b"</channel>")] + b"<item>")
    poll = source.fetch({})
    assert ([item.key for item in poll.items], poll.is_cut) == (["1"], True)
    assert poll.state == {"address": server.url("/feed")}
