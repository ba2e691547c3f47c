"""
The alert rules and the guide name metrics that `/metrics` has, and say what to do.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from installation import Installation

from newsletter.operations.metrics.registry import Metrics

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "examples" / "prometheus" / "alerts.yml"
GUIDE = ROOT / "docs" / "guides" / "metrics.md"
NAME = re.compile(r"\bnewsletter_[a-z_]+\b")


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    assert group["name"] == "newsletter"
    return list(group["rules"])


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    """
    No database is needed for the names, which stand in the text even if nothing can be read.
    """
    return f"sqlite:///{tmp_path}/newsletter.db"


@pytest.fixture
def families(installation: Installation, sqlite_template: Path) -> dict[str, str]:
    """
    The names that `/metrics` prints, with their types.
    """
    database = installation.app.database.file
    assert database is not None
    database.write_bytes(sqlite_template.read_bytes())
    text = Metrics(installation.app).as_text().decode()
    found = dict(re.findall(r"^# TYPE (newsletter_\w+) (\w+)$", text, re.MULTILINE))
    return {name: kind for name, kind in found.items() if not name.endswith("_created")}


def test_every_rule_is_whole() -> None:
    for rule in rules():
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
        assert re.fullmatch(r"Newsletter[A-Z]\w+", rule["alert"])
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert set(rule["annotations"]) == {"summary", "action"}
        assert all(text.endswith(".") for text in rule["annotations"].values())
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert re.fullmatch(r"\d+[mh]", rule.get("for", "1m"))


def test_every_alert_is_in_the_guide_once() -> None:
    named = re.findall(r"^\| (`Newsletter.*?) \|", GUIDE.read_text("utf-8"), re.MULTILINE)
    in_guide = sorted(re.findall(r"`(Newsletter\w+)`", " ".join(named)))
    assert in_guide == sorted(rule["alert"] for rule in rules())


def test_the_rules_name_metrics_that_exist(families: dict[str, str]) -> None:
    named = {name for rule in rules() for name in NAME.findall(rule["expr"])}
    assert named - set(families) == set()


def test_the_guide_has_every_metric_and_no_other(families: dict[str, str]) -> None:
    page = GUIDE.read_text("utf-8")
    rows = re.findall(r"^\| (`newsletter_.*?) \|", page, re.MULTILINE)
    assert sorted(NAME.findall(" ".join(rows))) == sorted(families)
    assert set(NAME.findall(page)) == set(families)


def test_the_rules_name_events_of_the_log_and_commands_that_exist() -> None:
    text = RULES.read_text("utf-8")
    log = (ROOT / "docs" / "reference" / "log.md").read_text("utf-8")
    events = re.findall(r'event="([a-z_.]+)"', text) + re.findall(r"`([a-z_]+\.[a-z_]+)`", text)
    assert [event for event in events if f"| `{event}` |" not in log] == []


def test_an_event_with_a_rule_is_counted_from_zero(installation: Installation) -> None:
    """
    Prometheus sees no increase from a series that was not there.
    """
    text = Metrics(installation.app).as_text().decode()
    counted = re.findall(r'log_events_total\{event="([a-z_.]+)",level="\w+"\} 0\.0', text)
    events = re.findall(r'event="([a-z_.]+)"', RULES.read_text("utf-8"))
    assert set(events) - set(counted) == set()
