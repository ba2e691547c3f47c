"""
Correct an issue that was sent.
"""

from __future__ import annotations

from dataclasses import dataclass

from newsletter.actions.guard.objects import the_issue
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.delivery.freeze import count_audience
from newsletter.issues import corrections
from newsletter.model.access import Actor, Permission
from newsletter.model.issue import Issue
from newsletter.store.issues import issues
from subscribers.text.phrases import phrase
from subscribers.validation.text_fields import one_line


@dataclass(frozen=True, kw_only=True)
class Correction:
    """
    A draft that corrects an issue, and the number of that issue's readers it would go to.
    """

    draft: Issue
    readers: int


@requires(Permission.ISSUES_SEND, "issue.correct", about=the_issue())
def correct(
    app: App, issue_id: int, *, subject: str | None = None, intro: str | None = None, by: Actor
) -> Correction:
    """
    Create a draft for those who got the issue, with its briefs as they are now.

    Raises:
        NotFound: there is no such issue.
        Refused: it was not sent, nothing changed since, or a correction exists.
        InvalidText: the subject is longer than one line.
    """
    line = None if subject is None else one_line(subject, phrase("subject"))
    made = corrections.make_correction(app.publishing, issue_id, subject=line, intro=intro)
    with app.database.write() as connection:
        issues.edit_issue(connection, made, changed_by=by.key)
        draft = issues.load_issue(connection, made)
        readers = count_audience(connection, draft.audience, now=app.clock())
        return Correction(draft=draft, readers=readers)
