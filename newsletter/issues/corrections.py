"""
Handle briefs that change after their issue was frozen: the sent mail does not change, its web page
shows the change, and a correction can be sent to those who got the old text.
"""

from __future__ import annotations

import datetime as dt
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from newsletter.delivery.freeze import audience_lists
from newsletter.errors import NewsletterError, Refused
from newsletter.issues.context import PublishingContext
from newsletter.issues.rendering import render_issue
from newsletter.issues.settings.list_identity import fallback_of_list, provider_of_list
from newsletter.mail.merge.fields import find_fields, unmark_fields
from newsletter.model.issue import Issue, IssueKind, IssueState
from newsletter.model.mail import Mail
from newsletter.store.delivery.freeze import load_mail
from newsletter.store.issues import issues
from newsletter.store.issues.corrections import (
    SentBrief,
    changed_briefs,
    corrections_of,
    load_corrected,
    lock_corrections,
    sent_briefs,
    store_corrected,
)
from newsletter.store.issues.list_settings import load_list_settings
from subscribers.errors import SubscribersError
from subscribers.text.phrases import phrase

logger = logging.getLogger(__name__)

PREFIX = "Correction: "
# How long to wait after a failed rendering before a view tries again.
PATIENCE = dt.timedelta(minutes=1)
MOST_TITLES = 5
_ENDED = (IssueState.SUBMITTED, IssueState.CANCELLED)
_NOT_YET = {
    IssueState.DRAFT: phrase("is a draft and was not sent: edit it instead"),
    IssueState.FREEZING: phrase("is about to be sent: wait until it is submitted"),
    IssueState.SENDING: phrase("is being sent: wait until it is submitted"),
    IssueState.PAUSED: phrase("is paused: wait until it is resumed and submitted"),
    IssueState.CANCELLED: phrase("was cancelled: make a new issue with `newsletter issue new`"),
}


@dataclass(frozen=True, kw_only=True)
class ArchivedIssue:
    """
    A frozen issue for its web page. `changed` are the briefs that have changed since. With
    `is_corrected` the `mail` shows the changes; with `is_waiting` they cannot be rendered yet.
    """

    mail: Mail
    changed: tuple[SentBrief, ...] = ()
    is_corrected: bool = False
    is_waiting: bool = False


class Archive:
    """
    Show frozen issues on the web, each rendered once per change.
    """

    def __init__(self, context: PublishingContext) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._failed: dict[int, dt.datetime] = {}

    def show(self, issue_id: int, sent: Mail, *, as_sent: bool) -> ArchivedIssue:
        """
        Return the issue with the changes since *sent* was frozen, or *as_sent*: as readers got it.
        """
        with self._context.database.read() as connection:
            briefs = sent_briefs(connection, issue_id)
        changed = tuple(brief for brief in briefs if brief.is_changed)
        if as_sent or not changed:
            return ArchivedIssue(mail=sent, changed=changed)
        # An edit that was reverted counts too: the stored rendering may still show it.
        latest = max(brief.changed_at for brief in briefs)
        corrected = self._kept(issue_id, latest) or self._rendered(issue_id, latest)
        if corrected is None:
            return ArchivedIssue(mail=sent, changed=changed, is_waiting=True)
        return ArchivedIssue(mail=corrected, changed=changed, is_corrected=True)

    def _kept(self, issue_id: int, latest: dt.datetime) -> Mail | None:
        with self._context.database.read() as connection:
            return load_corrected(connection, issue_id, at=latest)

    def _rendered(self, issue_id: int, latest: dt.datetime) -> Mail | None:
        """
        Render the issue as its briefs were at *latest*. Of concurrent callers only the first
        renders.
        """
        with self._lock:
            return self._kept(issue_id, latest) or self._render(issue_id, latest)

    def _render(self, issue_id: int, latest: dt.datetime) -> Mail | None:
        now = self._context.clock()
        if now - self._failed.get(issue_id, now - PATIENCE) < PATIENCE:
            return None
        try:
            mail = render_issue(self._context, issue_id, as_corrected=True)
            with self._context.database.write() as connection:
                store_corrected(connection, issue_id, mail, at=latest)
        except (NewsletterError, SubscribersError) as error:
            self._failed[issue_id] = now
            extra = {"event": "correction.failed", "issue_id": issue_id}
            message = "the web page shows issue %s as sent: its correction cannot be rendered: %s"
            logger.warning(message, issue_id, error, extra=extra)
            return None
        return mail


