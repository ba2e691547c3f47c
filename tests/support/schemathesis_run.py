"""
Run Schemathesis, and read from its report how many calls it made, and what they reached.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SETTINGS = Path(__file__).parents[1] / "web" / "api" / "schemathesis.toml"
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")


@dataclass
class CallReport:
    """
    The calls by their phase, those whose values came through a link from a call before, and the
    methods and paths that succeeded at least once, such as `GET /api/v1/lists`.
    """

    calls: Counter[str] = field(default_factory=Counter)
    linked: int = 0
    succeeded: set[str] = field(default_factory=set)

    def add(self, more: CallReport) -> None:
        """
        Add the calls of another run.
        """
        self.calls += more.calls
        self.linked += more.linked
        self.succeeded |= more.succeeded

    def __str__(self) -> str:
        phases = ", ".join(f"{count} {phase}" for phase, count in self.calls.items())
        return f"{self.calls.total()} calls ({phases}), {self.linked} through a link"


@dataclass(frozen=True)
class Schemathesis:
    """
    Runs Schemathesis against the server at *address*, with the token of a number.
    """

    folder: Path
    address: str
    token: str
    number: int

    def calls(self, *options: str) -> CallReport:
        """
        Return what the calls reached, none of which has a finding.
        """
        report = self.folder / "report.ndjson"
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(SETTINGS), "run"),
                f"{self.address}/api/openapi.json",
                *("--header", f"Authorization: Bearer {self.token}"),
                *("--checks", "all", "--continue-on-failure", "--suppress-health-check", "all"),
                *("--no-color", "--generation-database", "none"),
                *("--report", "ndjson", "--report-ndjson-path", str(report)),
                *options,
            ],
            env=os.environ | {"SCHEMATHESIS_HOOKS": str(HOOKS), "OWN_TOKEN": str(self.number)},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout[-8_000:] + ran.stderr[-2_000:]
        found = _read(report)
        report.unlink()
        return found


def _read(file: Path) -> CallReport:
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
