"""
The checker counts each thing that must not be, and nothing else.
"""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest

from reliability.runs.checker import ENDS, Figures, accepted_calls, judge
from reliability.runs.joins import Noticed, judge_notice
from reliability.sink.server import Run

STATES = {"ada": "accepted", "ben": "accepted", "cem": "uncertain", "dee": "skipped"}


def figures(folder: Path, calls: list[dict[str, Any]], **values: Any) -> Figures:
    log = folder / "run.log"
    log.write_text("".join(json.dumps({"at": 10.0} | call) + "\n" for call in calls))
    states = {**STATES, **values.pop("states", {})}
    status = {end: list(states.values()).count(end) for end in ENDS} | {"audience": len(STATES)}
    recipients = [{"address": who, "state": state} for who, state in states.items()]
    times = {"left_at": None, "slack_s": 0.0} | values
    return judge(accepted_calls(log), STATES, status=status, recipients=recipients, **times)


BOTH = {"accepted": ["ada", "ben"]}


@pytest.mark.parametrize(
    ("calls", "values", "expected"),
    [
        ([BOTH], {}, Figures(uncertain=1)),
        ([BOTH, {"accepted": ["cem"]}], {}, Figures(uncertain=1)),
        ([BOTH, BOTH], {}, Figures(doubled=2, uncertain=1)),
        ([{"accepted": ["ada"]}], {}, Figures(lost=1, uncertain=1)),
        ([BOTH, {"accepted": ["dee"]}], {}, Figures(ghost=1, uncertain=1)),
        ([BOTH, {"accepted": ["eve"]}], {}, Figures(ghost=1, uncertain=1)),
        ([BOTH], {"states": {"dee": "pending"}}, Figures(sum=1, uncertain=1)),
        ([BOTH], {"states": {"eve": "skipped"}}, Figures(sum=2, uncertain=1)),
        ([BOTH], {"left_at": {"ada": 9.0, "ben": 10.5}}, Figures(late=1, uncertain=1)),
        ([BOTH], {"left_at": {"ada": 9.0}, "slack_s": 1.5}, Figures(uncertain=1)),
    ],
)
def test_each_figure_counts_its_own(
    tmp_path: Path, calls: list[dict[str, Any]], values: dict[str, Any], expected: Figures
) -> None:
    assert figures(tmp_path, calls, **values) == expected


@pytest.mark.parametrize(
    ("calls", "notice", "expected"),
    [
        ([], {"gone_at": {"dee": 9.0}}, Figures(lost=2, uncertain=1)),
        ([BOTH], {"gone_at": {"dee": 9.0}}, Figures(uncertain=1)),
        ([BOTH], {}, Figures(lost=1, uncertain=1)),
        ([BOTH, BOTH], {"gone_at": {"dee": 9.0}}, Figures(doubled=2, uncertain=1)),
        ([BOTH], {"gone_at": {"ada": 8.5, "dee": 9.0}}, Figures(late=1, uncertain=1)),
        ([BOTH], {"gone_at": {"ada": 9.5, "dee": 9.0}}, Figures(uncertain=1)),
        (
            [BOTH],
            {"gone_at": {"ada": 9.5, "dee": 9.0}, "held": ["ada"]},
            Figures(late=1, uncertain=1),
        ),
        (
            [BOTH],
            {"gone_at": {"ada": 8.5, "dee": 9.0}, "held": ["ada"]},
            Figures(late=1, uncertain=1),
        ),
        ([BOTH], {"audience": ["ada"], "gone_at": {"dee": 9.0}}, Figures(sum=3, uncertain=1)),
    ],
)
def test_each_figure_of_a_notice_counts_its_own(
    calls: list[dict[str, Any]], notice: dict[str, Any], expected: Figures
) -> None:
    status = {end: list(STATES.values()).count(end) for end in ENDS} | {"audience": len(STATES)}
    recipients = [{"address": who, "state": state} for who, state in STATES.items()]
    sent = Noticed(**{"issue": 2, "audience": list(STATES)} | notice)
    found = judge_notice(
        [{"at": 10.0} | call for call in calls], sent, status=status, recipients=recipients
    )
    assert found == expected


def test_a_line_that_a_kill_cut_off_is_not_counted(tmp_path: Path) -> None:
    figures(tmp_path, [BOTH])
    log = tmp_path / "run.log"
    log.write_bytes(log.read_bytes() + b'{"at": 11.0, "accepted": ["ada", "b')
    status = dict.fromkeys(ENDS, 0) | {"audience": 2, "accepted": 2}
    recipients = [{"address": who, "state": "accepted"} for who in ("ada", "ben")]
    found = judge(
        accepted_calls(log),
        ["ada", "ben"],
        status=status,
        recipients=recipients,
        left_at=None,
        slack_s=0.0,
    )
    assert found == Figures()


def test_a_sink_that_comes_back_writes_no_line_after_one_that_a_kill_cut_off(
    tmp_path: Path,
) -> None:
    log = tmp_path / "run.log"
    log.write_bytes(b'{"accepted": ["ada"]}\n{"accepted": ["be')
    Run(log).keep({"accepted": ["cem"]})
    assert [call["accepted"] for call in accepted_calls(log)] == [["ada"], ["cem"]]


@pytest.mark.parametrize(
    "file",
    [
        "sink/server.py",
        "sink/wire_formats.py",
        "sink/rate_limit.py",
        "runs/checker.py",
        "runs/joins.py",
        "known_bad/senders.py",
        "known_bad/workers.py",
    ],
)
def test_the_witnesses_know_nothing_of_the_product(file: str) -> None:
    source = (Path(__file__).resolve().parent / file).read_text()
    imported = {
        word
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for word in [getattr(node, "module", None), *(alias.name for alias in node.names)]
        if word is not None
    }
    assert [word for word in imported if word.startswith(("newsletter", "subscribers"))] == []
