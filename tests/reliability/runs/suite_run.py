"""
One run of a suite, and what its installation and its sink say of it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reliability.runs.checker import Figures, check

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

    def status(self) -> dict[str, Any]:
        """
        Read what `issue status --json` said when the run was over.
        """
        found: dict[str, Any] = json.loads((self.folder / "status.json").read_text())
        return found

    def recipients(self) -> list[dict[str, Any]]:
        """
        Read what `issue recipients --json` said when the run was over.
        """
        found: list[dict[str, Any]] = json.loads((self.folder / "recipients.json").read_text())
        return found

    def figures(self, **values: Any) -> Figures:
        """
        Check the run by what was reported.
        """
        return check(
            self.log,
            self.audience,
            status=self.status(),
            recipients=self.recipients(),
            **values,
        )


def write_settings(folder: Path, url: str, *, connections: int = 2) -> str:
    """
    Write the settings of an installation whose database is at *url*, and return the *url*.
    """
    (folder / "newsletter.toml").write_text(SETTINGS.format(url=url, connections=connections))
    return url
