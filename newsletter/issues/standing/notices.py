"""
Find the notice that stands for a kind, a list and a language, or begin a new one.

It is an issue that keeps sending. `append_notices` adds people to it; when its content changes, a
new one begins, and the old one ends once its batches are settled.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from newsletter.delivery.freeze import mail_hash
from newsletter.errors import MergeError, SandboxError, TemplateError
from newsletter.issues.context import PublishingContext
from newsletter.issues.notices import NOTICES, NoticeSettings, compose_notice
from newsletter.issues.settings.list_identity import ListIdentity, list_identity
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.samples import with_samples
from newsletter.mail.sample_readers import READER
from newsletter.mail.size.budget import mail_bytes
from newsletter.mail.templating.files import gather_templates, project_templates
from newsletter.mail.templating.translations import language_with_words, read_translations
from newsletter.model.delivery import batch_size
from newsletter.model.issue import AudienceRule, Issue, IssueKind, IssueState
from newsletter.model.mail import Mail, MergeField, Message
from newsletter.model.notice import NoticeKind, StandingNotice
from newsletter.store.delivery.freeze import store_mail
from newsletter.store.epochs import current_epoch, known_epoch
from newsletter.store.issues import issues
from newsletter.store.issues.standing_notices import (
    Found,
    NoticeKey,
    find_standing,
    lock_creation,
    slug_of,
    stand,
)
from subscribers.lists import find_list
from subscribers.model import MailingList

logger = logging.getLogger(__name__)

# A notice that failed over is replaced after this time by one through its first provider.
FAILED_OVER_FOR = dt.timedelta(hours=1)


def standing_notice(
    context: PublishingContext, kind: NoticeKind, list_id: int | None, language: str | None
) -> StandingNotice:
    """
    Return the notice of *kind* about a list, or about none or several, to append people to. It is
    in *language*, that of the reader, if there are words in it; else in the list's or the site's.

    It is rendered and stored if there is none, or if its template, its words, its sender or its
    look have changed. Call this outside a transaction.

    Raises:
        UnknownList: there is no such list.
        TemplateError, MergeError, SandboxError: it cannot be rendered, and none stands.
        SettingsError: its provider cannot be opened, and none stands.
    """
    now = context.clock()
    with context.database.read() as connection:
        plan = _plan(context, connection, kind, list_id, language)
        found = find_standing(connection, plan.key)
    if found is not None and _is_current(found, plan, now):
        return found.notice
    try:
        mail = _render(context, plan)
    except (TemplateError, MergeError, SandboxError) as error:
        if found is None:
            raise
        extra = {"event": "notice.not_rendered"}
        logger.warning("notice %s is sent as it was before: %s", kind, error, extra=extra)
        return found.notice
    return _begin(context, plan, mail, now=now)


def sample_notice(context: PublishingContext, kind: NoticeKind, list_id: int) -> Message:
    """
    Render the notice of *kind* about a list, in its language, and return the copy of a sample
    reader. Nothing is stored.

    Raises:
        UnknownList: there is no such list.
        TemplateError, MergeError, SandboxError: it cannot be rendered.
    """
    with context.database.read() as connection:
        plan = _plan(context, connection, kind, list_id, None)
    mail = _render(context, plan)
    return compile_mail(mail).fill(with_samples(READER, mail.fields))


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """
    What a notice is rendered from and how it is sent. `digest` is a hash of all of it.
    """

    key: NoticeKey
    settings: NoticeSettings
    list_name: str
    provider: str
    fallback: str | None
    digest: str = ""


def _plan(
    context: PublishingContext,
    connection: sa.Connection,
    kind: NoticeKind,
    list_id: int | None,
    reader_language: str | None,
) -> _Plan:
    about: MailingList | None = None
    identity = _site_identity(context)
    if list_id is not None:
        about = find_list(connection, slug_of(connection, list_id))
        identity = list_identity(context, connection, list_id)
    folders, site = context.template_folders, context.site
    language = language_with_words(folders, reader_language, identity.site.language, site.language)
    key = NoticeKey(kind=kind, list_id=list_id, language=language)
    settings = NoticeSettings(
        site=replace(identity.site, language=language),
        folders=folders,
        sender=identity.sender,
        reply_to=identity.reply_to,
        list_slug=about.slug if about else None,
    )
    plan = _Plan(
        key=key,
        settings=settings,
        list_name=about.name if about else context.site.name,
        provider=identity.provider,
        fallback=identity.fallback_provider,
    )
    return _in_epoch(plan, known_epoch(connection))


def _in_epoch(plan: _Plan, epoch: str) -> _Plan:
    return replace(plan, digest=_digest(plan, epoch))


def _site_identity(context: PublishingContext) -> ListIdentity:
    return ListIdentity(
        site=context.site,
        sender=context.default_sender,
        reply_to=context.default_reply_to,
        provider=context.default_provider,
        fallback_provider=context.fallback_provider(None),
    )


def _digest(plan: _Plan, epoch: str) -> str:
    """
    Return a hash of everything that the notice is made from. In a new epoch all begin again, since
    a restored database may give the numbers of deliveries again.
    """
    settings, key = plan.settings, plan.key
    folders = tuple(settings.folders)
    parts = [
        _texts_digest(folders, key.kind, key.language, _stamps(folders, key.kind)),
        settings.site,
        settings.sender,
        settings.reply_to,
        settings.list_slug,
        plan.list_name,
        plan.provider,
        plan.fallback,
        epoch,
    ]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _stamps(folders: Sequence[Path], kind: NoticeKind) -> tuple[tuple[str, int, int], ...]:
    """
    Return the time and size of every file that the notice may be rendered from.
    """
    branches = (f"notice/{kind}", "parts", "words")
    places = [place / branch for place in (*folders, project_templates()) for branch in branches]
    files = [file for place in places for file in sorted(place.rglob("*.*"))]
    return tuple(
        (str(file), stat.st_mtime_ns, stat.st_size) for file in files for stat in (file.stat(),)
    )


# Reading the files takes longer than everything else that a sign-up needs.
@functools.lru_cache(maxsize=256)
def _texts_digest(
    folders: Sequence[Path],
    kind: NoticeKind,
    language: str,
    stamps: tuple[tuple[str, int, int], ...],
) -> str:
    """
    Return a hash of the template and its words.
    """
    sources = gather_templates(folders, kind, kind="notice")
    words = read_translations(folders, language)
    parts = [sources, dict(words.table)]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _is_current(found: Found, plan: _Plan, now: dt.datetime) -> bool:
    has_returned = (
        found.failed_over_at is not None and now - found.failed_over_at >= FAILED_OVER_FOR
    )
    return found.content_hash == plan.digest and not has_returned


def _render(context: PublishingContext, plan: _Plan) -> Mail:
    values: dict[str, Any] = {
        name: plan.list_name if name == "list_name" else MergeField(name)
        for name in NOTICES[plan.key.kind]
    }
    return compose_notice(
        plan.settings,
        plan.key.kind,
        values,
        sandbox=context.sandbox,
        nonce=secrets.token_hex(6),
    )


def _begin(
    context: PublishingContext, plan: _Plan, mail: Mail, *, now: dt.datetime
) -> StandingNotice:
    capabilities = context.provider_named(plan.provider).capabilities
    with context.database.write() as connection:
        lock_creation(connection)
        # The first use begins the first epoch.
        epoch = current_epoch(connection)
        plan = _in_epoch(plan, epoch)
        found = find_standing(connection, plan.key)
        if found is not None and _is_current(found, plan, now):
            return found.notice  # Another process was faster.
        issue_id = issues.add_issue(connection, _issue_of(plan), (), now=now)
        issues.try_move(
            connection,
            issue_id,
            IssueState.SENDING,
            only_from=IssueState.FREEZING,
            frozen_at=now,
            frozen_epoch=epoch,
        )
        store_mail(connection, issue_id, mail, mail_hash(mail), {})
        notice = StandingNotice(
            issue_id=issue_id,
            kind=plan.key.kind,
            list_id=plan.key.list_id,
            language=plan.key.language,
            batch_size=batch_size(capabilities, mail_bytes(mail)),
        )
        stand(connection, notice, content_hash=plan.digest)
        context.on_step("standing.before_commit")
    return notice


def _issue_of(plan: _Plan) -> Issue:
    return Issue(
        id=0,
        kind=IssueKind.NOTICE,
        state=IssueState.FREEZING,
        audience=AudienceRule(lists=()),
        template=plan.key.kind,
        sender=plan.settings.sender,
        reply_to=plan.settings.reply_to,
        provider=plan.provider,
        fallback_provider=plan.fallback,
    )
