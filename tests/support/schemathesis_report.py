"""
Read the report of Schemathesis: how many calls it made, and what they reached.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class CallReport:
    """
    The calls by their phase, those whose values came through a link from a call before, and the
    operations that succeeded at least once, such as `GET /api/v1/lists`.
    """

    calls: Counter[str] = field(default_factory=Counter)
    linked: int = 0
    succeeded: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        phases = ", ".join(f"{count} {phase}" for phase, count in self.calls.items())
        succeeded = len(self.succeeded)
        return f"{self.calls.total()} calls ({phases}), {self.linked} linked, {succeeded} succeeded"


def read_report(file: Path) -> CallReport:
    """
    Read a report in the format `ndjson`.
    """
    found = CallReport()
    with file.open(encoding="utf-8") as lines:
        for line in lines:
            scenario = json.loads(line).get("ScenarioFinished")
            if scenario is not None:
                _count(found, scenario["phase"], scenario["recorder"])
    return found


def _count(found: CallReport, phase: str, recorder: dict[str, Any]) -> None:
    cases = recorder.get("cases", {})
    for name, interaction in recorder.get("interactions", {}).items():
        case, response = cases[name], interaction.get("response") or {}
        found.calls[phase] += 1
        found.linked += bool(case.get("is_transition_applied"))
        if 200 <= response.get("status_code", 0) < 300:
            found.succeeded.add(f"{case['value']['method']} {case['value']['path']}")
