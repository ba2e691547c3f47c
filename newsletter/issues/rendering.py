"""
Render the mail of an issue from its current content.

Comes after `selection` in the pipeline and before `release`, which freezes what was rendered here.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

import sqlalchemy as sa

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
from newsletter.issues.release_conditions.shown_images import shown_images
from newsletter.issues.settings.list_identity import site_with
from newsletter.issues.settings.merge_fields import declared_merge_fields
from newsletter.mail import render
from newsletter.model import issue_refusals
from newsletter.model.draft_content import DraftContent
from newsletter.model.issue import EDITABLE, ChosenBrief, Issue, IssueKind
from newsletter.model.issue_content import IssueContent, TypedText
from newsletter.model.mail import Mail, Shortened
from newsletter.store.content.briefs import load_brief
from newsletter.store.delivery.freeze import load_mail
from newsletter.store.issues import issues
from newsletter.store.issues.corrections import ShownContent, changed_briefs, shown_by
from newsletter.store.issues.list_settings import AudienceLists, lists_of_audience
from newsletter.store.issues.numbers import number_of
from newsletter.store.scheduling import schedules
from subscribers.text.phrases import phrase

# As much as the API takes; each bracket may begin a link, for which the parser looks to the end.
MOST_TYPED = 100_000
MOST_BRACKETS = 5_000


@dataclass(frozen=True, kw_only=True)
class RenderedIssue:
    """
    An issue rendered to be released. `issue`, `content` and `shown` are what the mail was rendered
    from; the release compares them with what is stored before it freezes the mail. One that is
    `only_to_show` is not released, because its nonce is no secret.
    """

    issue: Issue
    mail: Mail
    content: IssueContent
    shown: ShownContent
    only_to_show: bool = False


def render_for_release(
    context: PublishingContext,
    issue: Issue,
    *,
    lists: AudienceLists | None = None,
    chosen: Sequence[ChosenBrief] | None = None,
    number: int | None = None,
    only_to_show: bool = False,
) -> RenderedIssue:
    """
    Render *issue*, as it was read, with a new secret nonce, so that the mail can be frozen; or,
    *only_to_show*, as all previews of it are rendered, so that the sandbox knows it already. Its
    *lists* are read unless they are given, and so are its briefs, unless others are *chosen*, and
    its *number*.

    Raises:
        TemplateError, MergeError, SandboxError: it cannot be rendered.
    """
    with context.database.read() as connection:
        content = _content_of(context, connection, issue, chosen=chosen, lists=lists)
    if number is not None:
        content = replace(content, number=number)
    nonce = _lasting_nonce(content) if only_to_show else secrets.token_hex(6)
    mail = _render(context, content, issue, nonce=nonce)
    own = content.number if issue.kind is IssueKind.ISSUE else None
    shown = shown_by(content.briefs, number=own)
    return RenderedIssue(
        issue=issue, mail=mail, content=content, shown=shown, only_to_show=only_to_show
    )


def content_of(context: PublishingContext, issue: Issue) -> IssueContent:
    """
    Return what *issue* is rendered from now.
    """
    with context.database.read() as connection:
        return _content_of(context, connection, issue)


def render_single(
    context: PublishingContext, issue: Issue, content: IssueContent, only: ChosenBrief
) -> Mail:
    """
    Render *issue*, which has that *content*, with only one brief, to see whether that brief can be
    sent; raise as for all.
    """
    nonce = _lasting_nonce(content)
    return _render_as_is(context, replace(content, briefs=(only,)), issue.template, nonce=nonce)


def render_issue(
    context: PublishingContext,
    issue_id: int,
    *,
    nonce: str | None = None,
    as_corrected: bool = False,
    typed: DraftContent | None = None,
) -> Mail:
    """
    Render an issue as it would be sent now, for a preview or a comparison. *typed* is shown in
    place of what is stored of a draft.

    With *as_corrected* each brief that changed since the issue was frozen gets a line that says
    so, for the web page only. Without a *nonce* two renderings of the same content are equal.

    Raises:
        Refused: it is a notice, which has no content of its own.
    """
    with context.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
        if issue.kind is IssueKind.NOTICE:
            shown = f"`newsletter notice preview {issue.template} --out DIR`"
            raise Refused(issue_refusals.is_shown_by(issue_id, shown))
        chosen = None
        if typed is not None:
            issue, chosen = _as_typed(connection, issue, typed)
        content = _content_of(context, connection, issue, as_corrected=as_corrected, chosen=chosen)
    return _render(context, content, issue, nonce=nonce or _lasting_nonce(content))


def _as_typed(
    connection: sa.Connection, issue: Issue, typed: DraftContent
) -> tuple[Issue, tuple[ChosenBrief, ...]]:
    """
    Return the draft and its briefs as they would be stored.
    """
    changed = replace(
        issue,
        template=typed.template,
        subject=typed.subject or None,
        preheader=typed.preheader or None,
        intro=typed.intro or None,
    )
    known = {each.brief_id: each for each in issues.chosen_briefs(connection, issue.id)}
    chosen = []
    for number, shown_as in typed.briefs:
        found = known.get(number) or ChosenBrief(
            brief_id=number, shown_as=shown_as, brief=load_brief(connection, number).brief
        )
        chosen.append(replace(found, shown_as=shown_as))
    return changed, tuple(chosen)


def _render(context: PublishingContext, content: IssueContent, issue: Issue, *, nonce: str) -> Mail:
    """
    Render *content*. If that fails because of one of its briefs, the error names that brief.
    """
    try:
        return _render_as_is(context, content, issue.template, nonce=nonce)
    except (TemplateError, MergeError, SandboxError) as error:
        odd = find_odd_briefs(
            content.briefs, lambda brief: _fault(context, content, issue.template, brief)
        )
        for brief_id, fault in odd.items():
            line = describe_odd_brief(issue.content_id, content.briefs, brief_id, fault)
            raise TemplateError(line) from error
        raise


def _fault(
    context: PublishingContext, content: IssueContent, template: str, only: ChosenBrief
) -> str | None:
    try:
        alone = replace(content, briefs=(only,))
        _render_as_is(context, alone, template, nonce=_lasting_nonce(content))
    except (TemplateError, MergeError, SandboxError) as error:
        return str(error)
    return None


def _render_as_is(
    context: PublishingContext, content: IssueContent, template: str, *, nonce: str
) -> Mail:
    return render.render_mail(
        content,
        template,
        folders=context.template_folders,
        sandbox=context.sandbox,
        nonce=nonce,
    )


def typed_text(context: PublishingContext, typed: str | None) -> TypedText | None:
    """
    Convert what staff typed in Markdown, in the sandbox; None if it is empty.

    Raises:
        ReadError, SandboxError: it is too large or nested too deeply.
    """
    if not typed or not typed.strip():
        return None
    if len(typed) > MOST_TYPED or typed.count("[") > MOST_BRACKETS:
        raise ReadError(
            phrase(
                "the introductory text is too long: it may have {letters:,} characters, and "
                "{brackets:,} square brackets",
                letters=MOST_TYPED,
                brackets=MOST_BRACKETS,
            )
        )
    made = context.sandbox.call("newsletter.ingest.parsing.typed_text:read_typed", typed)
    return TypedText(**{**made, "warnings": tuple(made["warnings"])})


def shortened_in(context: PublishingContext, issue_id: int) -> tuple[Shortened, ...]:
    """
    Return the briefs that were shortened to keep the mail small enough, in the frozen mail or as it
    would be sent now. Return none if it cannot be rendered.
    """
    with context.database.read() as connection:
        frozen = load_mail(connection, issue_id)
        state = issues.load_issue(connection, issue_id).state
    if frozen is not None:
        return frozen[0].shortened
    try:
        return render_issue(context, issue_id).shortened if state in EDITABLE else ()
    except StoreError:
        raise
    except NewsletterError:
        return ()


def _lasting_nonce(content: IssueContent) -> str:
    """
    Derive a nonce that is always the same for an issue, and secret to those who write its briefs.
    """
    return hashlib.sha256(content.view_url.encode()).hexdigest()[:12]


def _with_corrections(
    connection: sa.Connection, briefs: Sequence[ChosenBrief], since: Sequence[int | None]
) -> tuple[ChosenBrief, ...]:
    """
    Give each brief that changed since one of the issues *since* was frozen the day of its change.
    """
    days = {
        changed.id: changed.changed_at.date()
        for issue_id in since
        if issue_id is not None
        for changed in changed_briefs(connection, issue_id)
    }
    return tuple(replace(chosen, corrected_on=days.get(chosen.brief_id)) for chosen in briefs)


def _content_of(
    context: PublishingContext,
    connection: sa.Connection,
    issue: Issue,
    *,
    as_corrected: bool = False,
    chosen: Sequence[ChosenBrief] | None = None,
    lists: AudienceLists | None = None,
) -> IssueContent:
    shown_id = issue.content_id
    shown_issue = issues.load_issue(connection, shown_id) if issue.parent_id else issue
    if not issue.audience.lists:
        raise Refused(issue_refusals.is_to_single_people(issue.id))
    lists = lists or lists_of_audience(connection, issue.audience.lists)
    first, *others = lists.lists
    rule = schedules.load_schedule(connection, issue.schedule_id) if issue.schedule_id else None
    day = issue.created_at or context.clock()
    if rule is not None:
        day = day.astimezone(ZoneInfo(rule.timezone))
    briefs = _with_corrections(
        connection,
        issues.chosen_briefs(connection, shown_id) if chosen is None else chosen,
        [issue.audience.sent_to_issue, issue.id if as_corrected else None],
    )
    intro = typed_text(context, issue.intro)
    base_url = context.site.base_url
    site = site_with(context, lists.settings[0], language=first.language)
    return IssueContent(
        site=site,
        briefs=briefs,
        images=shown_images(connection, briefs, intro, base_url=base_url),
        sender=issue.sender,
        list_name=first.name,
        list_slug=first.slug,
        other_lists=tuple(other.name for other in others),
        view_url=context.links.view(shown_id, shown_issue.created_epoch),
        date=day.date(),
        number=number_of(connection, issue, following=lists.next_number),
        reply_to=issue.reply_to,
        subject=issue.subject,
        preheader=issue.preheader,
        intro=intro,
        is_test=issue.kind is IssueKind.TEST,
        fields=declared_merge_fields(connection, context.template_folders, site.language),
    )
