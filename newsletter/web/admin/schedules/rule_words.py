"""
Read the rule of a schedule back in sentences: what it takes, how that is shown, to whom it goes,
who approves it, and what happens to a late run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.issues.selection import LeftOut
from newsletter.issues.settings.asked_by_lists import AskedByLists
from newsletter.model.issue import ShownAs
from newsletter.model.schedule import Group, IssueRules, MisfirePolicy, Order, Schedule
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.schedules.approval_words import approval_words
from newsletter.web.admin.schedules.when_words import (
    day_off_words,
    listed,
    span_words,
    time_words,
    when_words,
)
from subscribers.model import Cadence


@dataclass(frozen=True, kw_only=True)
class RuleInWords:
    """
    A rule in sentences. Empty sentences are left out of `sentences`, which has all of them in the
    order in which one would say them.
    """

    when: str
    takes: str
    shows: str
    readers: str
    approval: str
    late: str
    not_sent: str

    @property
    def sentences(self) -> tuple[str, ...]:
        """
        Return the sentences that there are.
        """
        every = (
            self.when,
            self.takes,
            self.shows,
            self.readers,
            self.approval,
            self.not_sent,
            self.late,
        )
        return tuple(each for each in every if each)


def rule_in_words(rule: Schedule, asked: AskedByLists, words: StaffWords) -> RuleInWords:
    """
    Return the rule of a schedule in the language of *words*. Its lists ask for *asked*.
    """
    return RuleInWords(
        when=when_words(rule, words),
        takes=takes_words(rule, words),
        shows=shows_words(rule, words),
        readers=readers_words(rule, words),
        approval=approval_words(rule, asked, words),
        late=late_words(rule, words),
        not_sent=not_sent_words(rule, words),
    )


def takes_words(rule: Schedule, words: StaffWords) -> str:
    """
    Say which briefs an issue takes.
    """
    _, rules = words.gettext, rule.rules
    sources = words.ngettext(
        "the source %(sources)s",
        "the sources %(sources)s",
        len(rule.sources),
        sources=listed(rule.sources, words),
    )
    if rule.each:
        first = _("One issue for each new brief from %(sources)s", sources=sources)
    else:
        first = _("%(briefs)s from %(sources)s", briefs=_count_words(rules, words), sources=sources)
    return "; ".join([first, *_narrowed(rules, words), *_repeated(rule, words)])


def _count_words(rules: IssueRules, words: StaffWords) -> str:
    _, least, most = words.gettext, rules.least, rules.most
    if most is None:
        if least <= 1:
            return _("All new briefs")
        return _("All new briefs, if there are at least %(least)s,", least=least)
    if least <= 1:
        return words.ngettext("At most %(n)s new brief", "At most %(n)s new briefs", most, n=most)
    if least == most:
        return _("Exactly %(n)s new briefs", n=most)
    return _("%(least)s to %(most)s new briefs", least=least, most=most)


def _narrowed(rules: IssueRules, words: StaffWords) -> list[str]:
    _ = words.gettext
    found = []
    if rules.categories:
        found.append(_("only about %(categories)s", categories=_quoted(rules.categories, words)))
    if rules.not_categories:
        names = _quoted(rules.not_categories, words)
        found.append(_("none about %(categories)s", categories=names))
    if rules.title:
        found.append(_("only with a title like %(pattern)s", pattern=rules.title))
    if rules.not_title:
        found.append(_("none with a title like %(pattern)s", pattern=rules.not_title))
    if rules.look_back:
        found.append(_("not older than %(span)s", span=span_words(rules.look_back, words)))
    return found


def _repeated(rule: Schedule, words: StaffWords) -> list[str]:
    _ = words.gettext
    found = []
    if not rule.rules.skip_singles:
        found.append(_("also those that were sent on their own"))
    if rule.repeat:
        found.append(_("also those that another schedule has sent"))
    return found


def shows_words(rule: Schedule, words: StaffWords) -> str:
    """
    Say in which order and form the briefs are shown.
    """
    _, rules = words.gettext, rule.rules
    found = [_("The oldest first") if rules.order is Order.OLDEST else _("The newest first")]
    if rules.lead:
        found.append(_("one about %(category)s on top", category=_quoted([rules.lead], words)))
    if rules.group:
        found.append(group_words(words)[rules.group])
    if rules.show_lead:
        form = shown_as_words(words)[rules.show_lead]
        found.append(_("the one on top: %(form)s", form=form))
    if rules.show:
        found.append(_("the others: %(form)s", form=shown_as_words(words)[rules.show]))
    if rule.template:
        found.append(_("with the template %(template)s", template=rule.template))
    return "" if found == [_("The newest first")] else "; ".join(found)


def group_words(words: StaffWords) -> dict[Group, str]:
    """
    Say what the headings of an issue are.
    """
    _ = words.gettext
    return {
        Group.CATEGORY: _("under headings by category"),
        Group.SOURCE: _("under headings by source"),
        Group.SERIES: _("under headings by series"),
    }


def shown_as_words(words: StaffWords) -> dict[ShownAs, str]:
    """
    Say how much of a brief is shown.
    """
    _ = words.gettext
    return {
        ShownAs.FULL: _("in full"),
        ShownAs.EXCERPT: _("the beginning"),
        ShownAs.TAKEAWAYS: _("the takeaways"),
        ShownAs.LINE: _("a line"),
    }


def readers_words(rule: Schedule, words: StaffWords) -> str:
    """
    Say whom the issues go to.
    """
    _, audience = words.gettext, rule.audience
    found = [_("To the readers of %(lists)s", lists=listed(audience.lists, words))]
    if audience.segment:
        found.append(_("only those in the segment %(segment)s", segment=audience.segment))
    if audience.minus:
        found.append(_("without those of %(lists)s", lists=listed(audience.minus, words)))
    if rule.cadence is Cadence.WEEKLY:
        found.append(_("only those who chose a weekly email"))
    if rule.cadence is Cadence.MONTHLY:
        found.append(_("only those who chose a monthly email"))
    if rule.sender:
        found.append(_("from %(address)s", address=rule.sender))
    return "; ".join(found)


def late_words(rule: Schedule, words: StaffWords) -> str:
    """
    Say what happens to a run that is late.
    """
    _, span = words.gettext, span_words(rule.misfire_limit, words)
    if rule.misfire_policy is MisfirePolicy.SEND:
        return _("A late run is sent, however late it is")
    if rule.misfire_policy is MisfirePolicy.SKIP:
        return _("A run that is more than %(span)s late is skipped", span=span)
    return _("A run that is more than %(span)s late waits for a person", span=span)


def not_sent_words(rule: Schedule, words: StaffWords) -> str:
    """
    Say in which hours and on which days nothing is sent.
    """
    _ = words.gettext
    found = []
    if rule.quiet:
        begin, end = (time_words(time, words) for time in (rule.quiet.begin, rule.quiet.end))
        found.append(_("Nothing is sent between %(begin)s and %(end)s", begin=begin, end=end))
    if rule.days_off:
        days = listed((day_off_words(day, words) for day in rule.days_off), words)
        found.append(_("It does not run on these days: %(days)s", days=days))
    return "; ".join(found)


def left_out_words(words: StaffWords) -> dict[LeftOut, str]:
    """
    Say why the rule of a schedule leaves a brief out.
    """
    _ = words.gettext
    return {
        LeftOut.SINGLE: _("The list got it in an issue of its own"),
        LeftOut.CATEGORY: _("In none of the categories of the rule"),
        LeftOut.NOT_CATEGORY: _("In a category that the rule leaves out"),
        LeftOut.TITLE: _("Its title does not match the rule"),
        LeftOut.NOT_TITLE: _("Its title is one that the rule leaves out"),
        LeftOut.OLD: _("Too old for the rule"),
        LeftOut.FUTURE: _("Dated later than the run"),
        LeftOut.SLOW: _("The patterns of the rule take too long in its title"),
    }


def _quoted(texts: Sequence[str], words: StaffWords) -> str:
    """
    Enumerate names that may be in any language, each set apart from the text around it.
    """
    return listed((f"\u2068{text}\u2069" for text in texts), words)
