"""
One WordPress feed, polled twelve times over a week while a daily schedule runs: the expected
outcome at every poll, and each brief to each reader once.
"""

from __future__ import annotations

import collections
import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from http_server import Answer, Received, ScriptedServer
from installation import Installation

from newsletter import pipeline
from newsletter.model.source import CollectReport
from newsletter.workers.scheduler import tick

READERS = 3


class Feed:
    """
    The site as it was at each poll: *current* is the poll it answers by.
    """

    def __init__(self, folder: Path, server: ScriptedServer) -> None:
        self.folder = folder
        self.polls: list[dict[str, Any]] = json.loads((folder / "polls.json").read_text())["polls"]
        self.current = self.polls[0]
        self.url = server.url("/feed/")
        server.answer("/feed/", self.answer)

    def answer(self, request: Received) -> Answer:
        body = self.current["body"]
        content = (self.folder / body).read_bytes() if body else b""
        return Answer(status=self.current["status"], headers=self.current["headers"], body=content)


@pytest.fixture
def feed(shared: Path) -> Iterator[tuple[Feed, ScriptedServer]]:
    with ScriptedServer() as server:
        yield Feed(shared / "samples" / "sources" / "sequence-rss", server), server


def numbers(keys: tuple[str, ...]) -> list[str]:
    return sorted(re.findall(r"\?p=(\d+)", " ".join(keys)))


def check(report: CollectReport, expected: dict[str, Any]) -> None:
    assert numbers(report.new) == expected["new"]
    assert numbers(report.recorded) == expected.get("baseline", [])
    assert numbers(report.changed) == expected.get("updated", [])
    assert numbers(report.held) == expected.get("old", [])
    is_cut = expected.get("degraded", False)
    assert (report.error is not None) == (expected.get("error", False) or is_cut)
    assert ("breaks off" in (report.error or "")) == is_cut


def sleep_until(installation: Installation, until: dt.datetime) -> None:
    """
    Lets time pass, waking at half past six each evening as the timer would.
    """
    day = installation.now.replace(hour=18, minute=30, second=0, microsecond=0)
    while day <= until:
        if day > installation.now:
            installation.now = day
            tick(installation.app.publishing)
        day += dt.timedelta(days=1)
    installation.now = until


def test_each_poll_has_its_outcome_and_each_brief_reaches_each_reader_once(
    installation: Installation, feed: tuple[Feed, ScriptedServer]
) -> None:
    site, server = feed
    times = [dt.datetime.fromisoformat(poll["at"]) for poll in site.polls]
    installation.now = times[0] - dt.timedelta(minutes=5)
    installation.add_list()
    readers = installation.add_readers(READERS)
    installation.add_source(
        "site",
        "feed",
        site.url,
        categories=("IntelBrief",),
        look_back=dt.timedelta(days=14),
        every=dt.timedelta(days=365),
    )
    installation.add_schedule(cron="30 18 * * *", timezone="UTC", each=True)
    for poll, at in zip(site.polls, times, strict=True):
        sleep_until(installation, at)
        site.current = poll
        [report] = pipeline.collect_sources(installation.app.publishing, ["site"])
        check(report, poll["expect"])
        asked = server.requests[-1].headers
        for name, value in poll.get("request", {}).items():
            assert asked[name] == value
    sleep_until(installation, times[-1] + dt.timedelta(days=2))
    installation.submit_all()
    got = collections.Counter(
        (mail["To"].addresses[0].addr_spec, mail["Subject"]) for mail in installation.mails()
    )
    titles = ["Tarn’s Empty Seat", "The Winter Closure", "Ahead of Its Time", "Second Sheet"]
    assert got == {(reader, title): 1 for reader in readers for title in titles}
