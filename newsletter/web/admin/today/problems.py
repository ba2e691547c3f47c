"""
What went wrong: the alerts that a member may see, the worst first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from newsletter.actions.today.coming_slots import SlotPreviews
from newsletter.actions.today.open_issues import IssuesNow
from newsletter.model.access import Actor, Permission
from newsletter.operations.alerts import Alert
from newsletter.web.admin.frame.words import StaffWords
from newsletter.web.admin.today.problem_texts import WRITERS, ProblemKind, ProblemTexts


@dataclass(frozen=True, kw_only=True)
class ShownProblem:
    """
    A problem for the page. `level` is "bad" or "warn".
    """

    kind: ProblemKind
    level: str
    texts: ProblemTexts


@dataclass(frozen=True)
class ProblemRule:
    """
    What is shown for an alert: of which kind, how bad, and who may see it.
    """

    kind: ProblemKind
    level: str
    permission: Permission


_K, _P = ProblemKind, Permission
# The worst comes first.
RULES: Mapping[str, ProblemRule] = {
    "alert_paused": ProblemRule(_K.ISSUE, "bad", _P.ISSUES_READ),
    "alert_missed": ProblemRule(_K.ISSUE, "bad", _P.ISSUES_READ),
    "alert_stuck": ProblemRule(_K.ISSUE, "bad", _P.ISSUES_READ),
    "alert_slot": ProblemRule(_K.SLOT, "bad", _P.SCHEDULES_READ),
    "alert_uncertain": ProblemRule(_K.ISSUE, "warn", _P.ISSUES_READ),
    "alert_deferred": ProblemRule(_K.SENDING, "warn", _P.ISSUES_READ),
    "alert_waiting": ProblemRule(_K.SENDING, "warn", _P.ISSUES_READ),
    "alert_complained": ProblemRule(_K.PROVIDER, "warn", _P.OPERATIONS_READ),
    "alert_bounced": ProblemRule(_K.PROVIDER, "warn", _P.OPERATIONS_READ),
    "alert_failed_over": ProblemRule(_K.SENDING, "warn", _P.ISSUES_READ),
    "alert_privacy_access": ProblemRule(_K.PEOPLE, "warn", _P.PEOPLE_READ),
    "alert_privacy_correction": ProblemRule(_K.PEOPLE, "warn", _P.PEOPLE_READ),
    "alert_privacy_erasure": ProblemRule(_K.PEOPLE, "warn", _P.PEOPLE_READ),
    "alert_held_source": ProblemRule(_K.SOURCE, "warn", _P.SOURCES_READ),
    "alert_gone_source": ProblemRule(_K.SOURCE, "warn", _P.SOURCES_READ),
    "alert_failing_source_since": ProblemRule(_K.SOURCE, "warn", _P.SOURCES_READ),
    "alert_failing_source": ProblemRule(_K.SOURCE, "warn", _P.SOURCES_READ),
    "alert_webhook_failing": ProblemRule(_K.WEBHOOK, "warn", _P.WEBHOOKS_READ),
    "alert_webhook_gone": ProblemRule(_K.WEBHOOK, "warn", _P.WEBHOOKS_READ),
    "alert_sign_ups": ProblemRule(_K.PEOPLE, "warn", _P.OPERATIONS_READ),
}
_ORDER = {word: place for place, word in enumerate(RULES)}


@dataclass(frozen=True, kw_only=True)
class WithinReach:
    """
    What a member sees. `titles` has the issues that were loaded; `sources` and `schedules` are None
    for somebody who is not limited to some lists.
    """

    actor: Actor
    titles: Mapping[int, str]
    schedules: Collection[str] | None = None
    sources: Collection[str] | None = None

    @classmethod
    def of(cls, actor: Actor, issues: IssuesNow | None, slots: SlotPreviews | None) -> WithinReach:
        """
        Return what *actor* sees, out of what was loaded for them.
        """
        loaded = issues.issues if issues else ()
        titles = {each.issue.id: each.title or "" for each in loaded}
        if actor.lists is None:
            return cls(actor=actor, titles=titles)
        rules = slots.rules if slots else ()
        return cls(
            actor=actor,
            titles=titles,
            schedules={rule.name for rule in rules},
            sources={name for rule in rules for name in rule.sources},
        )

    def sees(self, alert: Alert) -> bool:
        """
        Return whether the alert is about something within reach.
        """
        rule, values = RULES[alert.word], alert.values
        if rule.permission not in self.actor.permissions:
            return False
        if self.actor.lists is None:
            return True
        if rule.kind in (ProblemKind.ISSUE, ProblemKind.SENDING):
            return values["issue"] in self.titles
        if rule.kind is ProblemKind.SLOT:
            return values["schedule"] in (self.schedules or ())
        return rule.kind is ProblemKind.SOURCE and values["source"] in (self.sources or ())


def problems_of(
    alerts: Sequence[Alert], reach: WithinReach, words: StaffWords
) -> list[ShownProblem]:
    """
    Return what the member sees of the *alerts*, the worst first.
    """
    seen = sorted((each for each in alerts if reach.sees(each)), key=lambda a: _ORDER[a.word])
    return [_problem(alert, reach, words) for alert in seen]


def _problem(alert: Alert, reach: WithinReach, words: StaffWords) -> ShownProblem:
    rule = RULES[alert.word]
    return ShownProblem(
        kind=rule.kind, level=rule.level, texts=WRITERS[rule.kind](alert, reach.titles, words)
    )
