"""
A feed of excerpts collected with the pages of its items: stored in full, unchanged when polled
again.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator

import pytest
from http_server import ScriptedServer
from installation import Installation

from newsletter import pipeline
from newsletter.model.brief import Brief
from newsletter.model.source import CollectReport, FirstPoll
from newsletter.store.content.edits import edit_brief

WORDS = "The council of Orrin taxed every lantern that burns […]"
TEXT = f"<p>{WORDS.removesuffix(' […]')} past midnight.</p><p>By nine to two.</p>"
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def show(server: ScriptedServer, *, words: str = WORDS, text: str = TEXT) -> None:
    """
    Serve a feed with one excerpt, and its page with the full text.
    """
    item = (
        f"<item><title>The Lantern Tax</title><link>{server.url('/tax/')}</link>"
        "<guid isPermaLink='false'>https://lantern.example/?p=310</guid>"
        f"<pubDate>Wed, 04 Mar 2026 06:00:00 +0000</pubDate><description>{words}</description>"
        "</item>"
    )
    server.answer("/feed", body=f"<rss version='2.0'><channel>{item}</channel></rss>".encode())
    page = f"<html><body><article><h1>The Lantern Tax</h1>{text}</article></body></html>"
    server.answer("/tax/", headers=HTML, body=page.encode())


def collect(installation: Installation) -> CollectReport:
    [report] = pipeline.collect_sources(installation.app.publishing, ["site"])
    assert report.error is None
    return report


def stored(installation: Installation) -> Brief:
    [brief] = installation.stored_briefs()
    return brief.brief


def pages_asked(server: ScriptedServer) -> int:
    return sum(request.path == "/tax/" for request in server.requests)


def test_an_excerpt_is_stored_with_its_full_text_and_unchanged_when_polled_again(
    installation: Installation, server: ScriptedServer
) -> None:
    show(server)
    installation.add_source("site", "feed", server.url("/feed"), first_poll=FirstPoll.NEW)
    key = "https://lantern.example/?p=310"
    first, second = collect(installation), collect(installation)
    assert (first.new, second.unchanged, second.changed) == ((key,), (key,), ())
    assert stored(installation).body_text == (
        "The council of Orrin taxed every lantern that burns past midnight.\n\nBy nine to two."
    )
    assert (stored(installation).title, pages_asked(server)) == ("The Lantern Tax", 1)


def test_an_edit_is_detected_when_the_excerpt_changes(
    installation: Installation, server: ScriptedServer
) -> None:
    show(server)
    installation.add_source("site", "feed", server.url("/feed"), first_poll=FirstPoll.NEW)
    collect(installation)
    show(server, text=TEXT.replace("nine", "ten"))
    assert collect(installation).changed == ()
    show(server, words=WORDS.replace("taxed", "now taxes"), text=TEXT.replace("nine", "ten"))
    assert len(collect(installation).changed) == 1
    assert stored(installation).body_text.endswith("By ten to two.")


def test_an_edit_whose_page_fails_never_replaces_the_full_text(
    installation: Installation, server: ScriptedServer
) -> None:
    show(server)
    installation.add_source("site", "feed", server.url("/feed"), first_poll=FirstPoll.NEW)
    collect(installation)
    before = stored(installation)
    show(server, words=WORDS.replace("taxed", "now taxes"))
    for words in (b"<p>Checking your browser before you go on.", None):
        status, body = (503, b"") if words is None else (200, words)
        server.answer("/tax/", status=status, headers=HTML, body=body)
        installation.now += dt.timedelta(hours=1)
        assert (collect(installation).changed, stored(installation)) == ((), before)
    installation.now += dt.timedelta(hours=6)
    show(server, words=WORDS.replace("taxed", "now taxes"), text=TEXT.replace("nine", "ten"))
    assert len(collect(installation).changed) == 1
    assert stored(installation).body_text.endswith("By ten to two.")


def test_no_feed_can_publish_a_page_of_the_private_network(
    installation: Installation, server: ScriptedServer
) -> None:
    with ScriptedServer() as inner:
        show(inner)
        item = f"<item><link>{inner.url('/tax/')}</link><description>{WORDS}</description></item>"
        server.answer("/feed", body=f"<rss version='2.0'><channel>{item}</channel></rss>".encode())
        installation.add_source("site", "feed", server.url("/feed"), first_poll=FirstPoll.NEW)
        collect(installation)
        assert (stored(installation).body_text, inner.requests) == (WORDS, [])


def test_recording_at_the_first_poll_fetches_no_page(
    installation: Installation, server: ScriptedServer
) -> None:
    show(server)
    installation.add_source("site", "feed", server.url("/feed"), first_poll=FirstPoll.RECORD)
    first, second = collect(installation), collect(installation)
    assert (len(first.recorded), len(second.unchanged), pages_asked(server)) == (1, 1, 0)


def test_a_page_that_cannot_be_fetched_causes_a_warning_and_a_note(
    installation: Installation, server: ScriptedServer
) -> None:
    show(server)
    server.answer("/tax/", status=403)
    installation.add_source("site", "feed", server.url("/feed"), first_poll=FirstPoll.NEW)
    why = "127.0.0.1 responded with 403 Forbidden: ask the site's owner to allow this program"
    assert collect(installation).notes == (
        f"https://lantern.example/?p=310: its page was not read ({why})",
    )
    assert stored(installation).body_text == WORDS
    assert stored(installation).warnings == (f"only an excerpt: {why}",)


def test_an_edit_by_hand_stays_when_the_excerpt_is_unchanged(
    installation: Installation, server: ScriptedServer
) -> None:
    show(server)
    installation.add_source("site", "feed", server.url("/feed"), first_poll=FirstPoll.NEW)
    collect(installation)
    [brief] = installation.stored_briefs()
    with installation.app.database.write() as connection:
        edit_brief(connection, brief.id, Brief(title="By hand"), now=installation.now)
    assert len(collect(installation).unchanged) == 1
    assert stored(installation).title == "By hand"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_feed_that_kills_the_child_fails_one_poll_and_no_other(
    installation: Installation, server: ScriptedServer
) -> None:
    installation.add_source("site", "feed", server.url("/feed"))
    hostile = b"<rss version='2.0'><channel><item>" + b"<a/>" * 1_250_000
    server.answer("/feed", body=hostile + b"</item></channel></rss>")
    [failed] = pipeline.collect_sources(installation.app.publishing, ["site"])
    # By its CPU time; on a busy machine by the clock.
    assert re.fullmatch(
        r"127\.0\.0\.1 sent a feed that cannot be read "
        r"\((?:used more than 5 s of CPU time|took longer than 60 s) and was stopped\): "
        r"ask the site's owner to fix it",
        failed.error or "",
    )
    show(server)
    assert len(collect(installation).recorded) == 1
