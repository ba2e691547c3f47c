"""
The suites can fail: senders known to be wrong, and a sink that lies, are seen by each of them.
"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from typing import Any

import pytest

from reliability.clock_faults.clock_jumps import fill_stopped
from reliability.clock_faults.daylight_saving import fill_changes
from reliability.known_bad import senders as bad_senders
from reliability.known_bad import workers as bad_workers
from reliability.known_bad.senders import MODES
from reliability.provider_endpoints.issue_run import Size as IssueSize
from reliability.runs.checker import Figures, accepted_calls
from reliability.runs.joins import is_about, judge_notice, read_joins
from reliability.runs.row import PRODUCT, Row, sender_function, sender_job
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.runs.suite_run import SuiteRun
from reliability.suites import (
    calls,
    failover,
    kills,
    providers,
    simulation,
    storage,
    storms,
    throttling,
    unsubscribes,
    workers,
)
from reliability.suites.calls import CallEnding

pytestmark = pytest.mark.ci

# The steps at which what a bad sender has recorded and what the sink has differ.
REVEALING = ("claim.after", "intent.after", "call.written", "result.before_commit")
DOUBLES, LOSES = "doubled", "lost"
WRONGS = [("naive_retry", DOUBLES), ("cursor_at_fetch", LOSES), ("sent_before_send", LOSES)]


def row_of(suite: str, sender: str, kind: str = "plain") -> Row:
    return Row(suite=suite, sender=sender, database="sqlite", kind=kind)


@pytest.mark.parametrize(("sender", "figure"), WRONGS)
def test_kills_at_each_step_show_a_bad_sender(
    environment: SuiteEnvironment, sender: str, figure: str
) -> None:
    row = row_of("kills", sender)
    kills.fill(environment, row, seeds=[1], points=REVEALING)
    assert getattr(row.figures, figure) > 0
    assert row.wrong != []


def test_a_second_call_after_a_lost_answer_shows_a_bad_sender(
    environment: SuiteEnvironment,
) -> None:
    row = row_of("failover", "naive_retry")
    failover.fill(environment, row, seeds=[0], points=["result.after"])
    assert row.figures.doubled > 0


@pytest.mark.parametrize("sender", MODES)
def test_kills_at_random_show_a_bad_sender(environment: SuiteEnvironment, sender: str) -> None:
    row = row_of("storms", sender)
    size = storms.Size(readers=1_000, gap_s=(0.2, 0.5), most_kills=5)
    storms.fill(environment, row, seeds=[1], size=size)
    assert row.wrong != []


@pytest.mark.parametrize(("sender", "figure"), WRONGS)
def test_the_ends_of_calls_show_a_bad_sender(
    environment: SuiteEnvironment, sender: str, figure: str
) -> None:
    row = row_of("calls", sender)
    calls.fill(environment, row, places=[2])
    assert getattr(row.figures, figure) > 0


# The two of whose record and call a failing disk can spoil one.
@pytest.mark.parametrize(("sender", "figure"), WRONGS[:2])
def test_a_failing_disk_shows_a_bad_sender(
    environment: SuiteEnvironment, sender: str, figure: str
) -> None:
    row = row_of("storage", sender)
    storage.fill(environment, row, seeds=[14, 17, 23])
    assert getattr(row.figures, figure) > 0


@pytest.mark.parametrize(("sender", "figure"), WRONGS[:2])
def test_worlds_show_a_bad_sender(environment: SuiteEnvironment, sender: str, figure: str) -> None:
    row = row_of("simulation", sender)
    simulation.fill(environment, row, worlds=range(25))
    assert getattr(row.figures, figure) > 0


def test_a_sender_that_stands_still_shows_a_bad_one(environment: SuiteEnvironment) -> None:
    row = row_of("clocks", "naive_retry")
    fill_stopped(environment, row, seeds=[0])
    assert row.figures.doubled > 0


def test_nights_show_a_timer_that_compares_clocks_on_the_wall(
    environment: SuiteEnvironment,
) -> None:
    row = row_of("clocks", "naive_retry")
    fill_changes(environment, row, seeds=[0, 1])
    assert (row.figures.doubled, row.figures.lost) == (1, 1)


def test_a_provider_that_throttles_shows_a_sender_that_tries_again_at_once(
    environment: SuiteEnvironment,
) -> None:
    row = row_of("throttling", "naive_retry")
    size = throttling.Size(narrow_s=4.0, clean_s=0.2, readers=300, others=9)
    throttling.fill(environment, row, seeds=[1], size=size)
    assert any("calls in a cooldown" in fault for fault in row.wrong)


def test_workers_that_are_killed_show_one_that_submits_again_what_a_dead_one_had(
    environment: SuiteEnvironment,
) -> None:
    row = row_of("workers", bad_workers.MODE)
    size = workers.Size(readers=2_000, delay_s=(0.2, 0.3), gap_s=(0.2, 0.5))
    workers.fill(environment, row, seeds=[1], size=size)
    assert row.figures.doubled > 0
    assert row.wrong != []


@pytest.mark.parametrize("sender", MODES)
def test_readers_who_leave_show_a_bad_sender(environment: SuiteEnvironment, sender: str) -> None:
    row = row_of("unsubscribes", sender)
    size = unsubscribes.Size(readers=2_000, leavers=200)
    unsubscribes.fill(environment, row, seeds=[1], size=size)
    assert row.figures.late > 0


def test_a_sender_that_asks_nobody_is_seen_to_send_notices_to_people_who_went(
    environment: SuiteEnvironment,
) -> None:
    with run_with_joiners(environment, "notices-bad", {}) as run:
        for notice in read_joins(run.folder).values():
            folder = run.folder / f"bad-{notice.issue}"
            folder.mkdir()
            (folder / "audience.json").write_text(json.dumps(notice.audience))
            job = {"folder": str(folder), "sink": run.sink_url, "mode": MODES[0], "reports": True}
            job["label"] = f"i{notice.issue}-"
            assert environment.forks.run(bad_senders.run, job) == 0
            found = judge_notice(
                [call for call in accepted_calls(run.log) if is_about(call, [notice.issue])],
                notice,
                status=json.loads((folder / "status.json").read_text()),
                recipients=json.loads((folder / "recipients.json").read_text()),
            )
            assert found == Figures(late=len(notice.gone_at))
            assert found.late > 0


@pytest.mark.parametrize(("fault", "figure"), [("lie", LOSES), ("repeat", DOUBLES)])
def test_a_provider_that_lies_about_notices_or_repeats_them_is_seen(
    environment: SuiteEnvironment, fault: str, figure: str
) -> None:
    script = {"seed": 1, "odds": {fault: 1.0}}
    with run_with_joiners(environment, f"notices-{fault}", script) as run:
        job = sender_job(run, PRODUCT, "resend") | {"batch": kills.BATCH, "reports": True}
        assert environment.forks.run(sender_function(PRODUCT), job) == 0
        found = run.notice_figures()
        sent = sum(run.status(one.issue)["accepted"] for one in read_joins(run.folder).values())
        assert found == Figures(**{figure: sent})
        assert sent > 0


def run_with_joiners(
    environment: SuiteEnvironment, name: str, script: dict[str, Any]
) -> AbstractContextManager[SuiteRun]:
    """
    Give a run whose issue is frozen, while people have joined, of whom some have gone.
    """
    return environment.fresh_run(
        name,
        database="sqlite",
        readers=kills.READERS,
        script=script,
        frozen_for={"kind": "resend", "batch": kills.BATCH},
        joiners=kills.JOINERS,
    )


@pytest.mark.parametrize(
    ("fault", "expected"), [("lie", Figures(lost=10)), ("repeat", Figures(doubled=10))]
)
def test_a_provider_that_lies_or_repeats_is_seen(
    environment: SuiteEnvironment, fault: str, expected: Figures
) -> None:
    row = row_of("calls", PRODUCT, kind="resend")
    calls.run_once(environment, row, ending=CallEnding(name=fault), place=2)
    assert row.figures == expected


@pytest.mark.parametrize(("sender", "figure"), WRONGS)
def test_a_whole_issue_shows_a_bad_sender(
    environment: SuiteEnvironment, sender: str, figure: str
) -> None:
    row = row_of("providers", sender)
    size = IssueSize(readers=300, deadline_s=1.0)
    providers.fill(environment, row, seeds=[1], size=size, specs=None)
    assert getattr(row.figures, figure) > 0
    assert row.wrong != []


@pytest.mark.parametrize("kind", ["postmark", "sendgrid"])
@pytest.mark.parametrize(("ending", "figure"), [("lie", LOSES), ("repeat", DOUBLES)])
def test_a_whole_issue_shows_a_provider_that_lies_or_repeats(
    environment: SuiteEnvironment, kind: str, ending: str, figure: str
) -> None:
    row = row_of("providers", PRODUCT, kind=kind)
    size = IssueSize(readers=300, deadline_s=1.0, endings=[ending] * 6)
    providers.fill(environment, row, seeds=[1], size=size, specs=None)
    assert getattr(row.figures, figure) > 0
    assert row.wrong != []
