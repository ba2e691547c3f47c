"""
Actions before sending: check an issue, or a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.actions.guard.objects import the_issue
from newsletter.actions.guard.requires import requires
from newsletter.actions.issues.issue_delivery import SendRequest
from newsletter.app import App
from newsletter.issues import preflight
from newsletter.issues.preflight import SendCheck
from newsletter.issues.release_conditions.counted_audience import CountedAudience, count_people
from newsletter.issues.release_conditions.link_check import CheckedLink, check_links
from newsletter.mail.checks.run import check_file as check_mail_file
from newsletter.model.access import Actor, Permission
from newsletter.model.check import Facts, Finding
from newsletter.model.issue import ChosenBrief, Issue
from newsletter.settings import Settings, load_settings
from newsletter.store.delivery.segments.rules import with_segment_rule
from newsletter.store.issues.issues import chosen_briefs


@requires(Permission.ISSUES_READ, "issue.check", about=the_issue())
def check_issue(app: App, issue_id: int, *, follow_links: bool, by: Actor) -> list[Finding]:
    """
    Check an issue as it would be sent now.

    Raises:
        NotFound: there is no such issue.
        Refused: it is a notice, or a test mail.
    """
    ask = app.source_registry.check_url if follow_links else None
    return preflight.check_issue(app.publishing, issue_id, ask=ask)


@dataclass(frozen=True, kw_only=True)
class CheckedIssue:
    """
    An issue with its briefs, and what the check found.
    """

    issue: Issue
    briefs: Sequence[ChosenBrief]
    findings: Sequence[Finding]


@requires(Permission.ISSUES_READ, "issue.check_to_show", about=the_issue())
def check_to_show(app: App, issue_id: int, *, by: Actor) -> CheckedIssue:
    """
    Check an issue as `check_issue` does, and return what the findings are about too.
    """
    issue, rendered, found = preflight.check_to_show(app.publishing, issue_id)
    if rendered is not None:
        return CheckedIssue(issue=issue, briefs=rendered.content.briefs, findings=found)
    with app.database.read() as connection:
        briefs = chosen_briefs(connection, issue_id)
    return CheckedIssue(issue=issue, briefs=briefs, findings=found)


@dataclass(frozen=True, kw_only=True)
class SendQuestion:
    """
    What a person has to know before an issue is sent: what the check found, and who would get it.
    """

    check: SendCheck
    audience: CountedAudience


@requires(
    Permission.ISSUES_SEND, "issue.ask_to_send", about=the_issue("asked.issue.id"), audited=False
)
def ask_to_send(app: App, asked: SendRequest, *, by: Actor) -> SendQuestion:
    """
    Check what somebody wants to send, and count who is left out and why. Nothing is sent, and what
    was rendered is only to be shown.

    Raises:
        Refused: it has errors.
    """
    issue, lists = asked.issue, asked.lists
    found = preflight.check_before_send(
        app.publishing, issue, lists=lists, readers=asked.readers, only_to_show=True
    )
    with app.database.read() as connection:
        counted = count_people(
            connection,
            with_segment_rule(connection, issue.audience),
            known=lists,
            readers=asked.readers,
            now=app.clock(),
        )
    return SendQuestion(check=found, audience=counted)


@dataclass(frozen=True, kw_only=True)
class IssueLinks:
    """
    The links of an issue, each with what is known of it. `titles` are the headlines of its briefs
    by number.
    """

    issue: Issue
    titles: Mapping[int, str]
    links: Sequence[CheckedLink]


@requires(Permission.ISSUES_READ, "issue.links", about=the_issue())
def links_of_issue(app: App, issue_id: int, *, follow_links: bool, by: Actor) -> IssueLinks:
    """
    Return the links of an issue as it would be sent now. If asked to follow them, each is opened.

    Raises:
        NotFound: there is no such issue.
        Refused: it is a notice, or a test mail.
        TemplateError, MergeError, SandboxError: it cannot be rendered.
    """
    ask = app.source_registry.check_url if follow_links else None
    issue, briefs, links = check_links(app.publishing, issue_id, ask=ask)
    titles = {each.brief_id: each.brief.title for each in briefs}
    return IssueLinks(issue=issue, titles=titles, links=links)


def check_file(config: Path, path: Path, *, follow_links: bool, by: Actor) -> list[Finding]:
    """
    Check a page or a whole mail in a file, with the settings in *config* if they exist. No database
    is opened.

    Raises:
        SettingsError: the settings are wrong.
        Refused: the file cannot be read, is too large, or is neither a page nor a mail.
    """
    settings = load_settings(config) if config.exists() else Settings()
    facts = Facts(
        is_on_this_machine=settings.is_on_this_machine(settings.delivery.provider),
        base_url=settings.site.base_url,
        postal_address=settings.site.postal_address,
    )
    with App(settings=settings) as app:
        ask = app.source_registry.check_url if follow_links else None
        return check_mail_file(path, facts, sandbox=app.sandbox, ask=ask)
