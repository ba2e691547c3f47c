"""
Check an issue before it is sent: gather the facts about it, have `mail.checks` run its rules, and
decide whether what they found stops it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from newsletter.errors import (
    MergeError,
    NewsletterError,
    ReadError,
    Refused,
    SandboxError,
    StoreError,
    TemplateError,
)
from newsletter.issues.context import PublishingContext
from newsletter.issues.odd_briefs import describe_odd_brief, find_odd_briefs
from newsletter.issues.release_conditions.check_facts import gather_facts, sent_before
from newsletter.issues.rendering import (
    RenderedIssue,
    content_of,
    render_for_release,
    render_single,
)
from newsletter.issues.settings.merge_fields import staff_fields_in
from newsletter.mail.checks.follow_links import Ask, with_link_findings
from newsletter.mail.checks.run import check_mail, links_of
from newsletter.model import issue_refusals
from newsletter.model.brief import Brief
from newsletter.model.check import Facts, Finding, Level, count_warnings, of_level, refusal
from newsletter.model.image import MEDIA_PREFIX, ImageInfo
from newsletter.model.issue import ChosenBrief, Issue, IssueKind, IssueState
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Mail
from newsletter.store.content.images import find_images
from newsletter.store.issues import issues
from newsletter.store.issues.list_settings import AudienceLists, lists_of_audience
from newsletter.store.issues.preflight import held_briefs, load_check, store_check
from subscribers.text.phrases import joined, phrase

# The freeze itself refuses an empty audience, in its transaction.
_FREEZE_DECIDES = frozenset({"audience"})


def check_issue(
    context: PublishingContext, issue_id: int, *, ask: Ask | None = None
) -> list[Finding]:
    """
    Check an issue as it would be sent now. With *ask*, also follow its links.

    Raises:
        NotFound: there is no such issue.
        Refused: it is a notice, or a test mail.
    """
    issue, rendered, found = check_to_show(context, issue_id)
    if ask is None or rendered is None:
        return found
    facts = Facts(
        base_url=context.site.base_url,
        is_on_this_machine=context.is_on_this_machine(issue.provider),
    )
    urls = links_of(rendered.mail, sandbox=context.sandbox)
    return with_link_findings(found, urls, facts, ask)


def check_to_show(
    context: PublishingContext, issue_id: int
) -> tuple[Issue, RenderedIssue | None, list[Finding]]:
    """
    Return an issue as `render_and_check` renders it only to show it, and what was found.

    Raises:
        NotFound: there is no such issue.
        Refused: it is a notice, or a test mail.
    """
    with context.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
        if issue.kind is not IssueKind.ISSUE:
            raise Refused(issue_refusals.cannot_be_checked(issue_id, issue.kind))
        lists = lists_of_audience(connection, issue.audience.lists, issue.audience.minus)
    rendered, found = render_and_check(context, issue, lists=lists, only_to_show=True)
    return issue, rendered, found


def render_and_check(
    context: PublishingContext,
    issue: Issue,
    *,
    lists: AudienceLists | None = None,
    readers: int | None = None,
    only_to_show: bool = False,
) -> tuple[RenderedIssue | None, list[Finding]]:
    """
    Render *issue* as it would be sent now, or *only_to_show* it, and check the mail. Its *lists*
    are read, and its *readers* counted, unless they are given.

    Return the rendering, which can be released, and what was found. If it cannot be rendered, the
    findings contain that as an error, and there is no rendering.
    """
    try:
        rendered = render_for_release(context, issue, lists=lists, only_to_show=only_to_show)
    except (TemplateError, SandboxError, ReadError) as error:
        return None, [Finding("rendering", Level.ERROR, str(error), phrase("template"))]
    except MergeError as error:
        return None, [Finding("merge-fields", Level.ERROR, str(error), phrase("merge fields"))]
    content = rendered.content
    with context.database.read() as connection:
        facts = gather_facts(
            context, connection, issue, site=content.site, lists=lists, readers=readers
        )
        whole = replace(facts, staff_fields=staff_fields_in(connection, rendered.mail))
    briefs = with_copies(content.briefs, content.images)
    found = check_mail(rendered.mail, briefs, whole, sandbox=context.sandbox)
    return rendered, [*_name_odd_briefs(context, issue, found, (content, facts)), *found]


@dataclass(frozen=True, kw_only=True)
class SendCheck:
    """
    An issue that a person wants to send, rendered and checked. If its mail reaches people, its
    warnings `need_override`: a reason to send it anyway.

    `rendered` is None for a test mail, which is rendered and checked when it is released.
    """

    issue: Issue
    rendered: RenderedIssue | None = None
    warnings: Sequence[Finding] = ()
    need_override: bool = False


def check_before_send(
    context: PublishingContext,
    issue: Issue,
    *,
    lists: AudienceLists | None = None,
    readers: int | None = None,
    only_to_show: bool = False,
) -> SendCheck:
    """
    Render and check an issue that a person wants to send, as `render_and_check` does.

    Raises:
        Refused: it has errors.
    """
    if issue.kind is not IssueKind.ISSUE:
        return SendCheck(issue=issue)
    rendered, found = render_and_check(
        context, issue, lists=lists, readers=readers, only_to_show=only_to_show
    )
    if errors := of_level(found, Level.ERROR):
        raise Refused(refusal(issue.id, errors))
    warnings = of_level(found, Level.WARNING)
    return SendCheck(
        issue=issue,
        rendered=rendered,
        warnings=warnings,
        need_override=bool(warnings) and context.reaches_people(issue.provider),
    )


def check_rendered(context: PublishingContext, issue: Issue, mail: Mail) -> list[Finding]:
    """
    Check the *mail* that an issue was rendered to.
    """
    with context.database.read() as connection:
        chosen = issues.chosen_briefs(connection, issue.content_id)
        shown = find_images(connection, [c.brief.image_url for c in chosen if c.brief.image_url])
        facts = gather_facts(context, connection, issue)
        facts = replace(facts, staff_fields=staff_fields_in(connection, mail))
    return check_mail(mail, with_copies(chosen, shown), facts, sandbox=context.sandbox)


def odd_briefs(
    context: PublishingContext, issue: Issue, known: tuple[IssueContent, Facts] | None = None
) -> dict[int, str]:
    """
    Return why each brief of *issue* that could not be sent on its own either could not be, by its
    number. Its content and the facts about it are read once, unless they are *known*.
    """
    try:
        content, facts = known or _content_and_facts(context, issue)
    except (ReadError, SandboxError):
        return {}

    def fault_of(brief: ChosenBrief) -> str | None:
        try:
            mail = render_single(context, issue, content, brief)
        except StoreError:
            raise
        except NewsletterError as error:
            return str(error)
        briefs = with_copies([brief], content.images)
        errors = _errors(check_mail(mail, briefs, facts, sandbox=context.sandbox))
        return joined(": ", [errors[0].rule, errors[0].message]) if errors else None

    return find_odd_briefs(content.briefs, fault_of)


def _content_and_facts(context: PublishingContext, issue: Issue) -> tuple[IssueContent, Facts]:
    content = content_of(context, issue)
    with context.database.read() as connection:
        return content, gather_facts(context, connection, issue, site=content.site)


def _errors(found: Sequence[Finding]) -> list[Finding]:
    """
    Return the errors that the freeze does not decide about itself.
    """
    return [each for each in of_level(found, Level.ERROR) if each.rule not in _FREEZE_DECIDES]


def _name_odd_briefs(
    context: PublishingContext,
    issue: Issue,
    found: Sequence[Finding],
    known: tuple[IssueContent, Facts] | None = None,
) -> list[Finding]:
    """
    Return an error for each brief that is the reason for the errors *found*. That one is held is
    said already.
    """
    odd = odd_briefs(context, issue, known) if _errors(found) else {}
    if not odd:
        return []
    with context.database.read() as connection:
        chosen = issues.chosen_briefs(connection, issue.content_id)
        held = held_briefs(connection, issue.content_id)
    return [
        Finding("briefs", Level.ERROR, describe_odd_brief(issue.content_id, chosen, number, fault))
        for number, fault in odd.items()
        if number not in held
    ]


def with_copies(
    briefs: Sequence[ChosenBrief], known: Mapping[str, ImageInfo]
) -> tuple[ChosenBrief, ...]:
    """
    Replace the address of each brief's image with that of our copy, if that is *known*.
    """
    copied = {a: MEDIA_PREFIX + picture.id for a, picture in known.items() if picture.is_copied}

    def served(brief: Brief) -> Brief:
        return replace(brief, image_url=copied.get(brief.image_url or "", brief.image_url))

    return tuple(replace(chosen, brief=served(chosen.brief)) for chosen in briefs)


def run_preflight(
    context: PublishingContext, issue: Issue, mail: Mail, *, override_reason: str | None
) -> None:
    """
    Check the *mail* of an issue about to be released, and store what was found with the issue.

    *override_reason* is why it is sent with warnings. Without one, warnings stop an issue that
    would reach people.

    Raises:
        Refused: there are errors, or warnings without an override reason.
    """
    found = [
        finding
        for finding in check_rendered(context, issue, mail)
        if finding.level is not Level.NOT_RUN
    ]
    found = [*_name_odd_briefs(context, issue, found), *found]
    errors, warnings = _errors(found), of_level(found, Level.WARNING)
    with context.database.write() as connection:
        store_check(
            connection, issue.id, found, override_reason=override_reason, now=context.clock()
        )
    if errors:
        # An error in a test mail is fixed in the issue that it shows.
        raise Refused(refusal(issue.content_id, errors))
    is_asked = issue.kind is IssueKind.ISSUE and context.reaches_people(issue.provider)
    if warnings and is_asked and override_reason is None:
        raise Refused(issue_refusals.has_warnings(issue.id, count_warnings(warnings)))


def default_override(context: PublishingContext, issue: Issue) -> str | None:
    """
    Return why an issue that is sent automatically may be sent with warnings: its schedule, its
    approval, or the reason that a person gave earlier. None of them covers a brief that was sent to
    the list since.
    """
    by_schedule = issue.schedule_id is not None and issue.state is IssueState.FREEZING
    with context.database.read() as connection:
        kept = load_check(connection, issue.id)
        if by_schedule:
            since, reason = issue.approved_at or issue.created_at, issue.pause_reason
            reason = reason or phrase("its schedule sends automatically")
        else:
            since, reason = (kept.checked_at, kept.override_reason) if kept else (None, None)
        is_repeat = since is not None and bool(sent_before(connection, issue, since=since))
    return None if is_repeat else reason
