"""
Actions that show an issue as a reader would get it.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.actions.guard.objects import the_issue
from newsletter.actions.guard.requires import requires
from newsletter.actions.issues.issues import intro_warnings
from newsletter.app import App
from newsletter.errors import NotFound, Refused
from newsletter.issues.rendering import render_issue
from newsletter.mail.merge.declared import show_value
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.samples import with_samples
from newsletter.mail.sample_readers import EDGE_CASES, READER, reader_named
from newsletter.mail.size.budget import merged_bytes
from newsletter.model.access import Actor, Permission
from newsletter.model.draft_content import DraftContent
from newsletter.model.issue import IssueKind
from newsletter.model.mail import MergeField, Message, Recipient, Shortened
from newsletter.store.delivery.freeze import load_mail
from newsletter.store.issues.issues import load_issue
from subscribers.text.phrases import phrase


class SampleReader(enum.StrEnum):
    """
    An invented reader of a preview.
    """

    ORDINARY = "ordinary"
    LONGEST_NAME = "longest-name"
    NO_NAME = "no-name"
    RIGHT_TO_LEFT_NAME = "right-to-left-name"
    MARKUP_IN_NAME = "markup-in-name"


_READERS: Mapping[SampleReader, Recipient] = {
    SampleReader.ORDINARY: READER,
    SampleReader.LONGEST_NAME: EDGE_CASES["the longest name"],
    SampleReader.NO_NAME: EDGE_CASES["no name"],
    SampleReader.RIGHT_TO_LEFT_NAME: EDGE_CASES["a right-to-left name"],
    SampleReader.MARKUP_IN_NAME: EDGE_CASES["markup in the name"],
}


@dataclass(frozen=True, kw_only=True)
class PersonReader:
    """
    A person as the reader of a preview, with the values of their fields as they are stored. The
    links are those of a sample, so that nothing happens to the person through them.
    """

    name: str
    email: str
    stored: Mapping[str, str]

    def recipient(self, fields: Sequence[MergeField]) -> Recipient:
        """
        Return the person as the reader of an email with these merge fields.
        """
        made = reader_named(self.name, self.email)
        own = {
            each.key: show_value(each, self.stored[each.name])
            for each in fields
            if each.display and self.stored.get(each.name)
        }
        return made._replace(values={**made.values, **own})


@dataclass(frozen=True, kw_only=True)
class ReaderCopy:
    """
    The copy of one reader. `size` is that of its HTML for the ordinary reader, in bytes;
    `shortened` are the briefs that were shortened to keep it small, and `warnings` say what of the
    introductory text readers would not get as typed.
    """

    message: Message
    size: int
    shortened: Sequence[Shortened]
    warnings: Sequence[str]


@requires(Permission.ISSUES_READ, "issue.preview", about=the_issue())
def preview(
    app: App,
    issue_id: int,
    *,
    reader: SampleReader | PersonReader,
    typed: DraftContent | None = None,
    by: Actor,
) -> ReaderCopy:
    """
    Render an issue as it would be sent now, or was, for a sample reader or a person; with *typed*,
    a draft as it would be if that were saved.

    Raises:
        NotFound: there is no such issue.
        TemplateError, MergeError, SandboxError: it cannot be rendered for that reader.
        Refused: it is a notice.
    """
    mail = render_issue(app.publishing, issue_id, typed=typed)
    with app.database.read() as connection:
        intro = typed.intro if typed else load_issue(connection, issue_id).intro
    if isinstance(reader, PersonReader):
        recipient = reader.recipient(mail.fields)
    else:
        recipient = with_samples(_READERS[reader], mail.fields)
    message = compile_mail(mail).fill(recipient)
    return ReaderCopy(
        message=message,
        size=merged_bytes(mail),
        shortened=mail.shortened,
        warnings=intro_warnings(app, intro, by=by),
    )


@requires(Permission.ISSUES_READ, "issue.sent_email", about=the_issue())
def sent_email(app: App, issue_id: int, *, by: Actor) -> Message:
    """
    Return the email that an issue was frozen with, for a sample reader. What changed in its briefs
    since is not in it.

    Raises:
        NotFound: there is no such issue, or it was not frozen.
        Refused: it is a notice.
    """
    with app.database.read() as connection:
        issue, found = load_issue(connection, issue_id), load_mail(connection, issue_id)
    if issue.kind is IssueKind.NOTICE:
        raise Refused(
            phrase("issue {issue} is a notice: what it says is about one person", issue=issue_id)
        )
    if found is None:
        raise NotFound(phrase("issue {issue} was not sent yet", issue=issue_id))
    mail, _ = found
    return compile_mail(mail).fill(with_samples(READER, mail.fields))
