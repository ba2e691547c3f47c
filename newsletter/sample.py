"""
A mail made from brief files for looking at: the same steps as an issue, no database, no readers.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from newsletter.assemble import shown, template_for
from newsletter.errors import Refused
from newsletter.mail.headers import message_bytes
from newsletter.mail.merge import compile_mail
from newsletter.model.brief import Brief
from newsletter.model.issue import ChosenBrief, IssueContent
from newsletter.model.mail import Mail, Recipient, Sender
from newsletter.render import RENDER_MODULES, render_issue
from newsletter.sandbox import Sandbox
from newsletter.settings import Settings, load_settings

NONCE = "5a5a5a5a5a5a"
READER = Recipient(
    delivery_id=0,
    email="reader@example.org",
    name="A Reader",
    message_id="<sample@example.org>",
    unsubscribe_url="https://example.org/u/sample",
    values={
        "email": "reader@example.org",
        "name": "A Reader",
        "first_name": "A",
        "last_name": "Reader",
        "unsubscribe_url": "https://example.org/u/sample",
    },
)


def write_sample(
    briefs: Sequence[Brief], *, template: str | None, out: Path, config: Path
) -> dict[str, Any]:
    """
    The paths, size and warnings of the three files written to *out*; the site's name and own
    templates come from *config* where that exists.

    Raises:
        TemplateError: the template cannot be rendered; nothing is written.
        Refused: *out* cannot be written.
    """
    settings = load_settings(config) if config.exists() else Settings()
    mail = _rendered(briefs, template_for(template, len(briefs)), settings)
    message = compile_mail(mail).fill(READER)
    files = {
        "html": message.html.encode(),
        "text": message.text.encode(),
        "eml": message_bytes(message, date=dt.datetime.now(dt.UTC)),
    }
    names = {"html": "issue.html", "text": "issue.txt", "eml": "issue.eml"}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for kind, content in files.items():
            (out / names[kind]).write_bytes(content)
    except OSError as error:
        raise Refused(f"cannot write to {out}: {error.strerror}") from error
    warnings = [warning for brief in briefs for warning in brief.warnings]
    paths = {kind: str(out / name) for kind, name in names.items()}
    return {**paths, "bytes": len(files["html"]), "warnings": warnings}


def _rendered(briefs: Sequence[Brief], template: str, settings: Settings) -> Mail:
    own = settings.site
    chosen = [
        ChosenBrief(brief_id=brief_id, shown_as=shown_as, brief=briefs[brief_id])
        for brief_id, shown_as in shown(range(len(briefs)))
    ]
    sender = settings.default_sender
    content = IssueContent(
        site=settings.site_in_mails,
        briefs=tuple(chosen),
        sender=sender if sender.address else Sender(own.name, "news@example.org"),
        list_name=own.name,
        list_slug="sample",
        view_url=f"{own.base_url}/v/sample",
        date=dt.datetime.now(dt.UTC).date(),
        number=1,
    )
    with Sandbox(list(RENDER_MODULES)) as sandbox:
        return render_issue(
            content, template, folders=settings.template_folders, sandbox=sandbox, nonce=NONCE
        )
