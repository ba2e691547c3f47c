"""
Notices: mails that are not issues, sent through the same pipeline and with the same guarantees.

Those to typed addresses are queued here: `drafts` stores one with its draft, others are stored when
they are frozen. Those that people are added to are in `standing`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from newsletter.delivery.freeze import freeze_within
from newsletter.errors import TemplateError
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.context import PublishingContext
from newsletter.mail.merge.fields import compile_mail, find_fields, marks_for
from newsletter.mail.mime.list_headers import UNSUBSCRIBE_URL, leaving_fields, leaving_headers
from newsletter.mail.mime.message import clean_text
from newsletter.mail.render import check_nonce, inline_styles
from newsletter.mail.templating.context import site_context
from newsletter.mail.templating.files import gather_templates
from newsletter.mail.templating.translations import STAFF_WORDS, read_translations
from newsletter.model.issue import Issue, IssueKind, IssueState, Site
from newsletter.model.mail import Mail, MergeField, Message, Sender
from newsletter.model.notice import NoticeKind, TypedNotice
from newsletter.store.issues import issues
from subscribers.text.phrases import phrase

# The template of the mail that asks editors about a draft.
APPROVAL_NOTICE = "approval"
# The template of the mail that alerts the operator.
OPERATOR_NOTICE = "operator"
# The templates of the mails that let staff in.
INVITATION_NOTICE = "invitation"
RESET_NOTICE = "reset"
_FOR_STAFF = (APPROVAL_NOTICE, OPERATOR_NOTICE, INVITATION_NOTICE, RESET_NOTICE)
# The values of each notice template, in addition to those of all mails of the site.
NOTICES: Mapping[str, tuple[str, ...]] = {
    APPROVAL_NOTICE: (
        "issue_subject",
        "schedule",
        "to",
        "readers",
        "audience",
        "default_action",
        "failing",
        "review_url",
    ),
    OPERATOR_NOTICE: ("list_name", "problems", "alerts"),
    INVITATION_NOTICE: ("list_name", "invited_by", "invitation_url"),
    RESET_NOTICE: ("list_name", "reset_url"),
    TypedNotice.MESSAGE: ("list_name", "message_subject", "message"),
    NoticeKind.CONFIRM: ("list_name", "confirm_url"),
    NoticeKind.REMINDER: ("list_name", "confirm_url"),
    NoticeKind.WELCOME: ("list_name", "unsubscribe_url", "preferences_url"),
    NoticeKind.GOODBYE: ("list_name", "preferences_url"),
    NoticeKind.SETTINGS: ("list_name", "settings_url"),
    NoticeKind.NEW_ADDRESS: ("list_name", "new_address_url"),
    NoticeKind.ADDRESS_CHANGED: ("list_name",),
    NoticeKind.ERASURE: ("list_name", "erasure_url"),
    NoticeKind.ASK_AGAIN: ("list_name", "confirm_url", "unsubscribe_url"),
}
# One delivery per batch, so that an address that is refused does not delay the others.
BATCH_SIZE = 1
# With this header, autoresponders do not answer (RFC 3834 section 5).
_HEADERS = (("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "OOF, AutoReply"))
_BODY = re.compile(r"<body\b[^<>]*>", re.IGNORECASE)
_BODY_END = re.compile(r"</body>", re.IGNORECASE)


def new_notice(
    draft: Issue, template: str, addresses: Sequence[str], *, parent_id: int | None = None
) -> Issue:
    """
    Return a notice to be stored: to *addresses*, from the sender of *draft*, sent without approval.
    """
    return replace(
        draft,
        kind=IssueKind.NOTICE,
        state=IssueState.FREEZING,
        audience=replace(draft.audience, addresses=tuple(addresses)),
        template=template,
        subject=None,
        preheader=None,
        intro=None,
        schedule_id=None,
        slot=None,
        part="",
        parent_id=parent_id,
        timing=None,
        deadline=None,
        at_deadline=None,
        needs_approval=False,
    )


@dataclass(frozen=True, kw_only=True)
class NoticeSettings:
    """
    The site that sends notices, and where their templates are. With `list_slug`, the welcome to
    that list can be answered by leaving it.
    """

    site: Site
    folders: Sequence[Path]
    sender: Sender
    reply_to: str | None = None
    list_slug: str | None = None


def queue_notice(
    context: PublishingContext,
    notice: Issue,
    values: Mapping[str, Any],
    *,
    preview: Message | None = None,
    language: str | None = None,
    also: Callable[[sa.Connection], None] = lambda connection: None,
) -> int:
    """
    Render and freeze a notice, its template filled with *values*, and return its number.

    *preview*, if any, is shown below it. Its *language* is that of the site if there is none. A
    notice that was never stored (number 0) is stored in the transaction of the freeze, together
    with what *also* writes.

    Raises:
        TemplateError: it cannot be rendered; nothing was stored.
    """
    context.provider_named(notice.provider)
    nonce = secrets.token_hex(6)
    mail = render_notice(context, notice, values, preview=preview, language=language, nonce=nonce)
    now = context.clock()
    with context.database.write() as connection:
        also(connection)
        number = notice.id or issues.add_issue(connection, notice, (), now=now)
        freeze_within(connection, replace(notice, id=number), mail, batch_size=BATCH_SIZE, now=now)
        context.on_step("notice.before_commit")
    return number


def render_notice(
    context: PublishingContext,
    notice: Issue,
    values: Mapping[str, Any],
    *,
    preview: Message | None = None,
    language: str | None = None,
    nonce: str,
) -> Mail:
    """
    Render the template of *notice* with *values*, as `compose_notice` does, in *language*, else in
    that of the site.
    """
    settings = NoticeSettings(
        site=replace(context.site, language=language or context.site.language),
        folders=context.template_folders,
        sender=notice.sender,
        reply_to=notice.reply_to,
    )
    return compose_notice(
        settings, notice.template, values, preview=preview, sandbox=context.sandbox, nonce=nonce
    )


def compose_notice(
    settings: NoticeSettings,
    template: str,
    values: Mapping[str, Any],
    *,
    preview: Message | None = None,
    sandbox: Sandbox,
    nonce: str,
) -> Mail:
    """
    Render the notice *template* with *values*, above *preview* if there is one. A value that is a
    merge field is filled in for each recipient.

    Raises:
        TemplateError: a template cannot be rendered; the message names file and line.
    """
    sources = gather_templates(settings.folders, template, kind="notice")
    _refuse_fields(sources, template)
    words = read_translations(settings.folders, settings.site.language)
    own = {name: value for name, value in values.items() if isinstance(value, MergeField)}
    shared = {
        **site_context(settings.site, words),
        "reply_to": settings.reply_to,
        "contact_address": settings.reply_to or settings.sender.address,
    }
    if template in _FOR_STAFF:
        staff = read_translations(settings.folders, settings.site.language, STAFF_WORDS)
        shared["staff"] = staff.as_context()
    plain = shared | {name: value for name, value in values.items() if name not in own}
    under = [preview.html, preview.text] if preview else []
    check_nonce(nonce, sources, {**plain, "preview": under})
    can_leave = settings.list_slug is not None and UNSUBSCRIBE_URL in own.values()
    headers = leaving_fields(settings.site) if can_leave else ()
    fields = tuple(dict.fromkeys((*own.values(), *headers)))
    marks = marks_for(fields, nonce)
    parts = sandbox.call(
        "newsletter.mail.templating.engine:render_parts",
        sources,
        f"notice/{template}",
        {**plain, **{name: marks[field] for name, field in own.items()}},
    )
    html = inline_styles(parts["html"], marks, nonce=nonce, sandbox=sandbox)
    mail = Mail(
        subject=clean_text(parts["subject"]),
        html=_on_top(html, preview.html) if preview else html,
        text=f"{parts['text']}\n{preview.text}" if preview else parts["text"],
        sender=settings.sender,
        reply_to=settings.reply_to,
        headers=(*(_leaving(settings, values, marks) if can_leave else ()), *_HEADERS),
        nonce=nonce,
        fields=fields,
    )
    compile_mail(mail)
    return mail


def _leaving(
    settings: NoticeSettings, values: Mapping[str, Any], marks: Mapping[MergeField, str]
) -> tuple[tuple[str, str], ...]:
    """
    Return the List-* headers of a notice from which people can leave the list that it is about.
    """
    slug = settings.list_slug or ""
    return leaving_headers(settings.site, str(values["list_name"]), slug, marks)


def _refuse_fields(sources: Mapping[str, str], template: str) -> None:
    """
    Refuse merge fields in the files of the notice: nothing would fill them in.
    """
    for path, text in sorted(sources.items()):
        fields = find_fields(text, f"templates/{path}")
        if fields and path.startswith(f"notice/{template}/"):
            raise TemplateError(
                phrase(
                    "{place}: %%{name}%%: a notice has no merge fields; it knows {known}, in "
                    "{{{{ }}}}",
                    place=fields[0].place,
                    name=fields[0].name,
                    known=", ".join(NOTICES.get(template, ())),
                )
            )


def _on_top(html: str, under: str) -> str:
    """
    Insert the body of the page *html* at the start of the body of the page *under*.
    """
    box = _BODY.search(html)
    page = _BODY.search(under)
    ends = [found.start() for found in _BODY_END.finditer(html)]
    if box is None or page is None or not ends:
        return html + under
    return under[: page.end()] + html[box.end() : ends[-1]] + under[page.end() :]
