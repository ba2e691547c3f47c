"""
Find the briefs that stop an issue: those that could not be sent on their own either. Pure.

`release` leaves them out of a scheduled issue; `rendering` and `preflight` name them to the person
who sends one by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from newsletter.model.brief import Brief
from newsletter.model.issue import ChosenBrief, ShownAs
from subscribers.text.phrases import phrase

# If this brief has the same fault, it is the fault of the template, or of the issue itself.
_HARMLESS = ChosenBrief(
    brief_id=0,
    shown_as=ShownAs.FULL,
    brief=Brief(
        title="A headline", body_html="<p>One sentence.</p>", body_text="One sentence.", lang="en"
    ),
)


def find_odd_briefs(
    chosen: Sequence[ChosenBrief], fault_of: Callable[[ChosenBrief], str | None]
) -> dict[int, str]:
    """
    Return the fault of each of the *chosen* briefs that has one, by its number. *fault_of* says why
    an issue with only that brief could not be sent.
    """
    if not chosen or fault_of(_HARMLESS) is not None:
        return {}
    faults = {each.brief_id: fault_of(each) for each in chosen}
    return {brief_id: fault for brief_id, fault in faults.items() if fault is not None}


def describe_odd_brief(
    issue_id: int, chosen: Sequence[ChosenBrief], brief_id: int, fault: str
) -> str:
    """
    Say in one line which brief stops the issue, why, and what to do.
    """
    (odd,) = [each for each in chosen if each.brief_id == brief_id]
    others = [f"--brief {each.brief_id}" for each in chosen if each.brief_id != brief_id]
    stopped = phrase(
        "brief {brief} “{title}” stops the issue: {fault}; edit it with `newsletter brief edit "
        "{brief}`",
        brief=brief_id,
        title=odd.brief.title[:60],
        fault=fault,
    )
    if not others:
        return stopped
    return phrase(
        "{stopped}, or leave it out: `newsletter issue edit {issue} {others}`",
        stopped=stopped,
        issue=issue_id,
        others=" ".join(others),
    )
