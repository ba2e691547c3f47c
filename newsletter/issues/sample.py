"""
Render samples without a database or readers: an issue made of brief files, or a notice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from newsletter.delivery.recipients import REQUEST_LINKS, STAFF_LINKS
from newsletter.ingest.files import FILE_MODULES, read_files
from newsletter.ingest.images.illustrator import IMAGE_MODULES, Illustrator, MemoryImageStore
from newsletter.isolation.sandbox import Sandbox
from newsletter.issues.notices import NOTICES, NoticeSettings, compose_notice
from newsletter.issues.selection import shown, template_for
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.samples import with_samples
from newsletter.mail.mime.message import message_bytes
from newsletter.mail.render import RENDER_MODULES, render_mail
from newsletter.mail.sample_readers import READER
from newsletter.mail.templating.images import embed_images
from newsletter.mail.templating.translations import STAFF_WORDS, read_translations
from newsletter.model.brief import Brief
from newsletter.model.issue import ChosenBrief
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Mail, MergeField, Sender
from newsletter.settings import Settings, load_settings
from newsletter.settings.output_files import OutputFiles, output_files

NONCE = "5a5a5a5a5a5a"
_URLS = ("unsubscribe_url", "preferences_url", "review_url", *REQUEST_LINKS, *STAFF_LINKS)


def write_sample(
    paths: Sequence[Path],
    *,
    base_url: str | None,
    template: str | None,
    out: Path,
    config: Path,
    force: bool = False,
) -> dict[str, Any]:
    """
    Render the briefs in the files at *paths* and write three files to *out*; return their paths,
    the size and the warnings.

    The name of the site and its own templates come from *config* if that exists. Images in the
    files are embedded in the HTML file, since no server has them.

    Raises:
        ReadError: a file cannot be read or holds no brief.
        TemplateError: the template cannot be rendered; nothing is written.
        Refused: *out* cannot be written, or holds one of the files, which only *force* replaces.
    """
    settings = load_settings(config) if config.exists() else Settings()
    image_store = MemoryImageStore()
    with (
        Sandbox([*FILE_MODULES, *IMAGE_MODULES]) as reading,
        Sandbox(RENDER_MODULES) as sandbox,
    ):
        reading.prepare()
        sandbox.prepare()
        illustrator = Illustrator(sandbox=reading, store=image_store)
        briefs = read_files(paths, base_url=base_url, illustrator=illustrator, sandbox=reading)
        content = _content(briefs, settings, image_store)
        mail = render_mail(
            content,
            template_for(template, len(briefs)),
            folders=settings.template_folders,
            sandbox=sandbox,
            nonce=NONCE,
        )
    warnings = [warning for brief in briefs for warning in brief.warnings]
    warnings += [f"“{brief.title}”: {brief.how.description}" for brief in mail.shortened]
    with_images = partial(
        embed_images, base_url=settings.site.base_url, load=image_store.copies.get
    )
    files = output_files(settings, config, force=force, is_private=False)
    written = _write(mail, out, "issue", files=files, shown=with_images)
    return {**written, "warnings": warnings}


def write_notice(name: str, *, out: Path, config: Path, force: bool = False) -> dict[str, Any]:
    """
    Render the notice *name* with sample values and write three files to *out*; return their paths
    and the size.

    Raises:
        TemplateError: there is no such notice, or it cannot be rendered; nothing is written.
        Refused: *out* cannot be written, or holds one of the files, which only *force* replaces.
    """
    settings = load_settings(config) if config.exists() else Settings()
    samples = _notice_samples(settings)
    values = {key: samples[key] for key in NOTICES.get(name, tuple(samples))}
    notice_settings = NoticeSettings(
        site=settings.site_in_mails,
        folders=settings.template_folders,
        sender=_sender(settings),
        reply_to=settings.sender.reply_to or None,
    )
    with Sandbox(RENDER_MODULES) as sandbox:
        mail = compose_notice(notice_settings, name, values, sandbox=sandbox, nonce=NONCE)
    return _write(
        mail, out, name, files=output_files(settings, config, force=force, is_private=False)
    )


def _notice_samples(settings: Settings) -> dict[str, Any]:
    """
    Return a value for everything that a notice can say; a merge field is filled in for each
    recipient. What staff read is in the language of the site.
    """
    words = read_translations(settings.template_folders, settings.site.language, STAFF_WORDS)
    paused = {"issue": 7, "reason": "the provider refuses the key (401)"}
    commands = {
        "resume": "`newsletter issue resume 7`",
        "cancel": "`newsletter issue cancel 7`",
        "collect": "`newsletter collect desk`",
        "remove": "`newsletter source remove desk`",
    }
    alerts = (("alert_paused", "alert_paused"), ("alert_gone_source", "alert_failing_source"))
    return {
        **{name: MergeField(name) for name in _URLS},
        "list_name": settings.site.name,
        "invited_by": "Eve Adams",
        "message_subject": "Your order is on its way",
        "message": {
            "html": "<p>It arrives on <strong>Friday</strong>.</p>",
            "text": "It arrives on Friday.",
        },
        "issue_subject": "The subject of the draft",
        "schedule": "morning",
        "to": "daily",
        "readers": 12,
        "audience": words.pluralize("audience", 12, lists="daily"),
        "default_action": words.fill("deadline_none"),
        "failing": [words.pluralize("source_failing", 1, source="desk", error="HTTP 500")],
        "problems": words.pluralize("problems", len(alerts)),
        "alerts": [
            {
                "what": words.fill(what, **paused, source="desk"),
                "advice": words.fill(f"{advice}_advice", **commands, error="HTTP 500"),
            }
            for what, advice in alerts
        ],
    }


def _write(
    mail: Mail,
    out: Path,
    name: str,
    *,
    files: OutputFiles,
    shown: Callable[[str], str] = lambda html: html,
) -> dict[str, Any]:
    message = compile_mail(mail).fill(with_samples(READER, mail.fields))
    contents = {
        "html": (f"{name}.html", shown(message.html).encode()),
        "text": (f"{name}.txt", message.text.encode()),
        "eml": (f"{name}.eml", message_bytes(message, date=dt.datetime.now(dt.UTC))),
    }
    with files.new_files(out) as new:
        for file, content in contents.values():
            (new / file).write_bytes(content)
    paths = {kind: str(out / file) for kind, (file, _) in contents.items()}
    return {**paths, "bytes": len(message.html.encode())}


def _sender(settings: Settings) -> Sender:
    sender = settings.default_sender
    return sender if sender.address else Sender(settings.site.name, "news@example.org")


def _content(
    briefs: Sequence[Brief], settings: Settings, image_store: MemoryImageStore
) -> IssueContent:
    own = settings.site
    chosen = [
        ChosenBrief(brief_id=brief_id, shown_as=shown_as, brief=briefs[brief_id])
        for brief_id, shown_as in shown(range(len(briefs)))
    ]
    return IssueContent(
        site=settings.site_in_mails,
        briefs=tuple(chosen),
        sender=_sender(settings),
        reply_to=settings.sender.reply_to or None,
        list_name=own.name,
        list_slug="sample",
        view_url=f"{own.base_url}/v/sample",
        date=dt.datetime.now(dt.UTC).date(),
        number=1,
        images=image_store.images,
    )
