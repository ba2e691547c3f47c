"""
A WordPress site behind a daily schedule, with all that happens to a site: each post is sent once.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator

import pytest
from http_server import Answer, ScriptedServer
from installation import Installation
from wordpress_site import START, WordPressSite

from newsletter.model.schedule import IssueRules
from newsletter.model.source import FirstPoll
from newsletter.store.scheduling import schedules
from newsletter.workers.scheduler import tick

DAY = dt.timedelta(days=1)
POSTS = "/wp-json/wp/v2/posts"
FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Brief</title>
<link>https://www.brief.example</link>{items}</channel></rss>"""
ITEM = """<item><title>Post {number:03d}</title>
<link>https://www.Brief.example/slug-{number}/</link>
<guid isPermaLink="false">https://www.brief.example/?p={number}</guid>
<description>Text</description></item>"""


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


class Play:
    """
    The site and the installation that reads it, day by day, its one slot at six in the morning.
    """

    def __init__(
        self, installation: Installation, server: ScriptedServer, first_poll: FirstPoll
    ) -> None:
        self.installation, self.server, self.site = installation, server, WordPressSite(server)
        for number in range(1, 251):
            self.write(number)
        self.site.open_endpoints()
        installation.add_list()
        installation.add_readers(2)
        installation.now = self.site.now
        self.every = dt.timedelta(hours=1)
        installation.add_source(
            "site", "wordpress", server.url("/"), first_poll=first_poll, every=self.every
        )
        self.rule = installation.add_schedule(timezone="UTC", rules=IssueRules(most=90))
        tick(installation.app.publishing)

    def write(self, number: int, **values: object) -> None:
        self.site.write(number, title=f"Post {number:03d}", **values)

    def publish(self, number: int) -> None:
        self.write(number, date=self.site.now, modified=self.site.now)

    def live_a_day(self) -> None:
        for _ in range(24):
            self.site.now += self.every
            self.installation.now = self.site.now
            tick(self.installation.app.publishing)

    def sent(self) -> dict[str, Counter[int]]:
        """
        For each reader, how often each post stood in their mails.
        """
        self.installation.submit_all()
        got: dict[str, Counter[int]] = {}
        for mail in self.installation.mails():
            body = mail.get_body(("plain",))
            assert body is not None
            numbers = {int(n) for n in re.findall(r"Post (\d{3})", body.get_content())}
            got.setdefault(str(mail["To"].addresses[0].addr_spec), Counter()).update(numbers)
        return got

    def sent_once(self, numbers: set[int]) -> bool:
        once = Counter(dict.fromkeys(numbers, 1))
        return self.sent() == {f"reader{n:04d}@example.org": once for n in range(2)}


def live_through_everything(play: Play) -> None:
    """
    Two weeks: an edit, a post behind a password, one scheduled, one that vanishes and comes back,
    another slug, HTML where JSON should be, a locked API with only the feed left, and 301 posts.
    """
    site, server = play.site, play.server
    play.live_a_day()
    site.write(7, title="Post 007", modified=site.now, slug="edited")
    play.publish(251)
    play.live_a_day()
    server.answer(POSTS, Answer(body=b"<!DOCTYPE html><title>Maintenance</title>"))
    play.publish(252)
    play.live_a_day()
    server.answer(POSTS, Answer(status=401, body=b'{"code": "rest_not_logged_in"}'))
    play.publish(253)
    items = "".join(ITEM.format(number=number) for number in (253, 252, 251, 250))
    server.answer("/feed/", Answer(body=FEED.format(items=items).encode()))
    play.live_a_day()
    site.open_endpoints()
    play.write(254, date=site.now, modified=site.now, is_protected=True)
    play.write(255, date=site.now + 2 * DAY, modified=site.now, goes_out=site.now + 2 * DAY)
    play.live_a_day()
    play.write(254, date=site.now, modified=site.now)
    gone = site.posts.pop(251)
    site.posts[252].slug, site.posts[252].modified = "another-slug", site.now
    play.live_a_day()
    gone.modified = site.now
    site.posts[251] = gone
    for _ in range(3):
        play.live_a_day()


def test_each_post_is_sent_once_to_each_reader(
    installation: Installation, server: ScriptedServer
) -> None:
    play = Play(installation, server, FirstPoll.NEW)
    live_through_everything(play)
    assert play.sent_once(set(range(1, 256)))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_there_before_the_source_is_never_sent(
    installation: Installation, server: ScriptedServer
) -> None:
    play = Play(installation, server, FirstPoll.RECORD)
    live_through_everything(play)
    assert play.sent_once(set(range(251, 256)))


def test_the_days_without_news_say_so(installation: Installation, server: ScriptedServer) -> None:
    play = Play(installation, server, FirstPoll.RECORD)
    play.live_a_day()
    with installation.app.database.read() as connection:
        rows = schedules.last_slots(connection, play.rule.id, most=3)
    assert [(row.outcome, row.reason) for row in rows] == [
        ("skipped", "no new briefs since the last issue")
    ]
    assert installation.now == START + 301 * DAY