def make_correction(
    context: PublishingContext,
    issue_id: int,
    *,
    subject: str | None = None,
    intro: str | None = None,
) -> int:
    """
    Make a new draft with the same briefs for the readers of a sent issue, and return its number.

    A person sends it like any other draft.

    Raises:
        NotFound: there is no such issue.
        Refused: it has not been sent, nothing changed since, or a correction exists.
        UnknownList: a list of its audience rule no longer exists.
    """
    with context.database.write() as connection:
        lock_corrections(connection, issue_id)
        sent = issues.load_issue(connection, issue_id)
        changed = _changed_since(connection, sent)
        frozen = load_mail(connection, issue_id)
        assert frozen is not None
        audience = replace(sent.audience, sent_to_issue=issue_id, segment=None, segment_rule=None)
        (first, *_), _ = audience_lists(connection, audience)
        own = load_list_settings(connection, first.id)
        draft = Issue(
            id=0,
            kind=IssueKind.ISSUE,
            state=IssueState.DRAFT,
            audience=audience,
            template=sent.template,
            sender=sent.sender,
            provider=provider_of_list(context, first.slug, own),
            fallback_provider=fallback_of_list(context, own),
            reply_to=sent.reply_to,
            subject=subject or _subject_after(sent, frozen[0]),
            intro=intro or _intro_about([brief.title for brief in changed]),
            needs_approval=sent.needs_approval,
        )
        chosen = issues.chosen_briefs(connection, issue_id)
        return issues.add_issue(
            connection,
            draft,
            [(brief.brief_id, brief.shown_as) for brief in chosen],
            headings={brief.brief_id: brief.heading for brief in chosen if brief.heading},
            now=context.clock(),
        )


def _changed_since(connection: sa.Connection, sent: Issue) -> list[SentBrief]:
    """
    Return the briefs to correct.

    Raises:
        Refused: there is nothing to correct, or nobody to send it to.
    """
    if sent.kind is not IssueKind.ISSUE:
        raise Refused(
            phrase(
                "issue {issue} is a {kind} email: correct the issue that it is about",
                issue=sent.id,
                kind=sent.kind,
            )
        )
    if sent.state is not IssueState.SUBMITTED:
        other = phrase("is {state} and was not sent: edit it instead", state=sent.state)
        why = _NOT_YET.get(sent.state, other)
        raise Refused(phrase("issue {issue} {why}", issue=sent.id, why=why))
    changed = changed_briefs(connection, sent.id)
    if not changed:
        ids = [brief.id for brief in sent_briefs(connection, sent.id)]
        raise Refused(
            phrase(
                "nothing in issue {issue} changed since it was sent: edit the brief first "
                "with `newsletter brief edit {brief}`",
                issue=sent.id,
                brief=ids[0] if len(ids) == 1 else "N",
            )
        )
    for number, state in corrections_of(connection, sent.id):
        if state not in _ENDED:
            raise Refused(
                phrase(
                    "issue {number} already corrects issue {issue} (state: {state}): see "
                    "`newsletter issue show {number}`",
                    number=number,
                    issue=sent.id,
                    state=state,
                )
            )
        if state is IssueState.SUBMITTED and not changed_briefs(connection, number):
            raise Refused(
                phrase(
                    "nothing changed since issue {number} corrected issue {issue}: edit the "
                    "brief first with `newsletter brief edit N`",
                    number=number,
                    issue=sent.id,
                )
            )
    return changed


def _subject_after(sent: Issue, mail: Mail) -> str:
    """
    Return the subject of the correction, from the one that staff typed or the template made.
    """
    subject = sent.subject
    if subject is None:
        subject = unmark_fields(_as_typed(mail.subject), mail.fields, mail.nonce)
    return PREFIX + subject.removeprefix(PREFIX)


def _intro_about(titles: Sequence[str]) -> str:
    named = [f"“{_as_typed(title)}”" for title in titles[:MOST_TITLES]]
    left = len(titles) - len(named)
    if left:
        named.append(f"{left} more")
    words = ", ".join(named[:-1]) + " and " + named[-1] if len(named) > 1 else named[0]
    return f"We have corrected {words} since we sent {'them' if len(titles) > 1 else 'it'} to you."


def _as_typed(text: str) -> str:
    """
    Disable merge fields in *text*, which comes from a brief and is used where staff can type
    fields.
    """
    return text.replace("%%", "% %") if find_fields(text) else text
