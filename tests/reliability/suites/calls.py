"""
Every way an HTTP call can end, at several places of a send, with each kind of provider; each must
be taken for what it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from reliability.runs.draft import address
from reliability.runs.row import PRODUCT, Row, frozen_provider, sender_function, sender_job
from reliability.runs.suite_environment import SuiteEnvironment
from reliability.runs.suite_run import SuiteRun

READERS, BATCH = 60, 10
PLACES = (1, 2, 4, 6)
# How long a call may take where the other side never answers.
SHORT_S = 2.5


@dataclass(frozen=True, kw_only=True)
class CallEnding:
    """
    What is done to one call (or, for refusals meant for one reader, to whatever call that reader is
    in), and what comes of it: whether its outcome stays uncertain where neither key nor look-up
    exists, and how many readers are rejected.
    """

    name: str
    leaves_uncertain: bool = False
    rejected: int = 0
    is_silent: bool = False
    kinds: tuple[str, ...] = ("resend", "postmark", "plain")


ENDINGS = (
    CallEnding(name="connect"),
    CallEnding(name="reset", leaves_uncertain=True),
    CallEnding(name="silent", leaves_uncertain=True, is_silent=True),
    CallEnding(name="hang", leaves_uncertain=True, is_silent=True),
    CallEnding(name="lost", leaves_uncertain=True),
    CallEnding(name="half", leaves_uncertain=True),
    CallEnding(name="half_taken", leaves_uncertain=True, kinds=("postmark", "plain")),
    CallEnding(name="garbled", leaves_uncertain=True),
    CallEnding(name="refused", rejected=1),
    CallEnding(name="429"),
    CallEnding(name="503", leaves_uncertain=True),
    CallEnding(name="500", leaves_uncertain=True),
    CallEnding(name="502", leaves_uncertain=True),
    CallEnding(name="422", rejected=1),
    CallEnding(name="413"),
    CallEnding(name="401"),
    CallEnding(name="409", leaves_uncertain=True),
)


def fill(environment: SuiteEnvironment, row: Row, *, places: Sequence[int]) -> None:
    """
    Fill *row*: every ending at every place.
    """
    for ending in ENDINGS:
        for place in places if row.kind in ending.kinds else ():
            run_once(environment, row, ending=ending, place=place)


def run_once(environment: SuiteEnvironment, row: Row, *, ending: CallEnding, place: int) -> None:
    name = f"calls-{row.sender}-{row.database}-{row.kind}-{ending.name}-{place}"
    script = script_for(ending, place)
    frozen_for = frozen_provider(row, BATCH)
    with environment.fresh_run(
        name, database=row.database, readers=READERS, script=script, frozen_for=frozen_for
    ) as run:
        job = sender_job(run, row.sender, row.kind) | {
            "batch": BATCH,
            "phases": 3,
            "connections": 1,
            "deadline_s": SHORT_S if ending.is_silent else 30.0,
            "refused_call": place if ending.name == "connect" else 0,
            "reports": True,
        }
        if environment.forks.run(sender_function(row.sender), job) != 0:
            raise AssertionError(f"{name} broke")
        uncertain = BATCH if ending.leaves_uncertain and row.kind == "plain" else 0
        row.add(f"{ending.name} at {place}", run.figures(), most_uncertain=uncertain)
        if row.sender == PRODUCT:
            row.wrong += wrong_counts(
                f"{ending.name} at {place}", run, uncertain=uncertain, rejected=ending.rejected
            )


def script_for(ending: CallEnding, place: int) -> dict[str, Any]:
    """
    Write the sink's script. Refusals that are meant for one reader stick to that reader.
    """
    someone = address(place * BATCH - 3)
    sticky: dict[str, dict[str, Any]] = {
        "refused": {"refused": [someone]},
        "422": {"bad": [someone]},
        "413": {"most": place},
    }
    if ending.name in sticky:
        return sticky[ending.name]
    return {"faults": {str(place): ending.name}} if ending.name != "connect" else {}


def wrong_counts(name: str, run: SuiteRun, *, uncertain: int, rejected: int) -> list[str]:
    """
    Describe counts that are not as expected, where an ending was taken for another.
    """
    found = run.status()
    expected = {
        "accepted": READERS - uncertain - rejected,
        "rejected": rejected,
        "uncertain": uncertain,
    }
    seen = {state: found[state] for state in expected}
    return [f"{name}: {seen}, expected {expected}"] if seen != expected else []
