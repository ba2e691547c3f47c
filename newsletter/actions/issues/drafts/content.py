"""
Actions that load a draft with what can be chosen for it, and save it as a whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from newsletter.actions.guard.objects import shared, the_issue
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.issues.settings.draft_audience import audience_values
from newsletter.mail.templating.files import gather_templates, template_names
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.draft_content import DraftContent
from newsletter.model.issue import AudienceRule, Issue
from newsletter.store.access.owning_lists import lists_of_segments
from newsletter.store.content.briefs import StoredBrief, load_brief
from newsletter.store.issues import issues
from newsletter.store.issues.issues import NO_HEADINGS
from newsletter.store.issues.list_settings import NamedList, named_lists
from newsletter.store.outgoing.issue_events import add_approval_needed_event
from subscribers.fields.declare import all_fields
from subscribers.fields.model import Field
from subscribers.segments.records import all_segments
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import one_line

_MOST_BRIEFS = 20


@dataclass(frozen=True, kw_only=True)
class DraftChoices:
    """
    What can be chosen for a draft: lists and names of segments within reach, declared fields and
    templates.
    """

    lists: Sequence[NamedList]
    segments: Sequence[str]
    fields: Sequence[Field]
    templates: Sequence[str]


@requires(Permission.ISSUES_READ, "issue.choices", about=shared(ObjectKind.ISSUE))
def choices(app: App, *, by: Actor) -> DraftChoices:
    """
    Return what can be chosen for a draft.
    """
    with app.database.read() as connection:
        return DraftChoices(
            lists=_lists(connection, by),
            segments=_segments(connection, by),
            fields=all_fields(connection),
            templates=template_names(app.settings.template_folders),
        )


def _segments(connection: sa.Connection, by: Actor) -> list[str]:
    if by.lists is None:
        return [each.name for each in all_segments(connection)]
    return [name for name, lists in lists_of_segments(connection).items() if by.sees_all(lists)]


@requires(Permission.LISTS_READ, "issue.list_names", about=shared(ObjectKind.LIST))
def lists_to_name(app: App, *, by: Actor) -> list[NamedList]:
    """
    Return the lists within reach, to be shown by their names.
    """
    with app.database.read() as connection:
        return _lists(connection, by)


def _lists(connection: sa.Connection, by: Actor) -> list[NamedList]:
    return [each for each in named_lists(connection) if by.sees(each.slug)]


@requires(Permission.BRIEFS_READ, "brief.titles", about=shared(ObjectKind.BRIEF))
def briefs_of(app: App, numbers: Sequence[int], *, by: Actor) -> list[StoredBrief]:
    """
    Return at most twenty of the briefs with these *numbers*, in this order.

    Raises:
        NotFound: one of them does not exist.
    """
    with app.database.read() as connection:
        return [load_brief(connection, number) for number in numbers[:_MOST_BRIEFS]]


class DraftChanged(Refused):
    """
    Raised when a draft is not what the person saw who saves it; nothing was saved.
    """


@requires(
    Permission.ISSUES_WRITE,
    "issue.save",
    about=the_issue(lists=("audience",), segment="audience.segment"),
)
def save_draft(
    app: App,
    issue_id: int,
    content: DraftContent,
    *,
    audience: AudienceRule | None,
    seen: str,
    headings: Mapping[int, str] = NO_HEADINGS,
    by: Actor,
) -> Issue:
    """
    Store the texts, template and briefs of *content*, and the *audience* unless it is None. *seen*
    is the version that the person had before them. A brief that is in the draft keeps its heading;
    one that comes back gets the one it has in *headings*. An approval becomes void if anything
    changes.

    Raises:
        NotFound, UnknownList, UnknownSegment: there is no such issue, brief, list or segment.
        UnknownTemplate: there is no such template.
        DraftChanged: somebody else has saved it since.
        Refused: it is no longer a draft, or corrects another one, whose readers get it.
        InvalidText: a text is not valid.
    """
    with app.database.write() as connection:
        old = issues.load_issue(connection, issue_id)
        before = issues.chosen_briefs(connection, issue_id)
        stored = DraftContent.of(old, before)
        if stored.version != seen:
            raise DraftChanged(
                phrase("somebody else saved issue {issue} after you opened it", issue=issue_id)
            )
        values = _changed_values(app, stored, content)
        if audience is not None:
            values |= audience_values(app.publishing, connection, old, audience)
        if not values and content.briefs == stored.briefs:
            return old
        issues.edit_issue(connection, issue_id, **values, changed_by=by.key)
        for brief_id in {each for each, _ in content.briefs} - {each.brief_id for each in before}:
            load_brief(connection, brief_id)
        theirs = {each.brief_id: each.heading for each in before}
        issues.set_briefs(
            connection, issue_id, content.briefs, headings=_one_line_each(headings) | theirs
        )
        changed = issues.load_issue(connection, issue_id)
        if old.approved_hash is not None:
            add_approval_needed_event(connection, changed, now=app.clock())
        return changed


def _one_line_each(headings: Mapping[int, str]) -> dict[int, str | None]:
    return {each: one_line(text, phrase("heading")) or None for each, text in headings.items()}


def _changed_values(app: App, stored: DraftContent, content: DraftContent) -> dict[str, Any]:
    """
    Return the columns that differ; a text that is empty becomes the template's own.
    """
    values: dict[str, Any] = {
        "subject": one_line(content.subject, phrase("subject"), field="subject"),
        "preheader": one_line(content.preheader, phrase("preheader"), field="preheader"),
        "intro": content.intro,
    }
    values = {n: text or None for n, text in values.items() if text != getattr(stored, n)}
    if content.template != stored.template:
        gather_templates(app.settings.template_folders, content.template)
        values["template"] = content.template
    return values
