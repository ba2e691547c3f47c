"""
Adding a source in the newsroom: what it would bring is shown before it is saved.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from http_server import Answer, ScriptedServer
from installation import Installation
from staff_samples import StaffBrowser, add_member

from newsletter.actions.content import sources
from newsletter.model.access import OPERATOR, Role
from newsletter.model.source import FirstPoll

NEW = "/admin/sources/new"
ITEM = (
    "<item><title>{title}</title><link>https://site.example/{n}</link><guid>{n}</guid>"
    "<pubDate>Wed, 04 Mar 2026 0{n}:00:00 +0000</pubDate><category>{category}</category>"
    "<description>&lt;p&gt;The council spoke of matter {n}, and then everybody who had come "
    "went home along the quay, which was quiet.&lt;/p&gt;</description></item>"
)
SETTINGS = {
    "every": "15m",
    "look_back": "14d",
    "settle": "15m",
    "timezone": "UTC",
    "image": "auto",
    "full_text": "never",
}
HOSTILE = "&lt;script&gt;alert(1)&lt;/script&gt;"


def feed(*items: str) -> Answer:
    head = '<?xml version="1.0"?><rss version="2.0"><channel><title>Site</title>'
    body = head + "".join(items) + "</channel></rss>"
    return Answer(headers={"Content-Type": "application/rss+xml"}, body=body.encode())


@pytest.fixture
def site() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        found = feed(
            ITEM.format(n=1, title="The Quiet Quay", category="News"),
            ITEM.format(n=2, title=HOSTILE, category="Sport"),
        )
        server.answer("/feed", lambda _: found)
        yield server


def stored(installation: Installation) -> list[str]:
    found = sources.page(installation.app, after=0, limit=9, by=OPERATOR)
    return [source.name for source in found]


def test_what_a_source_would_bring_is_shown_before_it_is_saved(
    installation: Installation, browser: StaffBrowser, site: ScriptedServer
) -> None:
    add_member(installation)
    browser.log_in()
    typed = {**SETTINGS, "location": site.url("/feed"), "kind": "find", "first_poll": "new"}
    page = browser.post(NEW, then="try", categories="News", **typed)
    assert page.status_code == 200
    assert "The Quiet Quay" in page.text
    assert "Its category is not wanted." in page.text
    assert "RSS or Atom" in page.text
    assert "<script>alert" not in page.text
    assert (stored(installation), installation.stored_briefs()) == ([], [])
    saved = {**typed, "kind": "feed", "name": "site"}
    answer = browser.post(NEW, then="save", categories="News", **saved)
    assert answer.headers["location"] == "/admin/sources/site"
    found = sources.settings_of(installation.app, "site", by=OPERATOR)
    assert (found.kind, found.first_poll) == ("feed", FirstPoll.NEW)
    assert found.categories == ("News",)


def test_an_address_that_cannot_be_read_says_why_and_keeps_what_was_typed(
    installation: Installation, browser: StaffBrowser, site: ScriptedServer
) -> None:
    add_member(installation)
    browser.log_in()
    typed = {**SETTINGS, "location": site.url("/none"), "kind": "feed", "name": "mine"}
    page = browser.post(NEW, then="try", **typed)
    assert page.status_code == 422
    assert 'id="location-error"' in page.text
    assert 'value="mine"' in page.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("location", "ftp://example.org"),
        ("location", "https://me:secret@example.org/feed"),
        ("every", "often"),
        ("timezone", "Mars/Olympus"),
        ("name", "new"),
        ("name", "a b"),
        ("image", "best"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    installation: Installation, browser: StaffBrowser, field: str, value: str
) -> None:
    add_member(installation)
    browser.log_in()
    typed = {**SETTINGS, "location": "https://example.org", "kind": "feed", "name": "site"}
    page = browser.post(NEW, then="save", **{**typed, field: value})
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text
    assert stored(installation) == []


@pytest.mark.parametrize(
    ("kind", "location"),
    [
        ("folder", "/etc"),
        ("mailbox", "/etc"),
        ("ghost", "/etc"),
        # No URL of a mailbox, so it is a path as well.
        ("mailbox", "x://../../etc"),
        ("mailbox", "https://../../etc"),
    ],
)
def test_what_reads_files_of_the_server_is_not_added_here(
    installation: Installation, browser: StaffBrowser, kind: str, location: str
) -> None:
    add_member(installation)
    browser.log_in()
    typed = {**SETTINGS, "location": location, "kind": kind, "name": "site"}
    assert browser.post(NEW, then="save", **typed).status_code == 422
    assert stored(installation) == []


def test_an_author_does_not_add_sources(installation: Installation, browser: StaffBrowser) -> None:
    add_member(installation, role=Role.AUTHOR)
    browser.log_in()
    assert browser.get(NEW).status_code == 403
    answer = browser.post(NEW, on="/admin/account", then="try", location="https://example.org")
    assert answer.status_code == 403
    assert NEW not in browser.get("/admin/sources").text
