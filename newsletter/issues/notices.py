"""
Notices: mails that are not issues, to typed addresses, sent through the same pipeline and under the
same promise. `drafts` stores one with its draft, `pipeline` sends it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from newsletter.errors import TemplateError
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.context import PublishingContext
from newsletter.mail.merge.fields import compile_mail, find_fields, marks_for
from newsletter.mail.mime.message import clean_text
from newsletter.mail.render import inlined, refuse_nonce
from newsletter.mail.templating.context import site_context
from newsletter.mail.templating.files import gather_templates
from newsletter.mail.templating.translations import read_translations
from newsletter.model.issue import Issue, IssueKind, IssueState, Site
from newsletter.model.mail import Mail, MergeField, Message, Sender

# The template of the mail that asks editors about a draft.
ASKS_EDITORS = "approval"
# The template of the mail that tells the operator what needs a person.
TELLS_OPERATOR = "operator"
# What each notice's template knows, beside what all mails of the site know.
NOTICES: Mapping[str, tuple[str, ...]] = {
    ASKS_EDITORS: ("issue_subject", "schedule", "to", "readers", "promise", "review_url"),
    "confirm": ("list_name", "confirm_url"),
    "goodbye": ("list_name",),
    TELLS_OPERATOR: ("list_name", "troubles"),
    "welcome": ("list_name", "unsubscribe_url"),
}
# One delivery each: an editor's address that is refused is nobody else's trouble.
BATCH_SIZE = 1
# RFC 3834 section 5: nobody's autoresponder answers it. Of no list, so no List-* header either.
_HEADERS = (("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "OOF, AutoReply"))
_BODY = re.compile(r"(<body\b[^>]*>)(.*)</body>", re.DOTALL | re.IGNORECASE)


def new_notice(
    draft: Issue, template: str, addresses: Sequence[str], *, about: int | None = None
) -> Issue:
    """
    A notice to be stored: to *addresses*, from the sender of *draft*, and sent without a person.
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
        about=about,
        timing=None,
        deadline=None,
        at_deadline=None,
        needs_approval=False,
    )


@dataclass(frozen=True, kw_only=True)
class Letterhead:
    """
    Whose notices they are, and where their templates lie.
    """

    site: Site
    folders: Sequence[Path]
    sender: Sender
    reply_to: str | None = None


def render_notice(
    context: PublishingContext,
    notice: Issue,
    values: Mapping[str, Any],
    *,
    preview: Message | None = None,
    nonce: str,
) -> Mail:
    """
    The template of *notice* with *values*, as `compose_notice` makes it.
    """
    head = Letterhead(
        site=context.site,
        folders=context.template_folders,
        sender=notice.sender,
        reply_to=notice.reply_to,
    )
    return compose_notice(
        head, notice.template, values, preview=preview, sandbox=context.sandbox, nonce=nonce
    )


def compose_notice(
    head: Letterhead,
    template: str,
    values: Mapping[str, Any],
    *,
    preview: Message | None = None,
    sandbox: Sandbox,
    nonce: str,
) -> Mail:
    """
    The notice *template* with *values*, a value that is a merge field being each recipient's own;
    laid on top of *preview* where there is one.

    Raises:
        TemplateError: what is wrong in a template, by file and line.
    """
    sources = gather_templates(head.folders, template, kind="notice")
    _refuse_fields(sources, template)
    words = read_translations(head.folders, head.site.language)
    own = {name: value for name, value in values.items() if isinstance(value, MergeField)}
    shared = {**site_context(head.site, words), "reply_to": head.reply_to}
    plain = shared | {name: value for name, value in values.items() if name not in own}
    under = [preview.html, preview.text] if preview else []
    refuse_nonce(nonce, sources, {**plain, "preview": under})
    fields = tuple(own.values())
    marks = marks_for(fields, nonce)
    parts = sandbox.call(
        "newsletter.mail.templating.engine:render_parts",
        sources,
        f"notice/{template}",
        {**plain, **{name: marks[field] for name, field in own.items()}},
    )
    html = inlined(parts["html"], marks, nonce=nonce, sandbox=sandbox)
    mail = Mail(
        subject=clean_text(parts["subject"]),
        html=_on_top(html, preview.html) if preview else html,
        text=f"{parts['text']}\n{preview.text}" if preview else parts["text"],
        sender=head.sender,
        reply_to=head.reply_to,
        headers=_HEADERS,
        nonce=nonce,
        fields=fields,
    )
    compile_mail(mail)
    return mail


def _refuse_fields(sources: Mapping[str, str], template: str) -> None:
    """
    Nothing, when no file of the notice holds a merge field, which nobody would fill.
    """
    for path, text in sorted(sources.items()):
        fields = find_fields(text, f"templates/{path}")
        if fields and path.startswith(f"notice/{template}/"):
            raise TemplateError(
                f"{fields[0].place}: %%{fields[0].name}%%: a notice has no merge fields; "
                f"it knows {', '.join(NOTICES.get(template, ()))}, in {{{{ }}}}"
            )


def _on_top(html: str, under: str) -> str:
    """
    *under*, a whole page, with what stands in the body of *html* before all else in its own body.
    """
    box = _BODY.search(html)
    page = _BODY.search(under)
    if box is None or page is None:
        return html + under
    return under[: page.end(1)] + box[2] + under[page.end(1) :]
