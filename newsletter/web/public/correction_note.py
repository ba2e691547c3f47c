"""
The note above an issue in the browser that says how it differs from the mail that was sent.
`issues.corrections` decides which version is shown.
"""

from __future__ import annotations

import re

import jinja2

from newsletter.issues.corrections import ArchivedIssue
from newsletter.mail.templating.context import format_date_long
from newsletter.mail.templating.files import project_templates

_BODY = re.compile(r"<body\b[^<>]*>")


def with_note(page: str, shown: ArchivedIssue, *, token: str, language: str) -> str:
    """
    Put the note at the top of *page* if one of its briefs changed; otherwise return *page*
    unchanged. *token* is the issue's, for the link between the two versions.
    """
    if not shown.changed:
        return page
    at = max(brief.changed_at for brief in shown.changed)
    note = _template().render(
        shown=shown,
        token=token,
        when=f"{format_date_long(at.date(), language)}, {at:%H:%M} UTC",
    )
    body = _BODY.search(page)
    start = body.end() if body else 0
    return f"{page[:start]}\n{note}{page[start:]}"


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(project_templates() / "page"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("corrected.html")
