"""
Say of each link of an issue where it stands and, if it is opened, whether there is a page.
"""

from __future__ import annotations

import enum
import html
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.errors import Refused
from newsletter.issues.context import PublishingContext
from newsletter.issues.rendering import render_for_release
from newsletter.mail.checks.follow_links import Ask, follow
from newsletter.mail.checks.run import links_of
from newsletter.model import issue_refusals
from newsletter.model.brief import Brief
from newsletter.model.check import Finding, Level
from newsletter.model.issue import ChosenBrief, Issue, IssueKind
from newsletter.store.issues import issues


class LinkStatus(enum.StrEnum):
    """
    What is known of a link.
    """

    NOT_OPENED = "not opened"
    ANSWERS = "answers"
    NOT_FOUND = "not found"
    NO_ANSWER = "no answer"


@dataclass(frozen=True, kw_only=True)
class CheckedLink:
    """
    A link of an issue. `problem` says why it is not found or has no answer. `briefs` are the
    numbers of the briefs that it stands in.
    """

    url: str
    status: LinkStatus
    problem: str = ""
    briefs: tuple[int, ...] = ()


def check_links(
    context: PublishingContext, issue_id: int, *, ask: Ask | None = None
) -> tuple[Issue, Sequence[ChosenBrief], list[CheckedLink]]:
    """
    Return an issue with its briefs and the links of its email, in order, without those of each
    reader and those to our own pages. With *ask*, they are opened.

    Raises:
        NotFound: there is no such issue.
        Refused: it is a notice, or a test mail.
        TemplateError, MergeError, SandboxError: it cannot be rendered.
    """
    with context.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
    if issue.kind is not IssueKind.ISSUE:
        raise Refused(issue_refusals.cannot_be_checked(issue_id, issue.kind))
    rendered = render_for_release(context, issue, only_to_show=True)
    mail, briefs = rendered.mail, rendered.content.briefs
    # A mark stands where each reader has a link of their own; our pages come with the issue.
    ours = f"{context.site.base_url}/"
    all_urls = links_of(mail, sandbox=context.sandbox)
    urls = [url for url in all_urls if mail.nonce not in url and not url.startswith(ours)]
    found = {} if ask is None else {each.where: each for each in follow(urls, ask)}
    return (
        issue,
        briefs,
        [
            CheckedLink(
                url=url,
                status=LinkStatus.NOT_OPENED if ask is None else _status(found.get(url)),
                problem=found[url].message if url in found else "",
                briefs=tuple(each.brief_id for each in briefs if stands_in(each.brief, url)),
            )
            for url in urls
        ],
    )


def _status(failure: Finding | None) -> LinkStatus:
    if failure is None:
        return LinkStatus.ANSWERS
    return LinkStatus.NOT_FOUND if failure.level is Level.ERROR else LinkStatus.NO_ANSWER


def stands_in(brief: Brief, text: str) -> bool:
    """
    Return True if the address *text*, or its beginning, is one that a brief links to or shows.
    """
    own = [brief.url, brief.image_url, brief.cta.url if brief.cta else None]
    own += [link.url for link in brief.links]
    if any(each is not None and each.startswith(text) for each in own):
        return True
    return text in brief.body_html or html.escape(text) in brief.body_html
