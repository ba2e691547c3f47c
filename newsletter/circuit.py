"""
When an issue on its way is doing harm: too many of those who got it bounced or complained. Pure;
`sender` asks while it sends, and a person resumes with a reason.

The limits are those at which mailbox providers begin to refuse a sender: Amazon SES reviews an
account at 5 % bounces, Google asks for less than 0.3 % complaints.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_BOUNCES = 0.05
LEAST_FOR_BOUNCES = 200
MOST_COMPLAINTS = 0.003
LEAST_FOR_COMPLAINTS = 1000
FEWEST_COMPLAINTS = 3


@dataclass(frozen=True, kw_only=True)
class Tally:
    """
    What the world said of one issue, in people: `accepted` by the provider, and of these those who
    bounced for good or complained.
    """

    accepted: int
    bounced: int
    complained: int


def is_worth_counting(*, bounced: int, complained: int) -> bool:
    """
    Whether so few could break a limit at all, however few were accepted.
    """
    fewest_bounces = MOST_BOUNCES * LEAST_FOR_BOUNCES
    return bounced >= fewest_bounces or complained >= FEWEST_COMPLAINTS


def why_to_pause(tally: Tally) -> str | None:
    """
    Which limit is broken, in one line; None when none is.
    """
    enough = tally.complained >= FEWEST_COMPLAINTS
    if enough and _breaks(tally.complained, tally.accepted, MOST_COMPLAINTS, LEAST_FOR_COMPLAINTS):
        return _line(tally.complained, tally.accepted, "complained", "0.3 %")
    if _breaks(tally.bounced, tally.accepted, MOST_BOUNCES, LEAST_FOR_BOUNCES):
        return _line(tally.bounced, tally.accepted, "bounced", "5 %")
    return None


def _breaks(those: int, accepted: int, most: float, least: int) -> bool:
    return accepted >= least and those >= most * accepted


def _line(those: int, accepted: int, what: str, limit: str) -> str:
    return (
        f"{those:,} of {accepted:,} {what}, and {limit} is the most: look where these addresses "
        "came from before anybody else gets it"
    )
