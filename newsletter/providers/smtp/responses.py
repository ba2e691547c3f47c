"""
What an SMTP server's replies mean for a reader: its codes (RFC 5321 section 4.2, RFC 3463) to our
words, as tables. Pure; `smtp_handover` has the conversation.

A relay that knows nothing of a reader answers for itself: "Relay access denied" says the same of
everybody. So a refusal for policy is the reader's only where somebody else of the call got more.
And a server whose directory is away knows no user at all: where all of a call are unknown to it,
they are rejected, and none of their addresses is suppressed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.model.rate import RateFeedback
from newsletter.providers.enhanced_status_codes import Blame, blame_for
from newsletter.providers.responses import SHORT_COOLDOWN_S, Meaning, describe_problem
from newsletter.providers.smtp.replies import Ending, NoSession, NotReplied, Replied, Stage

SET_A_LOGIN = "set username and password"
ADVICE = {
    Blame.SENDER: "check [sender] address, and whom the server lets send as it",
    Blame.QUOTA: "the account may send no more today: wait, or have its limit raised",
    Blame.SIZE: "the mail is too large for this server: cancel and shorten the issue",
    Blame.POLICY: "the server refuses everybody: see what it says",
}
_RATE_WORDS = re.compile(r"\brate\b|throttl|too (many|fast)", re.IGNORECASE)
# No code says this either: Google's is 550 5.4.5, Amazon's 454.
_USED_UP = re.compile(r"\bdaily\b.*\b(quota|limit)", re.IGNORECASE)
_TOO_FAST = RateFeedback(cooldown_s=SHORT_COOLDOWN_S, is_throttled=True)
# "Authentication required" (RFC 4954 section 6).
_NO_LOGIN = 530
# Of a recipient it means their mailbox, of a message its size (RFC 5321 section 4.2.2).
_EXCEEDS_STORAGE = 552


def read_endings(endings: Sequence[Ending], *, name: str) -> BatchResult:
    """
    One receipt for each of *endings*, in order. *name* is the provider's in the settings.
    """
    blames = [_blame(ending) for ending in endings]
    has_taken = any(isinstance(ending, Replied) and ending.reply.is_good for ending in endings)
    of_all = {Blame.SENDER, Blame.QUOTA, Blame.SIZE}
    if not has_taken and blames.count(Blame.POLICY) > 1:
        of_all.add(Blame.POLICY)
    knows_nobody = len(blames) > 1 and set(blames) == {Blame.ADDRESS}
    pairs = list(zip(endings, blames, strict=True))
    pauses = [
        _account_problem(ending, ADVICE[blame], name=name)
        for ending, blame in pairs
        if blame in of_all and blame
    ]
    receipts = [
        _receipt(ending, blame, name=name, is_of_all=blame in of_all) for ending, blame in pairs
    ]
    return BatchResult(
        receipts=tuple(
            replace(ending, suppress=False) if knows_nobody else ending for ending in receipts
        ),
        account_problem=next(iter(pauses), None),
        rate=_TOO_FAST
        if any(_is_too_fast(ending) for ending, blame in pairs if not blame)
        else None,
    )


def _is_too_fast(ending: Ending) -> bool:
    """
    Whether a refusal for now is about the pace. No code says so: Amazon's is 454, Google's 421 and
    450, and the words are what they have in common.
    """
    if isinstance(ending, NotReplied) or ending.reply.code // 100 != 4:
        return False
    return _RATE_WORDS.search(str(ending.reply)) is not None


def read_no_session(problem: NoSession, count: int, *, name: str) -> BatchResult:
    """
    The same for all *count* of a call for which there was no session.
    """
    receipt = Receipt(kind=ReceiptKind.RETRY, reason=f"{name}: {problem.reason}")
    meaning = Meaning(ReceiptKind.RETRY, problem.advice)
    return BatchResult(
        receipts=(receipt,) * count,
        account_problem=describe_problem(meaning, name=name, reason=problem.reason),
    )


def _blame(ending: Ending) -> Blame | None:
    """
    Whose fault a refusal for good is, or for today; None of anything else.
    """
    if isinstance(ending, NotReplied) or ending.reply.is_good:
        return None
    blame = blame_for(ending.reply.enhanced)
    # What a mailbox takes in a day is no matter of the account's.
    if blame is not Blame.MAILBOX and _USED_UP.search(str(ending.reply)):
        return Blame.QUOTA
    if ending.reply.code < 500:
        return None
    if blame is Blame.SIZE or (blame is None and ending.reply.code == _EXCEEDS_STORAGE):
        return Blame.MAILBOX if ending.stage is Stage.RECIPIENT else Blame.SIZE
    # Of the sender's own address a server speaks as of a reader's.
    return Blame.SENDER if ending.stage is Stage.SENDER else blame or Blame.POLICY


def _receipt(ending: Ending, blame: Blame | None, *, name: str, is_of_all: bool) -> Receipt:
    reason = f"{name}: {_describe(ending)}"
    if isinstance(ending, NotReplied):
        kind = ReceiptKind.UNCERTAIN if ending.may_have_arrived else ReceiptKind.RETRY
        return Receipt(kind=kind, reason=reason, retry_after_s=ending.retry_after_s)
    if ending.reply.is_good:
        return Receipt(kind=ReceiptKind.ACCEPTED)
    if blame is None or is_of_all:
        return Receipt(kind=ReceiptKind.RETRY, reason=reason)
    return Receipt(kind=ReceiptKind.REJECTED, reason=reason, suppress=blame is Blame.ADDRESS)


def _account_problem(ending: Ending, advice: str, *, name: str) -> str | None:
    needs_login = isinstance(ending, Replied) and ending.reply.code == _NO_LOGIN
    meaning = Meaning(ReceiptKind.RETRY, SET_A_LOGIN if needs_login else advice)
    return describe_problem(meaning, name=name, reason=_describe(ending))


def _describe(ending: Ending) -> str:
    if isinstance(ending, Replied):
        return f"{ending.stage} was answered with {ending.reply}"
    return ending.reason
