"""
Interpret the replies of an SMTP server (RFC 5321 section 4.2, RFC 3463) as receipts, by tables.

A relay may refuse everybody for the same reason, such as "Relay access denied". So a policy refusal
is attributed to the recipient only if another recipient of the call was accepted. A server whose
directory is down reports every user as unknown. So if all recipients of a call are unknown, they
are rejected, but their addresses are not suppressed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from newsletter.model.delivery import BatchResult, Receipt, ReceiptKind
from newsletter.model.rate import RateFeedback
from newsletter.providers.enhanced_status_codes import Blame
from newsletter.providers.refusals import blame_in
from newsletter.providers.responses import SHORT_COOLDOWN_S, Meaning, describe_problem
from newsletter.providers.smtp.replies import Ending, NoSession, NotReplied, Replied, Stage

SET_A_LOGIN = "set username and password"
ADVICE = {
    Blame.SENDER: "check [sender] address, and that this login may send from it",
    Blame.QUOTA: "the account's daily limit is reached: wait, or ask for a higher limit",
    Blame.SIZE: "the email is too large for this server: cancel the issue and shorten it",
    Blame.POLICY: "the server refuses every recipient: check its reply",
}
_RATE_WORDS = re.compile(r"\brate\b|throttl|too (many|fast)", re.IGNORECASE)
_THROTTLED = RateFeedback(cooldown_s=SHORT_COOLDOWN_S, is_throttled=True)
# "Authentication required" (RFC 4954 section 6).
_NO_LOGIN = 530
# For RCPT it means a full mailbox, for a message that it is too large (RFC 5321 section 4.2.2).
_EXCEEDS_STORAGE = 552


def read_endings(endings: Sequence[Ending], *, name: str) -> BatchResult:
    """
    Return one receipt for each of *endings*, in order. *name* is the provider's name in the
    settings.
    """
    blames = [_blame(ending) for ending in endings]
    is_any_accepted = any(
        isinstance(ending, Replied) and ending.reply.is_good for ending in endings
    )
    account_wide = {Blame.SENDER, Blame.QUOTA, Blame.SIZE}
    if not is_any_accepted and blames.count(Blame.POLICY) > 1:
        account_wide.add(Blame.POLICY)
    are_all_unknown = len(blames) > 1 and set(blames) == {Blame.ADDRESS}
    pairs = list(zip(endings, blames, strict=True))
    problems = (
        _account_problem(ending, ADVICE[blame], name=name)
        for ending, blame in pairs
        if blame is not None and blame in account_wide
    )
    receipts = [
        _receipt(ending, blame, name=name, is_account_wide=blame in account_wide)
        for ending, blame in pairs
    ]
    if are_all_unknown:
        receipts = [replace(receipt, suppress=False) for receipt in receipts]
    is_throttled = any(_is_throttled(ending) for ending, blame in pairs if blame is None)
    return BatchResult(
        receipts=tuple(receipts),
        account_problem=next(problems, None),
        rate=_THROTTLED if is_throttled else None,
    )


def _is_throttled(ending: Ending) -> bool:
    """
    Return whether a temporary refusal is about the rate.

    There is no common code (Amazon's is 454, Google's are 421 and 450), only similar wording.
    """
    if isinstance(ending, NotReplied) or ending.reply.code // 100 != 4:
        return False
    return _RATE_WORDS.search(str(ending.reply)) is not None


def read_no_session(problem: NoSession, count: int, *, name: str) -> BatchResult:
    """
    Return the same receipt for all *count* recipients of a call for which no session could be
    opened.
    """
    receipt = Receipt(kind=ReceiptKind.RETRY, reason=f"{name}: {problem.reason}")
    meaning = Meaning(ReceiptKind.RETRY, problem.advice)
    return BatchResult(
        receipts=(receipt,) * count,
        account_problem=describe_problem(meaning, name=name, reason=problem.reason),
    )


def _blame(ending: Ending) -> Blame | None:
    """
    Return what a permanent refusal, or one until tomorrow, is about; None for anything else.
    """
    if isinstance(ending, NotReplied) or ending.reply.is_good:
        return None
    blame = blame_in(ending.reply.unredacted)
    if ending.reply.code < 500:
        return blame if blame is Blame.QUOTA else None
    if blame is Blame.SIZE or (blame is None and ending.reply.code == _EXCEEDS_STORAGE):
        return Blame.MAILBOX if ending.stage is Stage.RECIPIENT else Blame.SIZE
    # Servers use the same codes for the sender's address as for a recipient's.
    return Blame.SENDER if ending.stage is Stage.SENDER else blame or Blame.POLICY


def _receipt(ending: Ending, blame: Blame | None, *, name: str, is_account_wide: bool) -> Receipt:
    reason = f"{name}: {_describe(ending)}"
    if isinstance(ending, NotReplied):
        kind = ReceiptKind.UNCERTAIN if ending.may_have_arrived else ReceiptKind.RETRY
        return Receipt(kind=kind, reason=reason, retry_after_s=ending.retry_after_s)
    if ending.reply.is_good:
        return Receipt(kind=ReceiptKind.ACCEPTED)
    if blame is None or is_account_wide:
        return Receipt(kind=ReceiptKind.RETRY, reason=reason)
    return Receipt(kind=ReceiptKind.REJECTED, reason=reason, suppress=blame is Blame.ADDRESS)


def _account_problem(ending: Ending, advice: str, *, name: str) -> str | None:
    needs_login = isinstance(ending, Replied) and ending.reply.code == _NO_LOGIN
    meaning = Meaning(ReceiptKind.RETRY, SET_A_LOGIN if needs_login else advice)
    return describe_problem(meaning, name=name, reason=_describe(ending))


def _describe(ending: Ending) -> str:
    if isinstance(ending, Replied):
        return f"{ending.stage} refused: {ending.reply}"
    return ending.reason
