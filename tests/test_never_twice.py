"""
Whatever the order of new briefs, edits, pins, polls, slots, singles by hand and restarts: no reader
gets a brief twice, and none that the rules admit is left out.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from installation import Installation
from site_of_posts import Site

from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.drafts import new_issue
from newsletter.model.issue import AudienceRule, ShownAs
from newsletter.pipeline import publish_issue
from newsletter.scheduling.quiet_hours import parse_quiet
from newsletter.store.content import briefs
from newsletter.store.issues import corrections, issues
from newsletter.workers.scheduler import tick
from newsletter.workers.sender import run_until_done
from subscribers.database.tables import subscriber

START = dt.datetime(2026, 3, 2, 0, 0, tzinfo=dt.UTC)
STEPS = st.lists(
    st.sampled_from(
        [
            *("write", "write", "edit", "poll", "morning", "evening", "restart", "https"),
            *("minutes", "alone", "other process", "pin", "moves"),
        ]
    ),
    max_size=25,
)
TOKYO, NEW_YORK = "Asia/Tokyo", "America/New_York"


class World:
    """
    One installation with two schedules on one list, one of them by each reader's clock, and the
    site it reads.
    """

    def __init__(self, folder: Path, template: Path, sandbox: Sandbox) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(template, folder / "n.db")
        self.folder, self.sandbox, self.site = folder, sandbox, Site()
        self.installation, self.other = self._opened(START), self._opened(START)
        self.installation.add_list()
        self.installation.add_readers(2)
        self.installation.add_source("site", "feed", "https://site.example/feed")
        self.installation.add_schedule("morning", cron="0 6 * * *", timezone="UTC", is_local=True)
        quiet = parse_quiet("18:30-20:00")
        self.installation.add_schedule("evening", cron="0 18 * * *", timezone="UTC", quiet=quiet)

    def _opened(self, now: dt.datetime) -> Installation:
        url = f"sqlite:///{self.folder}/n.db"
        return Installation(self.folder, url, now=now, sandbox=self.sandbox)

    def close(self) -> None:
        self.installation.close()
        self.other.close()

    def take(self, step: str) -> None:
        if step == "write":
            self.site.write()
        elif step == "edit" and self.site.posts:
            self.site.edit(len(self.site.posts))
        elif step == "https":
            self.site.scheme = "https"
        elif step == "restart":
            now = self.installation.now
            self.installation.close()
            self.installation = self._opened(now)
        elif step == "minutes":
            self.installation.now += dt.timedelta(minutes=9)
        elif step == "other process":
            self.installation, self.other = self.other, self.installation
            self.installation.now = max(self.installation.now, self.other.now)
        elif step in ("alone", "pin"):
            self._with_newest(step)
        elif step == "moves":
            self._move_reader()
        elif step in ("morning", "evening"):
            self._sleep_until(6 if step == "morning" else 18)
        self.tick()

    def tick(self) -> None:
        tick(self.site.read_by(self.installation))
        run_until_done(self.installation.app, is_done=lambda: True)

    def _with_newest(self, step: str) -> None:
        """
        A person pins the newest free brief, or sends it alone.
        """
        free = [found for found in self.installation.stored_briefs() if self._is_free(found.id)]
        if not free:
            return
        if step == "pin":
            with self.installation.app.database.write() as connection:
                briefs.set_pinned(connection, free[0].id, pinned=True)
            return
        with self.installation.app.database.write() as connection:
            draft = new_issue(
                self.installation.app.publishing,
                connection,
                audience=AudienceRule(lists=("daily",)),
                template="intelbrief",
            )
            chosen = [(free[0].id, ShownAs.FULL)]
            issue_id = issues.add_issue(connection, draft, chosen, now=self.installation.now)
        publish_issue(self.installation.app.publishing, issue_id)

    def _is_free(self, brief_id: int) -> bool:
        with self.installation.app.database.read() as connection:
            return not corrections.issues_with(connection, brief_id)

    def _move_reader(self) -> None:
        with self.installation.app.database.write() as connection:
            first = subscriber.c.email == "reader0000@example.org"
            zone = connection.execute(sa.select(subscriber.c.timezone).where(first)).scalar_one()
            moved = NEW_YORK if zone == TOKYO else TOKYO
            connection.execute(subscriber.update().where(first).values(timezone=moved))

    def _sleep_until(self, hour: int) -> None:
        day = self.installation.now.replace(hour=hour, minute=0)
        self.installation.now = day if day > self.installation.now else day + dt.timedelta(days=1)


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
    world.tick()
    for step in [*steps, *["morning", "minutes", "minutes", "evening"] * 3]:
        world.take(step)
    got: Counter[tuple[str, str]] = Counter()
    for mail in world.installation.mails():
        reader = str(mail["To"].addresses[0].addr_spec)
        body: Any = mail.get_body(("plain",))
        got.update((reader, n) for n in set(re.findall(r"Brief (\d{3})", body.get_content())))
    readers = [f"reader{n:04d}@example.org" for n in range(2)]
    expected = {(r, f"{n:03d}"): 1 for r in readers for n in world.site.posts}
    world.close()
    assert got == expected
