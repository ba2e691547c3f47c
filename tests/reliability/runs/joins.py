"""
What the people did who joined during a run, as they wrote it down themselves; and the figures of
the notices that they should have got, which are judged as an issue is. It knows nothing of the
product.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reliability.runs.checker import Figures, judge

ISSUE = 1
FILE = "joins.json"
# From the intent, which looks who may still be mailed, until the call's first bytes reach the sink.
SLACK_S = 1.0


@dataclass(kw_only=True)
class Noticed:
    """
    A notice: its `issue`, and whose it is. `gone_at` says when somebody's wish or a suppression was
    recorded that forbids it; `held` are those for whom that happened while none could be sent.
    """

    issue: int
    audience: list[str] = field(default_factory=list)
    gone_at: dict[str, float] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)


def write_joins(folder: Path, notices: Mapping[str, Noticed]) -> None:
    """
    Write the *notices* by their kinds; the file is there when all of it is.
    """
    new = folder / f"{FILE}.new"
    new.write_text(json.dumps({kind: asdict(notice) for kind, notice in notices.items()}))
    new.rename(folder / FILE)


def read_joins(folder: Path) -> dict[str, Noticed]:
    """
    Read the notices by their kinds; there are none where nobody joined.
    """
    if not (folder / FILE).exists():
        return {}
    written = json.loads((folder / FILE).read_text())
    return {kind: Noticed(**values) for kind, values in written.items()}


def is_about(call: Mapping[str, Any], issues: Iterable[int]) -> bool:
    """
    Say whether the mails of *call* are labelled as those of one of these *issues*.
    """
    return call["labels"][0].partition("-")[0] in {f"i{number}" for number in issues}


def report_of(command: str, issue: int) -> str:
    """
    Name the file with what the *command* said of an issue.
    """
    return f"{command}.json" if issue == ISSUE else f"{command}-{issue}.json"


def judge_notice(
    calls: Sequence[Mapping[str, Any]],
    notice: Noticed,
    *,
    status: Mapping[str, Any],
    recipients: Sequence[Mapping[str, Any]],
) -> Figures:
    """
    Return the figures of *notice*, which was sent by *calls*. Late is also who got it although it
    was forbidden while none could be sent; lost is also who was skipped without a reason.
    """
    found = judge(
        calls,
        notice.audience,
        status=status,
        recipients=recipients,
        left_at=notice.gone_at,
        slack_s=SLACK_S,
    )
    skipped = {one["address"] for one in recipients if one["state"] == "skipped"}
    at_once = sum(
        1
        for call in calls
        for who in call["accepted"]
        if who in notice.held and call["at"] <= notice.gone_at[who] + SLACK_S
    )
    return found + Figures(late=at_once, lost=len(skipped - set(notice.gone_at)))
