"""
What the next slots would do, in words: what each takes, what it leaves out and why, and whether it
then waits for somebody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

import babel.dates
import babel.lists
import babel.numbers

from newsletter.actions.today.coming_slots import SlotPreview, SlotPreviews
from newsletter.actions.today.open_issues import IssuesNow
from newsletter.issues.selection import Choice, LeftOut
from newsletter.model.brief import BriefStatus
from newsletter.model.issue import DeadlineAction, IssueState
from newsletter.model.schedule import Approval
from newsletter.web.admin.frame.words import StaffWords


@dataclass(frozen=True, kw_only=True)
class ComingEntry:
    """
    An entry of what comes next: a slot, or an issue that is sent at a set time. `sentences` say
    what it does.
    """

    at: dt.datetime
    name: str
    path: str
    sentences: Sequence[str]


def coming_entries(
    slots: SlotPreviews | None, issues: IssuesNow | None, words: StaffWords
) -> list[ComingEntry]:
    """
    Return what comes next, soonest first.
    """
    found = [_of_slot(each, words) for each in (slots.slots if slots else ())]
    for each in issues.in_states(IssueState.SCHEDULED) if issues else ():
        if each.issue.send_at is not None:
            number = each.issue.id
            found.append(
                ComingEntry(
                    at=each.issue.send_at,
                    name=each.title or words.gettext("Issue %(n)s", n=number),
                    path=f"/admin/issues/{number}",
                    sentences=[words.gettext("Goes out at this time.")],
                )
            )
    return sorted(found, key=lambda entry: entry.at)


def _of_slot(each: SlotPreview, words: StaffWords) -> ComingEntry:
    rule, choice = each.rule, each.choice
    sentences = [_to_whom(each, words), _taken(each, words)]
    if choice is not None:
        sentences += [*_known_elsewhere(each, words), *_left(choice, words)]
        if choice.briefs:
            sentences.append(_what_then(each, words))
    return ComingEntry(
        at=each.slot.due,
        name=rule.name,
        path=f"/admin/schedules/{quote(rule.name)}",
        sentences=sentences,
    )


def _to_whom(each: SlotPreview, words: StaffWords) -> str:
    names = babel.lists.format_list(list(each.lists), locale=words.locale)
    if each.readers is None:
        return words.gettext("To %(lists)s.", lists=names)
    return words.ngettext(
        "To %(lists)s, one reader now.",
        "To %(lists)s, %(n)s readers now.",
        each.readers,
        lists=names,
        n=_number(words, each.readers),
    )


def _known_elsewhere(each: SlotPreview, words: StaffWords) -> list[str]:
    """
    Say that other lists have had some of the briefs, which the inbox calls used, and that drafts of
    the same list have some.
    """
    briefs, found = each.choice.briefs if each.choice else (), []
    if not each.rule.repeat and any(brief.status is BriefStatus.USED for brief in briefs):
        found.append(words.gettext("They are new to this list, though some were used for others."))
    for issue, count in each.beside.items():
        found.append(
            words.ngettext(
                "One of them is also in draft %(issue)s, for the same readers.",
                "%(n)s of them are also in draft %(issue)s, for the same readers.",
                count,
                n=_number(words, count),
                issue=issue,
            )
        )
    return found


def _taken(each: SlotPreview, words: StaffWords) -> str:
    _, choice, least = words.gettext, each.choice, each.rule.rules.least
    if choice is None:
        return _("It would fail: its title patterns take too long.")
    if choice.briefs:
        count = len(choice.briefs)
        return words.ngettext(
            "Would take one brief: “%(title)s”.",
            "Would take %(n)s briefs, first “%(title)s”.",
            count,
            n=_number(words, count),
            title=choice.briefs[0].brief.title,
        )
    if not each.offered:
        return _("Would be skipped: there is no new brief.")
    if least > 1:
        return _("Would be skipped: it needs %(n)s briefs.", n=_number(words, least))
    return _("Would be skipped: no new brief matches its rules.")


def _left(choice: Choice, words: StaffWords) -> list[str]:
    parts = [_left_out(why, count, words) for why, count in choice.left_out.items()]
    if choice.left_over:
        count = len(choice.left_over)
        parts.append(
            words.ngettext(
                "one waits for the next slot",
                "%(n)s wait for the next slot",
                count,
                n=_number(words, count),
            )
        )
    if not parts:
        return []
    listed = babel.lists.format_list(parts, locale=words.locale)
    return [words.gettext("Of the others, %(which)s.", which=listed)]


def _left_out(why: LeftOut, count: int, words: StaffWords) -> str:
    n = _number(words, count)
    texts = {
        LeftOut.SINGLE: words.ngettext(
            "one was sent on its own", "%(n)s were sent on their own", count, n=n
        ),
        LeftOut.CATEGORY: words.ngettext(
            "one is in no category that it takes",
            "%(n)s are in no category that it takes",
            count,
            n=n,
        ),
        LeftOut.NOT_CATEGORY: words.ngettext(
            "one is in a category that it leaves out",
            "%(n)s are in a category that it leaves out",
            count,
            n=n,
        ),
        LeftOut.TITLE: words.ngettext(
            "one has another title", "%(n)s have another title", count, n=n
        ),
        LeftOut.NOT_TITLE: words.ngettext(
            "one has a title that it leaves out",
            "%(n)s have a title that it leaves out",
            count,
            n=n,
        ),
        LeftOut.OLD: words.ngettext("one is too old", "%(n)s are too old", count, n=n),
        LeftOut.FUTURE: words.ngettext(
            "one waits for its date", "%(n)s wait for their date", count, n=n
        ),
        LeftOut.SLOW: words.ngettext(
            "one has a title that takes too long to search",
            "%(n)s have a title that takes too long to search",
            count,
            n=n,
        ),
    }
    return texts[why]


def _what_then(each: SlotPreview, words: StaffWords) -> str:
    _, rule, asked = words.gettext, each.rule, each.asked
    is_held, limit = asked.holds(each.readers), asked.second_person_above
    if rule.approval is Approval.DRAFT or (rule.approval is Approval.AUTO and asked.needs_approval):
        return _("Its draft will wait for an approval.")
    if rule.approval is Approval.DEADLINE and rule.deadline is not None:
        time = babel.dates.format_timedelta(rule.deadline, locale=words.locale)
        held = _("Without an approval in %(time)s it is held.", time=time)
        sent = _("Somebody can stop it for %(time)s; then it is sent.", time=time)
        texts = {
            DeadlineAction.SEND: held if is_held else sent,
            DeadlineAction.SKIP: _("Without an approval in %(time)s it is cancelled.", time=time),
            DeadlineAction.HOLD: held,
        }
        return texts[rule.at_deadline]
    if limit is not None and each.readers is None:
        return _(
            "It is sent at once; to more than %(n)s readers, a second person has to approve it.",
            n=_number(words, limit),
        )
    if is_held:
        return _("It waits for the approval of a second person, because it goes to many readers.")
    return _("It is sent at once, without an approval.")


def _number(words: StaffWords, number: int) -> str:
    return str(babel.numbers.format_decimal(number, locale=words.locale))
