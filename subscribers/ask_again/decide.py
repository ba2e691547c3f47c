"""
Decide what becomes of a person in a run. Pure: what is known of them goes in, their state comes
out.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from subscribers.ask_again.model import AskedState, AskMail, AskTerms, MailState
from subscribers.model import SubscriptionState

# How soon an email that still waits is looked at again.
LOOK_AGAIN = dt.timedelta(days=1)
# So much longer than people have to answer does the link work, because the email may be sent late.
LINK_MARGIN = dt.timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class AskedPerson:
    """
    What is known of a person in a run. `state` is that of their subscription, None if it is theirs
    no more; `has_answered` says whether they gave any sign of wanting the list since the run began.
    `asked_at` is when their email was queued.
    """

    subscriber_id: int
    subscription_id: int
    state: SubscriptionState | None
    is_suppressed: bool
    has_answered: bool
    language: str | None = None
    email: str = ""
    email_key: str = ""
    request_id: int | None = None
    asked_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """
    What becomes of a person: their new state, and when to look again if they stay ASKED.
    """

    state: AskedState
    due_at: dt.datetime | None = None


def decide_to_ask(person: AskedPerson, terms: AskTerms) -> AskedState:
    """
    Return ASKED if the person is to be asked now, else what has become of them without it.
    """
    if person.state in (None, SubscriptionState.ENDED) or person.is_suppressed:
        return AskedState.LEFT
    return AskedState.ANSWERED if _wants_it(person, terms) else AskedState.ASKED


def decide_at_end(
    person: AskedPerson, mail: AskMail | None, terms: AskTerms, *, now: dt.datetime
) -> Verdict:
    """
    Decide about somebody who was asked, some days later. Only who certainly had the email for all
    of the days to answer, and gave no sign of wanting the list, has not answered.
    """
    if person.state in (None, SubscriptionState.ENDED) or person.is_suppressed:
        return Verdict(state=AskedState.LEFT)
    if _wants_it(person, terms):
        return Verdict(state=AskedState.ANSWERED)
    if mail is not None and mail.state is MailState.QUEUED:
        return Verdict(state=AskedState.ASKED, due_at=now + LOOK_AGAIN)
    if mail is None or mail.state is MailState.FAILED or mail.accepted_at is None:
        return Verdict(state=AskedState.UNREACHED)
    if person.asked_at is not None and mail.accepted_at > person.asked_at + LINK_MARGIN:
        # The link ends before their time to answer does.
        return Verdict(state=AskedState.UNREACHED)
    until = mail.accepted_at + dt.timedelta(days=terms.days)
    if now < until:
        return Verdict(state=AskedState.ASKED, due_at=until)
    return Verdict(state=AskedState.NO_ANSWER)


def _wants_it(person: AskedPerson, terms: AskTerms) -> bool:
    """
    Return True if the person gave a sign, or is on the list by now though they were not.
    """
    is_on = person.state is SubscriptionState.ACTIVE
    return person.has_answered or (terms.audience.is_pending and is_on)
