"""
Render the content of an issue with a template into a Mail, once for all recipients.

Merge fields become marks, the sandbox renders the template and inlines its styles, and the marks
are counted before and after. `issues.rendering` calls this and `mail.merge` fills the result.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from newsletter.errors import MergeError, TemplateError
from newsletter.isolation.sandbox import Sandbox
from newsletter.mail.merge.fields import (
    URL_FIELDS,
    check_fields,
    compile_mail,
    find_fields,
    find_marks,
    mark_fields,
    marks_for,
)
from newsletter.mail.mime.list_headers import leaving_fields, list_headers
from newsletter.mail.mime.message import clean_text
from newsletter.mail.size.fit import fit_issue
from newsletter.mail.templating.context import issue_context
from newsletter.mail.templating.files import gather_templates
from newsletter.mail.templating.translations import read_translations
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Mail, MergeField, Message, Recipient, mark_of
from subscribers.text.phrases import phrase

RENDER_MODULES = (
    "newsletter.mail.templating.engine",
    "newsletter.mail.html.inline_css",
    "newsletter.mail.html.validate",
)


def render_mail(
    content: IssueContent,
    template: str,
    *,
    folders: Sequence[Path],
    sandbox: Sandbox,
    nonce: str,
    headers: Sequence[tuple[str, str]] = (),
) -> Mail:
    """
    Render *content* with *template* as one mail with a mark for each merge field.

    An issue that is too long is shortened to what mail programs display. *folders* are the user's
    own template folders; *headers* (such as Feedback-ID) are added to those of every issue.

    Raises:
        TemplateError: a template is not valid; the message names the file and line.
        MergeError: the content contains the nonce, or a mark was lost or broken.
        SandboxError: rendering took too long or too much memory.
    """
    sources = gather_templates(folders, template)
    translations = read_translations(folders, content.site.language)

    def render(content: IssueContent) -> Mail:
        context = issue_context(content, translations)
        check_nonce(nonce, sources, context)
        fields = _fields_of(sources, content)
        marks = marks_for(fields, nonce)
        parts = sandbox.call(
            "newsletter.mail.templating.engine:render_parts",
            {path: mark_fields(source, marks) for path, source in sources.items()},
            f"issue/{template}",
            _with_marks(context, marks),
        )
        return Mail(
            subject=("[Test] " if content.is_test else "") + clean_text(parts["subject"]),
            html=inline_styles(parts["html"], marks, nonce=nonce, sandbox=sandbox),
            text=parts["text"],
            sender=content.sender,
            reply_to=content.reply_to,
            headers=(*list_headers(content, marks), *headers),
            nonce=nonce,
            fields=_with_view_url(fields, content.view_url),
        )

    mail = fit_issue(content, render)
    compile_mail(mail)
    return mail


def fill_for_browser(mail: Mail, *, own_url: str = "") -> str:
    """
    Return the mail's HTML for a public page, without a reader's values and not shortened.
    """
    whole = dataclasses.replace(mail, html=mail.whole or mail.html)
    return fill_for_nobody(whole, own_url=own_url).html


_SPACES = r"(?:\s|&nbsp;)*"
# What divides two links in the footer; it is removed with a link.
_DIVIDER = rf"{_SPACES}(?:&middot;|[·|]){_SPACES}"


def fill_for_nobody(mail: Mail, *, own_url: str = "") -> Message:
    """
    Fill a copy without a reader: fallbacks in place of values, and none of a reader's own links.

    Links to *own_url*, the address of the copy itself, are removed too.
    """
    removed = [
        mark_of(mail.nonce, number)
        for number, field in enumerate(mail.fields)
        if field.name in ("unsubscribe_url", "preferences_url")
    ]
    html, text = mail.html, mail.text
    for address in (*removed, *([re.escape(own_url)] if own_url else [])):
        html = _links_to(address).sub("", html)
        text = _lines_with(address).sub("", text)
    nobody = dataclasses.replace(
        mail,
        html=html,
        text=text,
        headers=(),
        fields=tuple(dataclasses.replace(f, fallback=f.fallback or "") for f in mail.fields),
    )
    reader = Recipient(delivery_id=0, email="", message_id="")
    return compile_mail(nobody).fill(reader)


def _links_to(address: str) -> re.Pattern[str]:
    """
    Compile a pattern for links to *address*, a pattern too, each with a divider beside it.
    """
    link = rf'<a\b[^<>]*\bhref="{address}"[^<>]*>(?:(?!</?a\b).)*</a>'
    # A divider begins with the first of its spaces, so that a long run of them is searched once.
    before = rf"(?<!\s)(?<!&nbsp;){_DIVIDER}"
    return re.compile(rf"{link}{_DIVIDER}|(?:{before})?{link}", re.DOTALL)


def _lines_with(address: str) -> re.Pattern[str]:
    return re.compile(rf"^.*{address}.*\n?", re.MULTILINE)


def _fields_of(sources: Mapping[str, str], content: IssueContent) -> tuple[MergeField, ...]:
    """
    Return every merge field of the templates and typed texts; the last are List-Unsubscribe's.
    """
    texts = {f"templates/{path}": source for path, source in sorted(sources.items())}
    intro = content.intro.typed if content.intro else None
    typed = {"subject": content.subject, "preheader": content.preheader, "intro": intro}
    texts |= {f"the issue's {name}": text for name, text in typed.items() if text}
    found: dict[MergeField, None] = {}
    for place, text in texts.items():
        check_fields(text, place, content.fields)
        found |= dict.fromkeys(find_fields(text, place, content.fields))
    last = leaving_fields(content.site)
    return (*(field for field in found if field not in last), *last)


def check_nonce(nonce: str, sources: Mapping[str, str], context: Mapping[str, Any]) -> None:
    """
    Check that no mark can be confused with content.

    Raises:
        MergeError: the nonce occurs in the content or the templates.
    """
    if nonce in json.dumps([dict(sources), context], ensure_ascii=False):
        raise MergeError(phrase("the content contains the email's own nonce; render it again"))


def _with_marks(context: dict[str, Any], marks: Mapping[MergeField, str]) -> dict[str, Any]:
    """
    Replace the merge fields by marks in the texts that staff typed, but not in the text of briefs.
    """
    lines = ("subject", "preheader")
    typed = {name: mark_fields(context[name], marks) for name in lines if context[name]}
    intro = context["intro"]
    if intro is None:
        return {**context, **typed, "intro_line": ""}
    marked = {part: mark_fields(text, marks) for part, text in intro.items()}
    paragraphs = (" ".join(part.split()) for part in intro["text"].split("\n\n"))
    # Filters may shorten this line, so it must not contain a mark.
    line = next((paragraph for paragraph in paragraphs if not find_fields(paragraph)), "")
    return {**context, **typed, "intro": marked, "intro_line": line}


def inline_styles(
    html: str, marks: Mapping[MergeField, str], *, nonce: str, sandbox: Sandbox
) -> str:
    """
    Inline the styles of *html*, and check that every mark is still in its place.

    Raises:
        TemplateError: a mark was lost, or a URL contains more than a mark.
    """
    styled = str(sandbox.call("newsletter.mail.html.inline_css:inline_css", html))
    if Counter(find_marks(html, nonce)) != Counter(find_marks(styled, nonce)):
        raise TemplateError(
            phrase("inlining the styles lost or doubled a merge field; is it in a style block?")
        )
    url_marks = [mark for field, mark in marks.items() if field.name in URL_FIELDS]
    sandbox.call("newsletter.mail.html.validate:check_markup", styled, url_marks)
    return styled


def _with_view_url(fields: Sequence[MergeField], view_url: str) -> tuple[MergeField, ...]:
    return tuple(
        dataclasses.replace(field, fallback=view_url)
        if field.name == "view_url" and field.fallback is None
        else field
        for field in fields
    )
