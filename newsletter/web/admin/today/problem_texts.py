"""
The texts of each alert in the newsroom: what it means, and the page that helps. The operator gets
the same alerts by email, with commands instead.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from newsletter.operations.alerts import Alert
from newsletter.web.admin.frame.words import StaffWords

Titles = Mapping[int, str]


class ProblemKind(enum.Enum):
    """
    What a problem is about. ISSUE: one that somebody has to decide about. SENDING: one that goes
    out, but not as it should.
    """

    ISSUE = "issue"
    SENDING = "sending"
    SLOT = "slot"
    SOURCE = "source"
    PEOPLE = "people"
    PROVIDER = "provider"
    WEBHOOK = "webhook"


@dataclass(frozen=True)
class ProblemTexts:
    """
    What happened, what it means, and the link to what helps. `reason` is what a provider or source
    said.
    """

    title: str
    text: str
    path: str
    label: str
    reason: str = ""


def _of_issue(alert: Alert, titles: Titles, words: StaffWords) -> ProblemTexts:
    _, values = words.gettext, alert.values
    number = values["issue"]
    title = titles.get(int(str(number))) or _("Issue %(n)s", n=number)
    heads = {
        "alert_paused": (
            _("“%(title)s” is paused", title=title),
            _("Nobody is lost: its pending readers stay pending."),
        ),
        "alert_missed": (
            _("“%(title)s” missed its time", title=title),
            _("Decide whether it still goes out."),
        ),
        "alert_stuck": (
            _("“%(title)s” could not be sent", title=title),
            _("It is a draft again. Nobody got it."),
        ),
        "alert_uncertain": (
            _("It is uncertain whether some readers got “%(title)s”", title=title),
            _("If the provider cannot tell, somebody has to decide."),
        ),
        "alert_failed_over": (
            _("“%(title)s” goes out through the fallback provider", title=title),
            _(
                "%(first)s stopped accepting email. Check the account there.",
                first=values.get("first"),
            ),
        ),
    }
    waiting = (
        _("“%(title)s” keeps being deferred by its provider", title=title),
        _("Its readers stay pending. Check the account at the provider."),
    )
    head, text = heads.get(alert.word, waiting)
    path, reason = f"/admin/issues/{number}", str(values.get("reason") or "")
    return ProblemTexts(head, text, path, _("Look at the issue"), reason)


def _of_slot(alert: Alert, _titles: Titles, words: StaffWords) -> ProblemTexts:
    _, values = words.gettext, alert.values
    name = str(values["schedule"])
    title = _("The schedule %(name)s could not make its issue", name=name)
    text = _("Nothing was sent. Its briefs wait for the next slot.")
    path = f"/admin/schedules/{quote(name)}"
    return ProblemTexts(title, text, path, _("Look at the schedule"), str(values["reason"]))


def _of_source(alert: Alert, _titles: Titles, words: StaffWords) -> ProblemTexts:
    _, values = words.gettext, alert.values
    name = str(values["source"])
    reason = values["reason"] if alert.word == "alert_held_source" else values["error"]
    heads = {
        "alert_held_source": (
            _("The source %(name)s is held", name=name),
            _("Nothing was taken from it, so that no old brief is sent again. Look whether it is "
              "in order."),
        ),
        "alert_gone_source": (
            _("The source %(name)s no longer exists", name=name),
            _("It is not read any more. Its briefs stay."),
        ),
    }  # fmt: skip
    failing = (
        _("The source %(name)s has gone quiet", name=name),
        _("It cannot be read. No brief is lost: new ones arrive once it answers again."),
    )
    head, text = heads.get(alert.word, failing)
    path = f"/admin/sources/{quote(name, safe='')}"
    return ProblemTexts(head, text, path, _("Look at the source"), str(reason or ""))


def _of_people(alert: Alert, _titles: Titles, words: StaffWords) -> ProblemTexts:
    _, values = words.gettext, alert.values
    if alert.word == "alert_sign_ups":
        title = _("Many sign-ups were refused in the last two hours: %(n)s", n=values["n"])
        text = _("Somebody may be using your form to flood strangers with email.")
        return ProblemTexts(title, text, "/admin/health", _("Check the installation"))
    title = _("A privacy request is overdue")
    text = _("The law gives one month to answer.")
    return ProblemTexts(title, text, "/admin/requests", _("See the requests"))


def _of_provider(alert: Alert, _titles: Titles, words: StaffWords) -> ProblemTexts:
    _, values = words.gettext, alert.values
    provider = values["provider"]
    title = _("Too many emails bounce at %(provider)s", provider=provider)
    if alert.word == "alert_complained":
        title = _("Too many readers complain at %(provider)s", provider=provider)
    text = _("Find out where these addresses came from, before the provider stops you.")
    path, figures = "/admin/health", str(values["figures"])
    return ProblemTexts(title, text, path, _("Check the installation"), figures)


def _of_webhook(alert: Alert, _titles: Titles, words: StaffWords) -> ProblemTexts:
    _, values = words.gettext, alert.values
    title = _("The webhook %(name)s is paused, because it failed", name=values["webhook"])
    text = _("Its events wait for up to 30 days.")
    return ProblemTexts(title, text, "/admin/webhooks", _("See the webhooks"))


Writer = Callable[[Alert, Titles, StaffWords], ProblemTexts]
WRITERS: Mapping[ProblemKind, Writer] = {
    ProblemKind.ISSUE: _of_issue,
    ProblemKind.SENDING: _of_issue,
    ProblemKind.SLOT: _of_slot,
    ProblemKind.SOURCE: _of_source,
    ProblemKind.PEOPLE: _of_people,
    ProblemKind.PROVIDER: _of_provider,
    ProblemKind.WEBHOOK: _of_webhook,
}
"""
What writes the texts of an alert, given the titles of the issues that were loaded.
"""
