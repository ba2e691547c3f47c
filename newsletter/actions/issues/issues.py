"""
Actions on an issue before it is sent: create a draft, edit, approve and hold it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from newsletter import pipeline
from newsletter.actions.guard.objects import shared, the_issue, within
from newsletter.actions.guard.requires import require_permission, requires
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.issues import approval, deadlines
from newsletter.issues.drafts import new_issue
from newsletter.issues.rendering import typed_text
from newsletter.issues.selection import shown, template_for
from newsletter.issues.settings.draft_audience import audience_values
from newsletter.issues.settings.second_person import missing_second_person
from newsletter.mail.templating.files import gather_templates
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.issue import EDITABLE, AudienceRule, Issue, IssueKind, IssueState, ShownAs
from newsletter.store.content.briefs import load_brief
from newsletter.store.issues import issues
from newsletter.store.outgoing.issue_events import add_approval_needed_event
from subscribers.model import Cadence
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import one_line


@dataclass(frozen=True, kw_only=True)
class IssueTexts:
    """
    The texts of an issue. None keeps a text, or uses the template's.
    """

    subject: str | None = None
    preheader: str | None = None
    intro: str | None = None

    def checked(self) -> dict[str, Any]:
        """
        Return the texts that were given, by the issue's field.

        Raises:
            InvalidText: the subject or preheader is longer than one line.
        """
        lines = {"subject": self.subject, "preheader": self.preheader}
        given = {name: one_line(text, name) for name, text in lines.items() if text is not None}
        return given if self.intro is None else {**given, "intro": self.intro}


@requires(
    Permission.ISSUES_WRITE,
    "issue.create",
    about=within(ObjectKind.ISSUE, "audience", segment="audience.segment"),
    names_result=True,
)
def create_draft(
    app: App,
    audience: AudienceRule,
    *,
    briefs: Sequence[int],
    texts: IssueTexts,
    template: str | None = None,
    show: ShownAs | None = None,
    by: Actor,
) -> int:
    """
    Store a draft of the *briefs*, in their order, and return its number. Without briefs it is a
    letter that consists of its intro.

    Raises:
        NotFound, UnknownList, UnknownSegment: a brief, list or the segment does not exist.
        TemplateError: there is no such template.
        InvalidText: a text is not valid.
        Refused: there is no sender address.
    """
    chosen = list(dict.fromkeys(briefs))
    values = texts.checked()
    with app.database.write() as connection:
        for brief_id in chosen:
            load_brief(connection, brief_id)
        folder = template_for(template, len(chosen))
        gather_templates(app.settings.template_folders, folder)
        draft = new_issue(app.publishing, connection, audience=audience, template=folder)
        draft = replace(draft, **values, changed_by=by.key)
        return issues.add_issue(connection, draft, shown(chosen, show, lead=show), now=app.clock())


@requires(Permission.ISSUES_READ, "issue.intro_warnings", about=shared(ObjectKind.ISSUE))
def intro_warnings(app: App, intro: str | None, *, by: Actor) -> list[str]:
    """
    Return a line on each thing in an introductory text that readers would not get as typed.
    """
    made = typed_text(app.publishing, intro)
    return [f"the introductory text: {warning}" for warning in made.warnings] if made else []


@requires(
    Permission.ISSUES_WRITE,
    "issue.edit",
    about=the_issue(lists=("lists", "not_lists"), segment="segment"),
)
def edit_draft(
    app: App,
    issue_id: int,
    *,
    lists: Sequence[str] | None = None,
    not_lists: Sequence[str] | None = None,
    cadences: Sequence[Cadence] = (),
    segment: str | None = None,
    texts: IssueTexts,
    template: str | None = None,
    briefs: Sequence[int] = (),
    show: ShownAs | None = None,
    by: Actor,
) -> Issue:
    """
    Change a draft and return it. Values that are not given are kept; an approval becomes void.

    Raises:
        NotFound, UnknownList, UnknownSegment: there is no such issue, brief, list or segment.
        UnknownTemplate: there is no such template.
        Refused: the issue is no longer a draft, or corrects another one, whose readers get it.
        InvalidText: a text is not valid.
    """
    values = texts.checked()
    if template is not None:
        gather_templates(app.settings.template_folders, template)
        values["template"] = template
    with app.database.write() as connection:
        old = issues.load_issue(connection, issue_id)
        if lists is not None or not_lists is not None or cadences or segment is not None:
            kept = old.audience
            audience = AudienceRule(
                lists=kept.lists if lists is None else tuple(dict.fromkeys(lists)),
                minus=kept.minus if not_lists is None else tuple(filter(None, not_lists)),
                cadences=tuple(dict.fromkeys(cadences)) or kept.cadences,
                segment=kept.segment if segment is None else segment or None,
            )
            values |= audience_values(app.publishing, connection, old, audience)
        issues.edit_issue(connection, issue_id, **values, changed_by=by.key)
        if briefs or show:
            for brief_id in briefs:
                load_brief(connection, brief_id)
            before = issues.chosen_briefs(connection, issue_id)
            headings = {brief.brief_id: brief.heading for brief in before if brief.heading}
            wanted = briefs or [brief.brief_id for brief in before]
            chosen = shown(list(dict.fromkeys(wanted)), show, lead=show)
            issues.set_briefs(connection, issue_id, chosen, headings=headings)
        changed = issues.load_issue(connection, issue_id)
        if old.approved_hash is not None:
            add_approval_needed_event(connection, changed, now=app.clock())
        return changed


@requires(Permission.ISSUES_WRITE, "issue.remove", about=the_issue())
def remove_draft(app: App, issue_id: int, *, by: Actor) -> None:
    """
    Remove a draft that a person or a program made, and that nobody was sent anything of.

    Raises:
        NotFound: there is no such issue.
        Refused: it is no such draft.
    """
    with app.database.write() as connection:
        found = issues.load_issue(connection, issue_id)
        if not issues.remove_issue(connection, issue_id):
            raise Refused(
                phrase(
                    "issue {issue} is {state}, was made by a schedule, or somebody was sent a "
                    "test of it: only a draft of which nothing was sent can be removed; cancel it",
                    issue=issue_id,
                    state=found.state,
                )
            )


@requires(Permission.ISSUES_WRITE, "issue.duplicate", about=the_issue())
def duplicate(app: App, issue_id: int, *, by: Actor) -> int:
    """
    Store a draft with the lists, segment, texts, template and briefs of an issue, and return its
    number.

    Raises:
        NotFound, UnknownList: there is no such issue, or one of its lists is gone.
        Refused: it is a test or a notice, or there is no sender address.
    """
    with app.database.write() as connection:
        old = issues.load_issue(connection, issue_id)
        if old.kind is not IssueKind.ISSUE:
            raise Refused(
                phrase(
                    "issue {issue} is a {kind} email: duplicate the issue itself",
                    issue=issue_id,
                    kind=old.kind,
                )
            )
        audience = replace(old.audience, addresses=(), sent_to_issue=None, segment_rule=None)
        draft = new_issue(app.publishing, connection, audience=audience, template=old.template)
        chosen = issues.chosen_briefs(connection, issue_id)
        return issues.add_issue(
            connection,
            replace(
                draft,
                subject=old.subject,
                preheader=old.preheader,
                intro=old.intro,
                changed_by=by.key,
            ),
            [(brief.brief_id, brief.shown_as) for brief in chosen],
            headings={brief.brief_id: brief.heading for brief in chosen if brief.heading},
            now=app.clock(),
        )


@requires(Permission.ISSUES_READ, "issue.diff", about=the_issue())
def changes_since_approval(app: App, issue_id: int, *, by: Actor) -> list[str]:
    """
    Return the lines of a unified diff between the approved and the current content.

    Raises:
        Refused: the issue was never approved.
    """
    return approval.changes_since(app.publishing, issue_id)


@dataclass(frozen=True, kw_only=True)
class Approved:
    """
    The hash that was approved, and whether the approval also sent the issue. `reason` says why it
    still cannot be sent: a second person has to approve it too.
    """

    sha256: str
    is_sent: bool
    reason: str = ""


@requires(Permission.ISSUES_APPROVE, "issue.approve", about=the_issue(), in_steps=True)
def approve(app: App, issue_id: int, *, by: Actor) -> Approved:
    """
    Approve the issue as it is now. This also sends the draft of a schedule with a deadline.

    Raises:
        NotFound: there is no such issue.
        Refused: it is already frozen, or it was approved and cannot be sent.
        Forbidden: it would be sent, and they may not send.
    """
    with app.database.read() as connection:
        has_deadline = issues.load_issue(connection, issue_id).at_deadline is not None
    if has_deadline:
        require_permission(by, Permission.ISSUES_SEND)
        sha256 = pipeline.publish_approved(app.publishing, issue_id, by=by.name, approver=by.key)
    else:
        sha256 = approval.approve(app.publishing, issue_id, approver=by.key)
    with app.database.read() as connection:
        approved = issues.load_issue(connection, issue_id)
        reason = missing_second_person(connection, approved, now=app.clock())
    return Approved(sha256=sha256, is_sent=has_deadline, reason=reason or "")


@requires(Permission.ISSUES_SEND, "issue.approve_and_send", about=the_issue())
def approve_and_send(app: App, issue_id: int, *, by: Actor, shown_sha256: str) -> None:
    """
    Approve the issue if it is still what was shown; the next process that resumes work sends it.

    Raises:
        ChangedSinceReview: it is no longer what was shown.
        Refused: it was already decided.
        Forbidden: they may send, but not approve.
    """
    require_permission(by, Permission.ISSUES_APPROVE)
    approval.approve_and_send(
        app.publishing, issue_id, by=by.name, approver=by.key, shown=shown_sha256
    )


@requires(Permission.ISSUES_WRITE, "issue.hold", about=the_issue())
def hold(app: App, issue_id: int, *, by: Actor, states: Iterable[IssueState] = EDITABLE) -> None:
    """
    Make the issue a draft that only a person can send, and lift its deadline.

    Raises:
        NotFound: there is no such issue.
        Refused: its state is not one of *states*.
    """
    deadlines.hold_issue(app.publishing, issue_id, by=by.name, states=states)
