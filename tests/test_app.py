"""
The wiring: each kind of source and provider opens, and says in one line what it lacks.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from http_server import ScriptedServer
from installation import Installation

from newsletter import pipeline
from newsletter.errors import SettingsError
from newsletter.model.source import FirstPoll, SourceSettings
from newsletter.providers.outbox.provider import OutboxProvider
from newsletter.providers.postmark.provider import PostmarkProvider
from newsletter.providers.resend.provider import ResendProvider
from newsletter.settings.plugins import SOURCES, declared

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

TEXT = "<p>The council of Orrin taxed every lantern that burns past midnight, by nine to two.</p>"
POST = {
    "id": 310,
    "status": "publish",
    "link": "https://lantern.example/tax/",
    "date_gmt": "2026-03-04T06:00:00",
    "modified_gmt": "2026-03-04T06:00:00",
    "title": {"rendered": "The Lantern Tax"},
    "content": {"rendered": TEXT, "protected": False},
}
GHOST = {
    "posts": [
        {
            "id": "64b0c1",
            "title": "The Lantern Tax",
            "html": TEXT,
            "url": "https://lantern.example/tax/",
            "visibility": "public",
            "published_at": "2026-03-04T06:00:00.000+00:00",
            "updated_at": "2026-03-04T06:00:00.000+00:00",
        }
    ],
    "meta": {"pagination": {"page": 1, "pages": 1, "next": None}},
}
PAGE = f"<!DOCTYPE html><html><body><article><h1>The Lantern Tax</h1>{TEXT}</article></body></html>"
LETTER = (
    "From: desk@lantern.example\nTo: briefs@example.org\nMessage-ID: <1@lantern.example>\n"
    "Subject: The Lantern Tax\nDate: Wed, 04 Mar 2026 06:00:00 +0000\n"
    "Content-Type: text/plain; charset=utf-8\n\n"
    "The council of Orrin taxed every lantern that burns past midnight, by nine to two.\n"
)


def collected(installation: Installation, kind: str, location: str, **values: object) -> list[str]:
    """
    The titles a first poll of such a source brings; its error instead.
    """
    installation.add_source("x", kind, location, first_poll=FirstPoll.NEW, **values)
    [report] = pipeline.collect_sources(installation.app.publishing, ["x"])
    return [report.error] if report.error else [b.brief.title for b in installation.stored_briefs()]


def test_a_wordpress_site_is_read_through_its_api(installation: Installation) -> None:
    with ScriptedServer() as server:
        headers = {"Content-Type": "application/json", "X-WP-Total": "1", "X-WP-TotalPages": "1"}
        body = json.dumps([POST]).encode()
        server.answer("/wp-json/wp/v2/posts", headers=headers, body=body)
        assert collected(installation, "wordpress", server.url("/")) == ["The Lantern Tax"]


def test_a_ghost_site_is_read_with_the_key_its_source_names(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GHOST_KEY", "0123456789abcdef")
    with ScriptedServer() as server:
        server.answer("/ghost/api/content/posts/", body=json.dumps(GHOST).encode())
        titles = collected(installation, "ghost", server.url("/"), key="env:GHOST_KEY")
        assert titles == ["The Lantern Tax"]
        assert "key=0123456789abcdef" in server.requests[-1].path


def test_a_ghost_site_without_a_key_says_what_is_missing(installation: Installation) -> None:
    [error] = collected(installation, "ghost", "https://lantern.example")
    assert "key" in error


def test_one_page_is_a_source(installation: Installation) -> None:
    with ScriptedServer() as server:
        server.answer("/tax/", headers={"Content-Type": "text/html"}, body=PAGE.encode())
        assert collected(installation, "page", server.url("/tax/")) == ["The Lantern Tax"]


def test_a_mailbox_is_a_source_and_its_briefs_are_held(installation: Installation) -> None:
    for name in ("new", "cur", "tmp"):
        (installation.folder / "Maildir" / name).mkdir(parents=True)
    (installation.folder / "Maildir" / "new" / "1.host").write_text(LETTER)
    installation.add_source("post", "mailbox", "Maildir")
    pipeline.collect_sources(installation.app.publishing, ["post"])
    another = LETTER.replace("<1@", "<2@").replace("lantern that", "lamp that")
    (installation.folder / "Maildir" / "new" / "2.host").write_text(another)
    [report] = pipeline.collect_sources(installation.app.publishing, ["post"])
    assert (report.held, report.new) == (("<2@lantern.example>",), ())


def test_the_outbox_needs_no_settings(installation: Installation) -> None:
    assert isinstance(installation.app.provider_named("outbox"), OutboxProvider)


def test_a_provider_opens_with_the_secret_its_settings_name(
    tmp_path: Path, database_url: str, now: dt.datetime
) -> None:
    (tmp_path / "key").write_text("re_123\n")
    defaults = {
        "bulk": {"kind": "resend", "api_key": "file:key", "rate": 5},
        "more": {"kind": "postmark", "api_key": "file:key", "stream": "weekly"},
    }
    installation = Installation(tmp_path, database_url, now=now, provider=defaults)
    assert isinstance(installation.app.provider_named("bulk"), ResendProvider)
    assert isinstance(installation.app.provider_named("more"), PostmarkProvider)
    with pytest.raises(SettingsError, match=r"no \[provider.other\]"):
        installation.app.provider_named("other")
    installation.close()


def test_every_kind_of_source_has_an_adapter(installation: Installation) -> None:
    for kind in declared(SOURCES):
        settings = SourceSettings(id=0, name=kind, kind=kind, location="https://x.example")
        assert installation.app.open_source(settings).name == kind
