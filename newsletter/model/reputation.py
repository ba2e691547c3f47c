"""
Apply the limits on bounces, complaints and rejections. Pure. An issue that reaches one while it is
being sent is paused until a person resumes it with a reason. A provider's mails of the last week
only cause a warning.

The limits are those at which providers start to refuse a sender: Amazon SES reviews an account at 5
% bounces, Google asks for less than 0.3 % complaints. A warning comes earlier, while there is still
time: a healthy account stays under 2 % bounces, and Google recommends less than 0.1 % complaints.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from newsletter.model.canary import LEAST_OF_CANARY
from newsletter.model.delivery import BatchResult, ReceiptKind
from subscribers.text.phrases import phrase

# If so many in a row are rejected and none is accepted, the cause is the mail and not the
# addresses.
FEWEST_REFUSED = 20
# If so many calls in a row are refused as a whole and then split, the cause is not a recipient: one
# recipient in the largest call, of 2,000, is found in eleven.
MOST_SPLIT_CALLS = 12
MOST_BOUNCES = 0.05
LEAST_FOR_BOUNCES = 200
MOST_COMPLAINTS = 0.003
LEAST_FOR_COMPLAINTS = 1000
FEWEST_COMPLAINTS = 3
WARNED_BOUNCES = 0.02
WARNED_COMPLAINTS = 0.0008


@dataclass(frozen=True, kw_only=True)
class ReputationCounts:
    """
    The readers of an issue, or of a week of mails, that were `accepted` by the provider, and how
    many of these hard-bounced or complained. `is_canary`: only the canary of the issue was sent.
    """

    accepted: int
    bounced: int
    complained: int
    is_canary: bool = False


def is_worth_counting(*, bounced: int, complained: int) -> bool:
    """
    Return whether these numbers are high enough to exceed a limit, if few enough mails were
    accepted.
    """
    fewest_bounces = MOST_BOUNCES * LEAST_FOR_BOUNCES
    return bounced >= fewest_bounces or complained >= FEWEST_COMPLAINTS


def pause_reason(counts: ReputationCounts) -> str | None:
    """
    Return one line that says which limit is exceeded; None if none is.
    """
    enough = counts.complained >= FEWEST_COMPLAINTS
    if enough and _breaks(
        counts.complained, counts.accepted, MOST_COMPLAINTS, LEAST_FOR_COMPLAINTS
    ):
        return _line(counts.complained, counts.accepted, phrase("complained"), "0.3 %")
    least = LEAST_OF_CANARY if counts.is_canary else LEAST_FOR_BOUNCES
    if _breaks(counts.bounced, counts.accepted, MOST_BOUNCES, least):
        return _line(counts.bounced, counts.accepted, phrase("bounced"), "5 %")
    return None


@dataclass(frozen=True)
class RejectionStreaks:
    """
    What one worker saw of each issue since a call last accepted somebody: how many recipients were
    rejected in calls that rejected all of theirs, even if there was only one, and how many calls
    were refused as a whole and split.
    """

    in_a_row: dict[int, int] = field(default_factory=dict)
    split_calls: dict[int, int] = field(default_factory=dict)

    def pause_reason(self, issue_id: int, result: BatchResult) -> str | None:
        """
        Return why *result* pauses the issue, in one line; None if it does not. The adapters
        recognise an account that cannot be used.
        """
        rejected = self._rejected_after(issue_id, result)
        if rejected >= FEWEST_REFUSED:
            who = phrase(
                "{number} recipients in a row were rejected and none was accepted",
                number=rejected,
            )
            if rejected == len(result.receipts):
                who = phrase("all {number} recipients of one call were rejected", number=rejected)
        elif self._split_after(issue_id, result) >= MOST_SPLIT_CALLS:
            who = phrase(
                "{limit} calls were refused and no recipient was accepted", limit=MOST_SPLIT_CALLS
            )
        else:
            return None
        why = result.receipts[0].reason
        return phrase("{who} ({why}): find the cause before you resume the issue", who=who, why=why)

    def count(self, issue_id: int, result: BatchResult) -> None:
        """
        Count *result*, once it is recorded. A streak that paused its issue starts again.
        """
        kinds = {receipt.kind for receipt in result.receipts}
        if ReceiptKind.ACCEPTED in kinds or self.pause_reason(issue_id, result) is not None:
            self.in_a_row.pop(issue_id, None)
            self.split_calls.pop(issue_id, None)
        elif rejected := self._rejected_after(issue_id, result):
            self.in_a_row[issue_id] = rejected
        elif split := self._split_after(issue_id, result):
            self.split_calls[issue_id] = split

    def _rejected_after(self, issue_id: int, result: BatchResult) -> int:
        """
        Return how many recipients were rejected including *result*; 0 if it does not add to them.
        """
        if {receipt.kind for receipt in result.receipts} != {ReceiptKind.REJECTED}:
            return 0
        return self.in_a_row.get(issue_id, 0) + len(result.receipts)

    def _split_after(self, issue_id: int, result: BatchResult) -> int:
        """
        Return how many calls were split including *result*; 0 if it does not add to them.
        """
        if not result.split or not result.counts_as_attempt:
            return 0
        return self.split_calls.get(issue_id, 0) + 1


def accepted_at_warnings(*, bounced: int, complained: int) -> int:
    """
    Return the number of accepted mails up to which these numbers are worth a warning; 0 if they
    never are.
    """
    by_bounces = bounced / WARNED_BOUNCES if bounced >= WARNED_BOUNCES * LEAST_FOR_BOUNCES else 0
    by_complaints = complained / WARNED_COMPLAINTS if complained >= FEWEST_COMPLAINTS else 0
    return int(max(by_bounces, by_complaints))


class WarningKind(enum.StrEnum):
    """
    What happened to too many of a provider's mails.
    """

    BOUNCED = "bounced"
    COMPLAINED = "complained"


def warnings_in(week: ReputationCounts) -> dict[WarningKind, str]:
    """
    Return the limits that a week of a provider's mails exceeds, each with one line that describes
    it.
    """
    found = {}
    if _breaks(week.bounced, week.accepted, WARNED_BOUNCES, LEAST_FOR_BOUNCES):
        found[WarningKind.BOUNCED] = _warning(
            week.bounced, week.accepted, phrase("hard-bounced"), "2 %"
        )
    enough = week.complained >= FEWEST_COMPLAINTS
    if enough and _breaks(week.complained, week.accepted, WARNED_COMPLAINTS, LEAST_FOR_COMPLAINTS):
        found[WarningKind.COMPLAINED] = _warning(
            week.complained, week.accepted, phrase("complained"), "0.08 %"
        )
    return found


def _warning(those: int, accepted: int, what: str, limit: str) -> str:
    share = f"{100 * those / accepted:.2f} %"
    return phrase(
        "{those:,} of {accepted:,} emails of the last 7 days {what} ({share}); "
        "providers start to investigate at {limit}",
        those=those,
        accepted=accepted,
        what=what,
        share=share,
        limit=limit,
    )


def _breaks(those: int, accepted: int, most: float, least: int) -> bool:
    return accepted >= least and those >= most * accepted


def _line(those: int, accepted: int, what: str, limit: str) -> str:
    return phrase(
        "{those:,} of {accepted:,} {what}; the limit is {limit}: find out where "
        "these addresses came from before you resume the issue",
        those=those,
        accepted=accepted,
        what=what,
        limit=limit,
    )
