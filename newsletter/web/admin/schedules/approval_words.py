"""
Say who decides whether an issue of a schedule is sent: its rule, and what its lists ask for.
"""

from __future__ import annotations

import babel.numbers

from newsletter.issues.settings.asked_by_lists import AskedByLists
from newsletter.model.issue import DeadlineAction
from newsletter.model.schedule import Approval, Schedule
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.schedules.when_words import listed, span_words


def approval_words(rule: Schedule, asked: AskedByLists, words: StaffWords) -> str:
    """
    Say who decides whether an issue is sent, if its lists ask for *asked*.
    """
    if rule.approval is Approval.AUTO:
        return _at_once(asked, words)
    editors = ""
    if rule.editors:
        editors = words.gettext(
            "; %(addresses)s are asked by email", addresses=listed(rule.editors, words)
        )
    return _after_a_wait(rule, asked, words) + editors


def _at_once(asked: AskedByLists, words: StaffWords) -> str:
    if asked.needs_approval:
        return words.gettext("Waits until somebody approves it, because a list asks for that")
    return words.gettext("Sent without anybody’s approval") + _unless_many(asked, words)


def _after_a_wait(rule: Schedule, asked: AskedByLists, words: StaffWords) -> str:
    _ = words.gettext
    if rule.approval is Approval.DRAFT or rule.deadline is None:
        return _("Waits until somebody approves it")
    span = span_words(rule.deadline, words)
    if rule.at_deadline is DeadlineAction.SKIP:
        return _("Waits %(span)s for an approval, and is then cancelled", span=span)
    if rule.at_deadline is DeadlineAction.HOLD or asked.needs_approval:
        return _("Waits %(span)s for an approval, and is then held for a person", span=span)
    sent = _("Waits %(span)s for an approval, and is then sent without one", span=span)
    return sent + _unless_many(asked, words)


def _unless_many(asked: AskedByLists, words: StaffWords) -> str:
    if asked.second_person_above is None:
        return ""
    return words.gettext(
        "; to more than %(n)s readers, only after a second person approved it",
        n=babel.numbers.format_decimal(asked.second_person_above, locale=words.locale),
    )
