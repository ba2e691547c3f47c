"""
Actions before sending: check an issue, or a file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from newsletter.actions.guard.objects import the_issue
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.issues import preflight
from newsletter.issues.release_conditions.link_check import CheckedLink, check_links
from newsletter.mail.checks.run import check_file as check_mail_file
from newsletter.model.access import Actor, Permission
from newsletter.model.check import Facts, Finding
from newsletter.model.issue import Issue
from newsletter.settings import Settings, load_settings


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
