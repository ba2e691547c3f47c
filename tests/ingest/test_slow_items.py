"""
Items that take too long to read: they cost a source one time budget a poll, and nobody else's time.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from installation import Installation
from scheduled_installation import MORNING, last_slot, put_brief, scheduled
from scripted_source import Scripted, Site, item, polls_of

from newsletter.errors import SandboxError
from newsletter.ingest.collect import collect_source
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import Poll
from newsletter.model.source import CollectReport
from newsletter.workers.polls import Polls
from newsletter.workers.scheduler import tick

REASON = "used more than 5 s of CPU time and was stopped"
HOSTILE = "<p>hostile</p>"


@dataclass
class SlowSandbox(Sandbox):
    """
    A sandbox in which every call with a hostile item is stopped after five seconds.
    """

    real: Sandbox
    now_s: float = 0.0
    calls: int = 0

    def call(self, function: str, *arguments: Any) -> Any:
        self.calls += 1
        items: list[Mapping[str, Any]] = arguments[0]
        if any(HOSTILE in one["content"] for one in items):
            self.now_s += 5.0
            raise SandboxError(REASON, function=function)
        return self.real.call(function, *arguments)


def collected(site: Site, poll: Poll, sandbox: SlowSandbox) -> CollectReport:
    app = site.installation.app
    return collect_source(
        app.database,
        site.settings(),
        Scripted([poll]),
        sandbox=sandbox,
        illustrator=app.illustrator,
        now=site.installation.now,
        clock=lambda: sandbox.now_s,
    )


def test_forty_hostile_items_cost_one_budget_a_poll_and_are_tried_once(
    installation: Installation,
) -> None:
    site = Site(installation)
    sandbox = SlowSandbox(installation.app.sandbox)
    hostile = [item(f"h{n}", content=f"{HOSTILE}{n}") for n in range(40)]
    poll = polls_of(*hostile, item("good"), state={"etag": "1"})
    spent, reports = [], []
    for _ in range(16):
        before = sandbox.now_s
        reports.append(collected(site, poll, sandbox))
        spent.append(sandbox.now_s - before)
    assert max(spent) <= 25.0
    assert spent[-1] == 0.0
    assert reports[0].error == (
        "reading its items took longer than 20 s; 38 of them wait for the next poll"
    )
    assert reports[-1].error == f"40 items are left out until the source changes them: {REASON}"
    assert site.settings().failures == 16
    assert [report.new for report in reports if report.new] == [("good",)]


def test_a_slow_item_is_read_again_when_it_changes(installation: Installation) -> None:
    site = Site(installation)
    sandbox = SlowSandbox(installation.app.sandbox)
    first = collected(site, polls_of(item("a", content=HOSTILE), item("b")), sandbox)
    assert (first.error, first.new) == (
        f"1 item is left out until the source changes it: {REASON}",
        ("b",),
    )
    unchanged = collected(site, polls_of(is_unchanged=True), sandbox)
    assert unchanged.error == first.error
    second = collected(site, polls_of(item("a"), item("b")), sandbox)
    assert (second.error, site.settings().failures, site.settings().too_slow) == (None, 0, {})


def test_a_source_that_hangs_delays_no_slot_and_no_other_source(
    installation: Installation,
) -> None:
    scheduled(installation)
    put_brief(installation.folder / "briefs", "The Quiet Quay")
    installation.add_source("slow", "feed", "https://example.org/feed")
    installation.now = MORNING
    context, answered = installation.app.publishing, threading.Event()

    class Hangs:
        name = "slow"

        def fetch(self, state: Mapping[str, str]) -> Poll:
            answered.wait(60)
            return Poll()

    open_source = context.open_source
    context = replace(
        context, open_source=lambda one: Hangs() if one.name == "slow" else open_source(one)
    )
    polls = Polls(context)
    try:
        tick(context, poll=polls.start)
        assert last_slot(installation)[0] == "issued"
        assert not answered.is_set()
    finally:
        answered.set()
        polls.stop()
