"""
One run of a suite, and what its installation and its sink say of it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reliability.runs.checker import Figures, accepted_calls, judge
from reliability.runs.joins import ISSUE, is_about, judge_notice, read_joins, report_of

SETTINGS = """
[site]
name = "The Institute"
base_url = "https://news.example.org"
postal_address = "12 Quay Street, Harbourtown"
[database]
url = "{url}"
[sender]
name = "The Desk"
address = "desk@example.org"
[delivery]
provider = "bulk"
connections = {connections}
canary = false
[provider.bulk]
kind = "resend"
api_key = "env:UNUSED"
"""


@dataclass(frozen=True, kw_only=True)
class SuiteRun:
    """
    One run: its installation, its audience, and the sink's file about it.
    """

    name: str
    folder: Path
    database_url: str
    sink_url: str
    audience: tuple[str, ...]
    log: Path

    def status(self, issue: int = ISSUE) -> dict[str, Any]:
        """
        Read what `issue status --json` said when the run was over.
        """
        found: dict[str, Any] = json.loads((self.folder / report_of("status", issue)).read_text())
        return found

    def recipients(self, issue: int = ISSUE) -> list[dict[str, Any]]:
        """
        Read what `issue recipients --json` said when the run was over.
        """
        name = report_of("recipients", issue)
        found: list[dict[str, Any]] = json.loads((self.folder / name).read_text())
        return found

    def figures(
        self, *, left_at: Mapping[str, float] | None = None, slack_s: float = 0.0
    ) -> Figures:
        """
        Check the run, and the notices to people who joined during it, by what was reported.
        """
        notices = [notice.issue for notice in read_joins(self.folder).values()]
        calls = [call for call in accepted_calls(self.log) if not is_about(call, notices)]
        found = judge(
            calls,
            self.audience,
            status=self.status(),
            recipients=self.recipients(),
            left_at=left_at,
            slack_s=slack_s,
        )
        return found + self.notice_figures()

    def notice_figures(self) -> Figures:
        """
        Check the notices to people who joined during the run.
        """
        found, calls = Figures(), accepted_calls(self.log)
        for notice in read_joins(self.folder).values():
            found += judge_notice(
                [call for call in calls if is_about(call, [notice.issue])],
                notice,
                status=self.status(notice.issue),
                recipients=self.recipients(notice.issue),
            )
        return found

    def notice_counts(self) -> str:
        """
        Say how many notices of each kind were accepted and how many were skipped.
        """
        counts = {kind: self.status(one.issue) for kind, one in read_joins(self.folder).items()}
        return ", ".join(
            f"{kind} {count['accepted']} sent {count['skipped']} skipped"
            for kind, count in counts.items()
        )


def write_settings(folder: Path, url: str, *, connections: int = 2) -> str:
    """
    Write the settings of an installation whose database is at *url*, and return the *url*.
    """
    (folder / "newsletter.toml").write_text(SETTINGS.format(url=url, connections=connections))
    return url
