"""
Rules 20, 34 and 35: what the briefs of an issue lack, and whether it is right to send it now.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator

from newsletter.mail.checks.checked_mail import CheckedMail
from newsletter.model.brief import Brief
from newsletter.model.check import Finding, Level
from newsletter.model.issue import ChosenBrief, IssueKind

LONGEST_HEADLINE = 110
TAKEAWAYS = (3, 6)
TAKEAWAY_WORDS = 30
OLDEST = dt.timedelta(days=30)
MOST_FEWER, MOST_MORE = 0.30, 0.20


def briefs(checked: CheckedMail) -> Iterator[Finding]:
    chosen_briefs = checked.briefs or ()
    titles = Counter(each.brief.title for each in chosen_briefs)
    for each in chosen_briefs:
        where = f"brief {each.brief_id} “{each.brief.title[:60]}”"
        for problem in _unfit(each):
            yield Finding("briefs", Level.ERROR, problem, where)
        if each.brief_id in checked.facts.sent_briefs:
            level = Level.WARNING if checked.facts.is_scheduled else Level.ERROR
            yield Finding("briefs", level, _AGAIN, where)
        for problem in _lacking(each.brief, checked.facts.today):
            yield Finding("briefs", Level.WARNING, problem, where)
        if titles[each.brief.title] > 1:
            message = "two briefs of the issue have this headline: leave one out"
            yield Finding("briefs", Level.WARNING, message, where)


_AGAIN = (
    "it was sent to this list before: leave it out, or tell its readers what changed with "
    "`newsletter issue correct`"
)


def _unfit(chosen: ChosenBrief) -> Iterator[str]:
    edit = f"`newsletter brief edit {chosen.brief_id}`"
    if not chosen.brief.title.strip():
        yield f"no headline: give it one with {edit}"
    if not chosen.brief.body_text.strip():
        yield f"no body: write one with {edit}, or leave the brief out"


def _lacking(brief: Brief, today: dt.date | None) -> Iterator[str]:
    least, most = TAKEAWAYS
    if len(brief.title) > LONGEST_HEADLINE:
        yield f"a headline of {len(brief.title)} characters: {LONGEST_HEADLINE} are enough"
    if not least <= len(brief.takeaways) <= most:
        yield f"{len(brief.takeaways)} key takeaways: readers look for {least} to {most}"
    if any(len(each.split()) > TAKEAWAY_WORDS for each in brief.takeaways):
        yield f"a key takeaway of more than {TAKEAWAY_WORDS} words: shorten it"
    if brief.cta is None and brief.url is None:
        yield "nothing to read on: give it a call to action or its address"
    if brief.date is None:
        yield "no date: readers see none; write it into its source"
    elif today is not None and brief.date > today + dt.timedelta(days=1):
        yield f"its date, {brief.date}, has not come yet: is it meant to go out now?"
    elif today is not None and today - brief.date > OLDEST:
        yield f"its date, {brief.date}, is more than {OLDEST.days} days ago: is it still news?"


def audience(checked: CheckedMail) -> Iterator[Finding]:
    now, before = checked.facts.readers, checked.facts.readers_before
    if now is None or checked.facts.kind is not IssueKind.ISSUE:
        return
    if now == 0:
        yield _audience(Level.ERROR, "it would go to nobody: add readers to its lists")
    elif before and now < (1 - MOST_FEWER) * before:
        yield _audience(Level.WARNING, f"{now} readers, {before} last time: where are the others?")
    elif before and now > (1 + MOST_MORE) * before:
        yield _audience(Level.WARNING, f"{now} readers, {before} last time: are all of them right?")


def _audience(level: Level, message: str) -> Finding:
    return Finding("audience", level, message, "who it goes to")


def send_history(checked: CheckedMail) -> Iterator[Finding]:
    facts = checked.facts
    if facts.sent_state is not None:
        message = f"it is {facts.sent_state}: it was sent, and leaves once only; make a new issue"
        yield Finding("send-history", Level.ERROR, message)
    elif facts.kind is IssueKind.ISSUE and not facts.is_tested:
        message = "nobody was sent a test mail of it: `newsletter issue test` sends you one"
        yield Finding("send-history", Level.NOTE, message)
