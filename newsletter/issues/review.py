"""
Show a draft to its editors by mail and on the review page, with its content, its audience, and what
happens if nobody decides.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from newsletter.errors import NewsletterError, Refused, StoreError
from newsletter.issues.approval import REVIEWABLE, ApprovalView, view_for_approval
from newsletter.issues.context import PublishingContext
from newsletter.issues.deadlines import describe_default_action
from newsletter.issues.notices import APPROVAL_NOTICE, queue_notice
from newsletter.issues.release import begin_freezing, leave_out_before_review
from newsletter.issues.settings.second_person import NeedsSecondPerson, check_second_person
from newsletter.mail.render import fill_for_nobody
from newsletter.mail.templating.staff_words import (
    moment_in_words,
    names_in_words,
    wall_in_words,
)
from newsletter.mail.templating.translations import STAFF_WORDS, Translations, read_translations
from newsletter.model.access import EDITOR_PERMISSIONS, Actor, Channel, Permission
from newsletter.model.issue import AudienceRule, Issue, IssueState
from newsletter.model.mail import MergeField, Message
from newsletter.model.schedule import Schedule
from newsletter.model.source import SourceStanding
from newsletter.model.staff import MemberState
from newsletter.store.access.members import member_by_key
from newsletter.store.access.owning_lists import lists_of_issue
from newsletter.store.content import sources
from newsletter.store.issues import issues, reviews
from newsletter.store.scheduling import schedules
from subscribers.lists import find_list
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address


@dataclass(frozen=True, kw_only=True)
class Review:
    """
    One issue as an editor sees it, in words of `language`. `failing` has a line for each source of
    its schedule that fails now, so that something may be missing. `view` is None if it is no longer
    open or cannot be rendered; `problem` then says why.
    """

    issue: Issue
    language: str
    schedule: str
    audience: str
    default_action: str
    sent_later: str = ""
    failing: tuple[str, ...] = ()
    view: ApprovalView | None = None
    problem: str | None = None

    @property
    def is_open(self) -> bool:
        """
        Return True if a person can still decide about the issue.
        """
        return self.issue.state in REVIEWABLE

    @property
    def is_held(self) -> bool:
        """
        Return True if an editor, a command or the deadline put it on hold.
        """
        return self.issue.state is IssueState.DRAFT and self.issue.held_by is not None


def review_of(context: PublishingContext, issue_id: int) -> Review:
    """
    Describe the issue as it is now.

    Raises:
        NotFound: there is no such issue.
    """
    with context.database.read() as connection:
        issue = issues.load_issue(connection, issue_id)
        lists = [find_list(connection, slug) for slug in issue.audience.lists]
        own = lists[0].language if lists else None
        language = own or context.site.language
        words = read_translations(context.template_folders, language, STAFF_WORDS)
        found = issue.schedule_id
        rule = schedules.load_schedule(connection, found) if found else None
        timezone = rule.timezone if rule else "UTC"
        review = Review(
            issue=issue,
            language=language,
            schedule=_schedule_in_words(words, rule, issue.slot),
            audience=_audience_in_words(words, connection, issue.audience),
            default_action=describe_default_action(connection, issue, timezone, words),
            failing=tuple(
                _failure_in_words(words, each)
                for each in (sources.failing(connection, rule.sources) if rule else [])
            ),
            sent_later=moment_in_words(words, issue.send_at, timezone) if issue.send_at else "",
        )
    return _with_mail(context, review) if review.is_open else review


def _with_mail(context: PublishingContext, review: Review) -> Review:
    try:
        return replace(review, view=view_for_approval(context, review.issue.id))
    except StoreError:
        raise
    except NewsletterError as error:
        return replace(review, problem=str(error))


def _audience_in_words(words: Translations, connection: sa.Connection, rule: AudienceRule) -> str:
    names = names_in_words(words, [find_list(connection, slug).name for slug in rule.lists])
    if rule.minus:
        without = names_in_words(words, [find_list(connection, slug).name for slug in rule.minus])
        names = words.fill("lists_except", lists=names, excluded=without)
    if rule.counted_segment is None:
        return names
    return words.fill("lists_in_segment", lists=names, segment=rule.counted_segment)


def _schedule_in_words(words: Translations, rule: Schedule | None, slot: str | None) -> str:
    if rule is None:
        return words.fill("schedule_removed")
    if slot is None:
        return f"{rule.name} ({rule.timezone})"
    moment = wall_in_words(words, dt.datetime.fromisoformat(slot), rule.timezone)
    return words.fill("slot", schedule=rule.name, moment=moment)


def _failure_in_words(words: Translations, standing: SourceStanding) -> str:
    source = standing.source
    if source.held_since is not None:
        return words.fill("source_held", source=source.name, reason=source.hold_reason)
    values = {"source": source.name, "error": " ".join((standing.error or "").split())}
    if source.failing_since is None:
        return words.pluralize("source_failing", source.failures, **values)
    moment = moment_in_words(words, source.failing_since, "UTC")
    return words.pluralize("source_failing_since", source.failures, **values, moment=moment)


def ask_editors(context: PublishingContext, notice: Issue) -> int:
    """
    Send the notice that asks editors about a draft, without the briefs that would stop it, and
    return how many are asked.

    If the draft was already decided, the notice is cancelled and nobody is asked.
    """
    with context.database.read() as connection:
        draft = issues.load_issue(connection, notice.parent_id or 0)
    leave_out_before_review(context, draft)
    question = question_for_editors(context, draft.id)
    if question is None:
        with context.database.write() as connection:
            issues.move_issue(
                connection,
                notice.id,
                IssueState.CANCELLED,
                pause_reason=phrase("the issue was already decided"),
            )
        return 0
    if notice.state is not IssueState.FREEZING:
        begin_freezing(context, notice)
    queue_notice(
        context, notice, question.values, preview=question.preview, language=question.language
    )
    return len(notice.audience.addresses)


@dataclass(frozen=True, kw_only=True)
class Question:
    """
    What editors are asked about an issue: the values for the template in its `language`, and the
    preview below it.
    """

    language: str
    values: dict[str, Any]
    preview: Message


def question_for_editors(context: PublishingContext, issue_id: int) -> Question | None:
    """
    Return what to ask the editors about the issue; None if it is no longer open.

    Raises:
        Refused: the issue cannot be rendered.
    """
    review = review_of(context, issue_id)
    if review.problem is not None:
        raise Refused(
            phrase("the email to its editors cannot be rendered: {problem}", problem=review.problem)
        )
    if review.view is None:
        return None
    preview = preview_of(context, review.view)
    words = read_translations(context.template_folders, review.language, STAFF_WORDS)
    values = _mail_values(review, review.view, preview.subject, words)
    return Question(language=review.language, values=values, preview=preview)


def _mail_values(
    review: Review, view: ApprovalView, subject: str, words: Translations
) -> dict[str, Any]:
    return {
        "issue_subject": subject,
        "schedule": review.schedule,
        "to": review.audience,
        "readers": view.readers,
        "audience": words.pluralize("audience", view.readers, lists=review.audience),
        "default_action": review.default_action,
        "failing": [*review.failing, *_left_out(review.issue)],
        "review_url": MergeField("review_url"),
    }


def _left_out(draft: Issue) -> list[str]:
    """
    Return the line about briefs that were left out of the *draft* before its editors were asked.
    """
    return [draft.pause_reason] if draft.pause_reason else []


def preview_of(context: PublishingContext, view: ApprovalView) -> Message:
    """
    Return the mail as it would be sent, filled in without a recipient. The link to its web page is
    removed, because that page does not exist yet.
    """
    return fill_for_nobody(
        view.mail, own_url=context.links.view(view.issue.id, view.issue.created_epoch)
    )


def editor_for(
    connection: sa.Connection, delivery_id: int, *, epoch: str
) -> tuple[Actor, int] | None:
    """
    Return who follows an editor's link, with the rights that their account has now, and the number
    of the issue. Return None if it is not such a link, is of another *epoch*, or the person is no
    longer an editor of the schedule, was removed from the staff, or may not see the issue.
    """
    row = reviews.editor_of(connection, delivery_id, APPROVAL_NOTICE)
    if row is None or row.epoch != epoch:
        return None
    made_by = issues.load_issue(connection, row.issue_id).schedule_id
    rule = schedules.load_schedule(connection, made_by) if made_by else None
    editors = {parse_address(address).key for address in rule.editors} if rule else set()
    if row.email_key not in editors:
        return None
    lists = lists_of_issue(connection, row.issue_id)
    actor = _actor_of(connection, row.email, row.email_key, lists)
    if actor is None or Permission.ISSUES_READ not in actor.permissions:
        return None
    return (actor, row.issue_id) if actor.sees_all(lists) else None


def _actor_of(
    connection: sa.Connection, email: str, email_key: str, lists: frozenset[str]
) -> Actor | None:
    """
    Return the member with this address, or whoever has it but no account and may decide about an
    issue to these *lists*. Return None for a member who was removed.
    """
    member = member_by_key(connection, email_key)
    if member is None:
        return Actor(
            name=email,
            channel=Channel.WEB,
            permissions=EDITOR_PERMISSIONS,
            lists=lists,
            has_account=False,
        )
    if member.state is MemberState.REMOVED:
        return None
    # An invitation that nobody has accepted is no account yet.
    return replace(member.actor(""), has_account=member.is_active)


def may_approve(context: PublishingContext, issue: Issue, by: Actor) -> bool:
    """
    Return whether *by* may approve and send the issue: they have the rights, and are the second
    person if it needs one.
    """
    if not {Permission.ISSUES_APPROVE, Permission.ISSUES_SEND} <= by.permissions:
        return False
    try:
        with context.database.read() as connection:
            check_second_person(connection, issue, by.key, now=context.clock())
    except NeedsSecondPerson:
        return False
    return True
