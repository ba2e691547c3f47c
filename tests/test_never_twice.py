"""
Whatever the order of new briefs, edits, pins, polls, slots, singles by hand and restarts: no reader
gets a brief twice, and none that the rules admit is left out.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from house import House
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.assemble import shown
from newsletter.drafting import new_issue
from newsletter.model.brief import MediaType, Poll, RawItem
from newsletter.model.issue import AudienceRule
from newsletter.model.source import SourceKind
from newsletter.pipeline import publish_issue
from newsletter.road import Road
from newsletter.sandbox import Sandbox
from newsletter.schedule import tick
from newsletter.store import briefs, issues, sent_briefs

START = dt.datetime(2026, 3, 2, 0, 0, tzinfo=dt.UTC)
STEPS = st.lists(
    st.sampled_from(
        [
            "write",
            "write",
            "edit",
            "pin",
            "poll",
            "single",
            "morning",
            "evening",
            "restart",
            "https",
        ]
    ),
    max_size=25,
)


class Site:
    """
    A web site: its posts by number, each with how often it was edited.
    """

    name = "site"

    def __init__(self) -> None:
        self.posts: dict[int, int] = {}
        self.scheme = "http"

    def fetch(self, state: Mapping[str, str]) -> Poll:
        return Poll(items=tuple(self._item(*post) for post in self.posts.items()))

    def _item(self, number: int, edits: int) -> RawItem:
        return RawItem(
            key=f"{self.scheme}://site.example/?p={number}",
            second_key=f"/?p={number}",
            title=f"Brief {number:03d}",
            content=f"<p>The council met and spoke of matter {number}, version {edits}.</p>",
            media_type=MediaType.HTML,
        )


class World:
    """
    One installation with two schedules on one list, and the site it reads.
    """

    def __init__(self, folder: Path, template: Path, sandbox: Sandbox) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(template, folder / "n.db")
        self.folder, self.sandbox, self.site = folder, sandbox, Site()
        self.house = self._opened(START)
        self.house.add_list()
        self.house.add_readers(2)
        self.house.add_source("site", SourceKind.FEED, "https://site.example/feed")
        for name, cron in (("morning", "0 6 * * *"), ("evening", "0 18 * * *")):
            self.house.add_schedule(name, cron=cron, timezone="UTC")

    def _opened(self, now: dt.datetime) -> House:
        url = f"sqlite:///{self.folder}/n.db"
        return House(self.folder, url, now=now, sandbox=self.sandbox)

    @property
    def road(self) -> Road:
        return dataclasses.replace(self.house.app.road, open_source=lambda settings: self.site)

    def take(self, step: str) -> None:
        if step == "write":
            self.site.posts[len(self.site.posts) + 1] = 0
        elif step == "edit" and self.site.posts:
            self.site.posts[len(self.site.posts)] += 1
        elif step == "https":
            self.site.scheme = "https"
        elif step == "restart":
            now = self.house.now
            self.house.close()
            self.house = self._opened(now)
        elif step in ("pin", "single"):
            self._choose_by_hand(step)
        elif step in ("morning", "evening"):
            self._sleep_until(6 if step == "morning" else 18)
        tick(self.road)

    def _choose_by_hand(self, step: str) -> None:
        """
        Pins the newest brief that nobody got, or sends it alone.
        """
        with self.house.app.database.write() as connection:
            gone = sent_briefs.taken_briefs(connection, 0, ["daily"], repeats=False)
            gone |= set(sent_briefs.sent_singly(connection, ["daily"]))
            fresh = [found.id for found in self.house.stored_briefs() if found.id not in gone][:1]
            if fresh and step == "pin":
                briefs.set_pinned(connection, fresh[0], pinned=True)
            if not fresh or step == "pin":
                return
            audience = AudienceRule(lists=("daily",))
            draft = new_issue(self.road, connection, audience=audience, template="intelbrief")
            single = issues.add_issue(connection, draft, shown(fresh), now=self.house.now)
        publish_issue(self.road, single)

    def _sleep_until(self, hour: int) -> None:
        day = self.house.now.replace(hour=hour, minute=0)
        self.house.now = day if day > self.house.now else day + dt.timedelta(days=1)


@pytest.fixture(scope="session")
def places(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, warm_sandbox: Sandbox
) -> tuple[Path, Path, Sandbox]:
    return tmp_path_factory.mktemp("worlds") / "one", sqlite_template, warm_sandbox


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_no_order_of_events_sends_a_brief_twice_or_leaves_one_out(
    places: tuple[Path, Path, Sandbox], steps: list[str]
) -> None:
    world = World(*places)
    tick(world.road)
    for step in [*steps, "morning", "evening"]:
        world.take(step)
    world.house.hand_over()
    got: Counter[tuple[str, str]] = Counter()
    for mail in world.house.mails():
        reader = str(mail["To"].addresses[0].addr_spec)
        body: Any = mail.get_body(("plain",))
        got.update((reader, n) for n in set(re.findall(r"Brief (\d{3})", body.get_content())))
    readers = [f"reader{n:04d}@example.org" for n in range(2)]
    expected = {(r, f"{n:03d}"): 1 for r in readers for n in world.site.posts}
    world.house.close()
    assert got == expected
