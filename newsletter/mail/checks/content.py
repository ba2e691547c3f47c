"""
Rules 20, 34 and 35: the briefs are complete, there are recipients, and nothing is sent twice.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator

from newsletter.mail.checks.checked_mail import CheckedMail
from newsletter.model.brief import Brief
from newsletter.model.check import Finding, Level, describe_no_readers
from newsletter.model.issue import ChosenBrief, IssueKind

LONGEST_HEADLINE = 110
TAKEAWAYS = (3, 6)
TAKEAWAY_WORDS = 30
OLDEST = dt.timedelta(days=30)
MOST_FEWER, MOST_MORE = 0.30, 0.20


def briefs(checked: CheckedMail) -> Iterator[Finding]:
    chosen_briefs = checked.briefs or ()
    if not chosen_briefs and not checked.facts.has_intro:
        yield Finding("briefs", Level.ERROR, _NO_TEXT)
    titles = Counter(each.brief.title for each in chosen_briefs)
    for each in chosen_briefs:
        where = f"brief {each.brief_id} “{each.brief.title[:60]}”"
        for problem in _missing_parts(each):
            yield Finding("briefs", Level.ERROR, problem, where)
        if each.brief_id in checked.facts.sent_briefs:
            yield Finding("briefs", Level.WARNING, _SENT_BEFORE, where)
        if _is_ahead(each.brief, checked.facts.today):
            message = f"its date, {each.brief.date}, is in the future: should it be sent now?"
            yield Finding("briefs", Level.WARNING, message, where)
        for problem in _weaknesses(each.brief, checked.facts.today):
            yield Finding("briefs", Level.ADVICE, problem, where)
        if titles[each.brief.title] > 1:
            message = "another brief in this issue has the same headline: leave one out"
            yield Finding("briefs", Level.WARNING, message, where)


_NO_TEXT = "a letter without text: add it with `newsletter issue edit --intro-file FILE`"
_SENT_BEFORE = (
    "already sent to this list: leave it out, send a correction with `newsletter issue correct`, "
    "or send it again with --override REASON"
)


def _missing_parts(chosen: ChosenBrief) -> Iterator[str]:
    edit = f"`newsletter brief edit {chosen.brief_id}`"
    if not chosen.brief.title.strip():
        yield f"no headline: add one with {edit}"
    if not chosen.brief.body_text.strip():
        yield f"no body text: add some with {edit}, or leave the brief out"


def _is_ahead(brief: Brief, today: dt.date | None) -> bool:
    if brief.date is None or today is None:
        return False
    return brief.date > today + dt.timedelta(days=1)


def _weaknesses(brief: Brief, today: dt.date | None) -> Iterator[str]:
    least, most = TAKEAWAYS
    if len(brief.title) > LONGEST_HEADLINE:
        yield f"the headline has {len(brief.title)} characters: use at most {LONGEST_HEADLINE}"
    if not least <= len(brief.takeaways) <= most:
        yield f"{len(brief.takeaways)} key takeaways: {least} to {most} work best"
    if any(len(each.split()) > TAKEAWAY_WORDS for each in brief.takeaways):
        yield f"a key takeaway has more than {TAKEAWAY_WORDS} words: shorten it"
    if brief.cta is None and brief.url is None:
        yield "no 'read more' link: add a URL or a call to action"
    if brief.date is None:
        yield "no date: add one in its source"
    elif today is not None and today - brief.date > OLDEST:
        yield f"its date, {brief.date}, is more than {OLDEST.days} days ago: is it still news?"


def audience(checked: CheckedMail) -> Iterator[Finding]:
    now, before = checked.facts.readers, checked.facts.readers_before
    if now is None or checked.facts.kind is not IssueKind.ISSUE:
        return
    if checked.facts.ended is not None:
        return
    if now == 0:
        yield _audience(
            Level.ERROR,
            f"no recipients: {describe_no_readers(checked.facts.pending, checked.facts.segment)}",
        )
    elif before and now < (1 - MOST_FEWER) * before:
        yield _audience(Level.WARNING, f"{now} readers, {before} last time: check who is missing")
    elif before and now > (1 + MOST_MORE) * before:
        yield _audience(Level.WARNING, f"{now} readers, {before} last time: check who was added")


def _audience(level: Level, message: str) -> Finding:
    return Finding("audience", level, message, "recipients")


def send_history(checked: CheckedMail) -> Iterator[Finding]:
    facts = checked.facts
    if facts.ended is not None:
        message = f"{facts.ended}: make a new one"
        yield Finding("send-history", Level.ADVICE, message)
    elif facts.kind is IssueKind.ISSUE and not facts.is_tested:
        message = "no test email was sent: send one with `newsletter issue test`"
        yield Finding("send-history", Level.ADVICE, message)
