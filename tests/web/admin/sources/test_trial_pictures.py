"""
The trial of a source shows what was read of each brief, and small pictures, and stores nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from http_server import Answer, ScriptedServer
from installation import Installation
from people_samples import NOW
from picture_files import picture
from staff_samples import StaffBrowser, add_member

from newsletter.isolation.sandbox import Sandbox
from newsletter.store.content.images import find_images

NEW = "/admin/sources/new"
ITEM = (
    "<item><title>{title}</title><guid>{title}</guid><description>&lt;p&gt;&lt;img src='{image}' "
    "alt='The quay'&gt;&lt;/p&gt;&lt;p&gt;Nobody left.&lt;/p&gt;</description></item>"
)


@pytest.fixture
def installation(
    tmp_path: Path, database_url: str, warm_sandbox: Sandbox
) -> Iterator[Installation]:
    """
    An installation that fetches pictures.
    """
    made = Installation(
        tmp_path, database_url, now=NOW, sandbox=warm_sandbox, images={"measure": True}
    )
    yield made
    made.close()


def test_a_trial_shows_what_was_read_and_small_pictures(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    browser.log_in()
    with ScriptedServer() as site:
        items = [
            ITEM.format(title=name, image=site.url(f"/{name}.png")) for name in ("quay", "gone")
        ]
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel>{"".join(items)}</channel></rss>'
        rss = {"Content-Type": "application/rss+xml"}
        site.answer("/feed", lambda _: Answer(headers=rss, body=feed.encode()))
        png = {"Content-Type": "image/png"}
        site.answer("/quay.png", lambda _: Answer(headers=png, body=picture("PNG", 800, 400)))
        typed = {"every": "15m", "look_back": "14d", "settle": "15m", "timezone": "UTC"}
        more = {"image": "auto", "full_text": "never", "kind": "feed", "name": "site"}
        page = browser.post(NEW, then="try", location=site.url("/feed"), **typed, **more)
        address = site.url("/quay.png")
    assert page.text.count('src="data:image/jpeg;base64,') == 1
    assert "a picture of 800 × 400 pixels" in page.text
    assert "The picture cannot be fetched:" in page.text
    assert "img-src 'self' data:" in page.headers["content-security-policy"]
    assert "Nobody left." in page.text
    with installation.app.database.read() as connection:
        assert find_images(connection, [address]) == {}
