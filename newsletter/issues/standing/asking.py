"""
Ask people whether they want to be on a list: store a request for each, and add them to the notice
in their language.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from newsletter.issues.context import PublishingContext
from newsletter.issues.settings.consent_sentence import consent_sentence
from newsletter.issues.settings.public_lists import lists_as_pages_show_them
from newsletter.issues.standing.notices import standing_notice
from newsletter.mail.templating.translations import (
    PAGE_WORDS,
    language_with_words,
    read_translations,
)
from newsletter.model.notice import NoticeKind, NoticeRecipient, StandingNotice
from newsletter.store.delivery.appending import append_notices
from subscribers.history.model import Origin
from subscribers.model import MailingList
from subscribers.signup.asking import AskingForm, Waiting, ask


@dataclass(frozen=True, kw_only=True)
class AskingNotices:
    """
    The notice that asks, and the sentence to agree to, by the language of the person.
    """

    mailing_list: MailingList
    notices: Mapping[str | None, StandingNotice]
    consents: Mapping[str | None, str]
    consent_version: int | None


def prepare_to_ask(
    context: PublishingContext,
    mailing_list: MailingList,
    kind: NoticeKind,
    languages: Collection[str | None],
) -> AskingNotices:
    """
    Return what people who speak one of *languages* are asked with. Call this outside a transaction.
    """
    with context.database.read() as connection:
        (own,) = lists_as_pages_show_them(context, connection, [mailing_list.id])
    folders, site = context.template_folders, context.site
    spoken = {
        known: language_with_words(folders, known, own.language, site.language)
        for known in languages
    }
    consents, version = {}, None
    for known, language in spoken.items():
        words = read_translations(folders, language, PAGE_WORDS).table
        consents[known], version = consent_sentence(words, [own])
    return AskingNotices(
        mailing_list=mailing_list,
        notices={
            known: standing_notice(context, kind, mailing_list.id, language)
            for known, language in spoken.items()
        },
        consents=consents,
        consent_version=version,
    )


def store_requests(
    connection: sa.Connection,
    people: Sequence[Waiting],
    form: AskingForm,
    prepared: AskingNotices,
    *,
    by: Origin,
    now: dt.datetime,
) -> dict[int, int]:
    """
    Store a request for each person, and return its number by that of the person.
    """
    return ask(
        connection,
        prepared.mailing_list,
        people,
        form,
        consents=prepared.consents,
        consent_version=prepared.consent_version,
        by=by,
        now=now,
    )


def add_to_notices(
    connection: sa.Connection,
    people: Sequence[Waiting],
    requests: Mapping[int, int],
    prepared: AskingNotices,
    *,
    now: dt.datetime,
) -> None:
    """
    Add each person to the notice in their language. Call this last in a transaction.
    """
    notices = prepared.notices
    for notice in sorted(set(notices.values()), key=lambda each: each.issue_id):
        theirs = [
            NoticeRecipient(
                subscriber_id=each.subscriber_id,
                email=each.address,
                subscription_id=each.subscription_id,
                request_id=requests[each.subscriber_id],
            )
            for each in people
            if notices[each.language] == notice
        ]
        if theirs:
            append_notices(connection, notice, theirs, now=now)
