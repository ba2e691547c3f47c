"""
Every way an HTTP call can end, at several places of a send, with each kind of provider; each must
be taken for what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reliability.runs.draft import address
from reliability.runs.row import PRODUCT, Row, frozen_by, function_of, job_of
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.runs.suite_run import SuiteRun

READERS, BATCH = 60, 10
PLACES = (1, 2, 4, 6)
# How long a call may take where the other side never answers.
SHORT_S = 2.5


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    What is done to one call (or, `sticky`, to whatever call somebody is in), and what comes of
    it: whether it leaves doubt where neither key nor look-up can end it, and how many are refused.
    """

    name: str
    is_doubt: bool = False
    rejected: int = 0
    is_silent: bool = False
    kinds: tuple[str, ...] = ("resend", "postmark", "plain")


OUTCOMES = (
    Outcome(name="connect"),
    Outcome(name="reset", is_doubt=True),
    Outcome(name="silent", is_doubt=True, is_silent=True),
    Outcome(name="hang", is_doubt=True, is_silent=True),
    Outcome(name="lost", is_doubt=True),
    Outcome(name="half", is_doubt=True),
    Outcome(name="half_taken", is_doubt=True, kinds=("postmark", "plain")),
    Outcome(name="garbled", is_doubt=True),
    Outcome(name="refused", rejected=1),
    Outcome(name="429"),
    Outcome(name="503", is_doubt=True),
    Outcome(name="500", is_doubt=True),
    Outcome(name="502", is_doubt=True),
    Outcome(name="422", rejected=1),
    Outcome(name="413"),
    Outcome(name="401"),
    Outcome(name="409", is_doubt=True),
)


def fill(environment: SuiteEnvironment, row: Row, *, places: Sequence[int]) -> None:
    """
    Fills *row*: every outcome at every place.
    """
    for outcome in OUTCOMES:
        for place in places if row.kind in outcome.kinds else ():
            run_once(environment, row, outcome=outcome, place=place)


def run_once(environment: SuiteEnvironment, row: Row, *, outcome: Outcome, place: int) -> None:
    name = f"calls-{row.sender}-{row.database}-{row.kind}-{outcome.name}-{place}"
    script = script_for(outcome, place)
    frozen_for = frozen_by(row, BATCH)
    with environment.fresh_run(
        name, database=row.database, readers=READERS, script=script, frozen_for=frozen_for
    ) as run:
        job = job_of(run, row.sender, row.kind) | {
            "batch": BATCH,
            "phases": 3,
            "lanes": 1,
            "deadline_s": SHORT_S if outcome.is_silent else 30.0,
            "refused_call": place if outcome.name == "connect" else 0,
            "reports": True,
        }
        if environment.forks.run(function_of(row.sender), job) != 0:
            raise AssertionError(f"{name} broke")
        doubt = BATCH if outcome.is_doubt and row.kind == "plain" else 0
        row.add(f"{outcome.name} at {place}", run.figures(), most_doubt=doubt)
        if row.sender == PRODUCT:
            row.wrong += misread(
                f"{outcome.name} at {place}", run, doubt=doubt, rejected=outcome.rejected
            )


def script_for(outcome: Outcome, place: int) -> dict[str, Any]:
    """
    What the sink is told. Refusals that are meant for somebody stick to them.
    """
    someone = address(place * BATCH - 3)
    sticky: dict[str, dict[str, Any]] = {
        "refused": {"refused": [someone]},
        "422": {"bad": [someone]},
        "413": {"most": place},
    }
    if outcome.name in sticky:
        return sticky[outcome.name]
    return {"faults": {str(place): outcome.name}} if outcome.name != "connect" else {}


def misread(name: str, run: SuiteRun, *, doubt: int, rejected: int) -> list[str]:
    """
    What is wrong where nobody was hurt, but the outcome was taken for another.
    """
    found = run.status()
    expected = {"accepted": READERS - doubt - rejected, "rejected": rejected, "uncertain": doubt}
    seen = {state: found[state] for state in expected}
    return [f"{name}: {seen}, expected {expected}"] if seen != expected else []
