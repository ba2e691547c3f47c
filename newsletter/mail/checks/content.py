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
from subscribers.text.phrases import phrase

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
    held = dict(checked.facts.held_briefs)
    for each in chosen_briefs:
        where = phrase("brief {brief} “{title}”", brief=each.brief_id, title=each.brief.title[:60])
        for problem in _missing_parts(each):
            yield Finding("briefs", Level.ERROR, problem, where)
        if each.brief_id in held:
            message = phrase(
                "held, so no issue is sent with it until it is freed or left out ({reason})",
                reason=held[each.brief_id],
            )
            yield Finding("briefs", Level.ERROR, message, where)
        if each.brief_id in checked.facts.sent_briefs:
            yield Finding("briefs", Level.WARNING, _SENT_BEFORE, where)
        if _is_ahead(each.brief, checked.facts.today):
            message = phrase(
                "its date, {date}, is in the future: should it be sent now?", date=each.brief.date
            )
            yield Finding("briefs", Level.WARNING, message, where)
        for problem in _weaknesses(each.brief, checked.facts.today):
            yield Finding("briefs", Level.ADVICE, problem, where)
        if titles[each.brief.title] > 1:
            message = phrase("another brief in this issue has the same headline: leave one out")
            yield Finding("briefs", Level.WARNING, message, where)


_NO_TEXT = phrase("a letter without text: add it with `newsletter issue edit --intro-file FILE`")
_SENT_BEFORE = phrase(
    "already sent to this list: leave it out, send a correction with "
    "`newsletter issue correct`, or send it again with --override REASON"
)


def _missing_parts(chosen: ChosenBrief) -> Iterator[str]:
    edit = f"`newsletter brief edit {chosen.brief_id}`"
    if not chosen.brief.title.strip():
        yield phrase("no headline: add one with {edit}", edit=edit)
    if not chosen.brief.body_text.strip():
        yield phrase("no body text: add some with {edit}, or leave the brief out", edit=edit)


def _is_ahead(brief: Brief, today: dt.date | None) -> bool:
    if brief.date is None or today is None:
        return False
    return brief.date > today + dt.timedelta(days=1)


def _weaknesses(brief: Brief, today: dt.date | None) -> Iterator[str]:
    least, most = TAKEAWAYS
    if len(brief.title) > LONGEST_HEADLINE:
        yield phrase(
            "the headline has {number} characters: use at most {limit}",
            number=len(brief.title),
            limit=LONGEST_HEADLINE,
        )
    if not least <= len(brief.takeaways) <= most:
        yield phrase(
            "{number} key takeaways: {least} to {most} work best",
            number=len(brief.takeaways),
            least=least,
            most=most,
        )
    if any(len(each.split()) > TAKEAWAY_WORDS for each in brief.takeaways):
        yield phrase("a key takeaway has more than {limit} words: shorten it", limit=TAKEAWAY_WORDS)
    if brief.cta is None and brief.url is None:
        yield phrase("no 'read more' link: add a URL or a call to action")
    if brief.date is None:
        yield phrase("no date: add one in its source")
    elif today is not None and today - brief.date > OLDEST:
        yield phrase(
            "its date, {date}, is more than {days} days ago: is it still news?",
            date=brief.date,
            days=OLDEST.days,
        )


def audience(checked: CheckedMail) -> Iterator[Finding]:
    now, before = checked.facts.readers, checked.facts.readers_before
    if now is None or checked.facts.kind is not IssueKind.ISSUE:
        return
    if checked.facts.ended is not None:
        return
    if now == 0:
        yield _audience(
            Level.ERROR,
            phrase(
                "no recipients: {why}",
                why=describe_no_readers(checked.facts.pending, checked.facts.segment),
            ),
        )
    elif before and now < (1 - MOST_FEWER) * before:
        yield _audience(
            Level.WARNING,
            phrase(
                "{now} readers, {before} last time: check who is missing", now=now, before=before
            ),
        )
    elif before and now > (1 + MOST_MORE) * before:
        yield _audience(
            Level.WARNING,
            phrase(
                "{now} readers, {before} last time: check who was added", now=now, before=before
            ),
        )


def _audience(level: Level, message: str) -> Finding:
    return Finding("audience", level, message, "recipients")


def send_history(checked: CheckedMail) -> Iterator[Finding]:
    facts = checked.facts
    if facts.ended is not None:
        message = phrase("{ended}: make a new one", ended=facts.ended)
        yield Finding("send-history", Level.ADVICE, message)
    elif facts.kind is IssueKind.ISSUE and not facts.is_tested:
        message = phrase("no test email was sent: send one with `newsletter issue test`")
        yield Finding("send-history", Level.ADVICE, message)
