"""
The note above an issue in the browser that says how it differs from the mail that was sent.
`issues.corrections` decides which version is shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from newsletter.issues.corrections import ArchivedIssue
from newsletter.mail.templating.context import format_date_long
from newsletter.web.page.templates import PageTemplates

_BODY = re.compile(r"<body\b[^<>]*>")
AS_SENT = "?as=sent"


@dataclass(frozen=True, kw_only=True)
class CorrectionNote:
    """
    `readers/correction-note.html`: what changed, and when. The state is `done` on a corrected page,
    `sent` on the mail as it was sent, `waits` if there is no corrected page yet. `link` leads to
    the other version.
    """

    state: str
    titles: tuple[str, ...]
    when: str
    link: str = ""


def with_note(
    page: str, shown: ArchivedIssue, templates: PageTemplates, *, token: str, language: str
) -> str:
    """
    Put the note at the top of *page* if one of its briefs changed; otherwise return *page*
    unchanged. *token* is the issue's, for the link between the two versions.
    """
    if not shown.changed:
        return page
    at = max(brief.changed_at for brief in shown.changed)
    state = "done" if shown.is_corrected else "waits" if shown.is_waiting else "sent"
    note = templates.text(
        "readers/correction-note.html",
        language=language,
        page=CorrectionNote(
            state=state,
            titles=tuple(brief.title for brief in shown.changed),
            when=f"{format_date_long(at.date(), language)}, {at:%H:%M} UTC",
            link={"done": AS_SENT, "sent": token}.get(state, ""),
        ),
    )
    body = _BODY.search(page)
    start = body.end() if body else 0
    return f"{page[:start]}\n{note}{page[start:]}"
