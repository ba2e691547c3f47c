"""
Actions on pending people: ask them again to confirm, one or many.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from newsletter.app import App
from newsletter.errors import Refused
from newsletter.issues.settings.consent_sentence import consent_sentence
from newsletter.issues.settings.public_lists import lists_as_pages_show_them
from newsletter.issues.standing.notices import standing_notice
from newsletter.mail.templating.translations import (
    PAGE_WORDS,
    language_with_words,
    read_translations,
)
from newsletter.model.access import Actor
from newsletter.model.notice import NoticeKind, NoticeRecipient, StandingNotice
from newsletter.store.delivery.appending import append_notices
from subscribers.lists import find_list
from subscribers.model import MailingList, SubscriptionState
from subscribers.people import subscriber_by_address
from subscribers.signup.asking import (
    Waiting,
    ask,
    asked_since,
    count_to_ask,
    people_to_ask,
)
from subscribers.validation.address import parse_address

_RESENT, _ASKED_AGAIN = "asked by staff", "asked again"
_AT_ONCE = 500
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """
    How many people were asked to confirm, and how many are left who may be asked. `recent` is how
    many had been asked in the 24 hours before, of those who count towards a daily limit.
    """

    asked: int
    left: int = 0
    recent: int = 0


def resend_to_address(app: App, address: str, list_slug: str | None, *, by: Actor) -> Asked:
    """
    Ask one person to confirm again, for one list or for each on which they are pending.

    Raises:
        UnknownList, UnknownSubscriber: there is no such list or person.
        InvalidAddress: the address is not valid.
        Refused: they are pending on no such list, were asked a short time ago or three times, or
            are suppressed.
    """
    parsed = parse_address(address)
    with app.database.read() as connection:
        person = subscriber_by_address(connection, parsed)
        slugs = [s.list_slug for s in person.subscriptions if s.state is SubscriptionState.PENDING]
        lists = [find_list(connection, slug) for slug in slugs if list_slug in (None, slug)]
    if not lists:
        raise Refused(f"{parsed.email} waits for no confirmation: see `newsletter subscriber show`")
    asked = 0
    for each in lists:
        with app.database.read() as connection:
            people = people_to_ask(connection, each, address=parsed, now=app.clock(), limit=1)
        asked += _ask(app, each, people, form=_RESENT, by=by)
    if not asked:
        raise Refused(
            f"{parsed.email} was asked within the last 24 hours, or three times, or is suppressed: "
            "not asked again"
        )
    return Asked(asked=asked)


def resend_to_list(app: App, list_slug: str, *, most: int, by: Actor) -> Asked:
    """
    Ask at most that many pending people of a list to confirm again, those who have waited longest
    first. Nobody is asked twice in 24 hours, or more than three times.

    Raises:
        UnknownList: there is no such list.
    """
    return _ask_many(app, list_slug, most=most, form=_RESENT, is_first=False, by=by)


def ask_again(app: App, list_slug: str, *, per_day: int, by: Actor) -> Asked:
    """
    Ask pending people of a list who were never asked, at most that many in 24 hours, however often
    this is called.

    Raises:
        UnknownList: there is no such list.
    """
    form = f"{_ASKED_AGAIN}: {list_slug}"
    with app.database.read() as connection:
        recent = asked_since(connection, form, app.clock() - _DAY)
    most = max(per_day - recent, 0)
    done = _ask_many(app, list_slug, most=most, form=form, is_first=True, by=by)
    return replace(done, recent=recent)


def _ask_many(
    app: App, list_slug: str, *, most: int, form: str, is_first: bool, by: Actor
) -> Asked:
    asked = 0
    while True:
        limit = min(_AT_ONCE, most - asked)
        with app.database.read() as connection:
            mailing_list = find_list(connection, list_slug)
            people = people_to_ask(
                connection, mailing_list, is_first=is_first, now=app.clock(), limit=limit
            )
        asked += _ask(app, mailing_list, people, form=form, by=by)
        if len(people) < limit or asked >= most:
            break
    with app.database.read() as connection:
        left = count_to_ask(connection, mailing_list, is_first=is_first, now=app.clock())
    return Asked(asked=asked, left=left)


def _ask(
    app: App, mailing_list: MailingList, people: Sequence[Waiting], *, form: str, by: Actor
) -> int:
    """
    Store a request for each person and add them to the notice in their language, in one
    transaction. Return their number.
    """
    if not people:
        return 0
    context = app.publishing
    with app.database.read() as connection:
        (own,) = lists_as_pages_show_them(context, connection, [mailing_list.id])
    folders, site = app.settings.template_folders, app.site
    spoken = {
        known: language_with_words(folders, known, own.language, site.language)
        for known in {each.language for each in people}
    }
    consents = {}
    for known, language in spoken.items():
        words = read_translations(folders, language, PAGE_WORDS).table
        consents[known], version = consent_sentence(words, [own])
    notices = {
        known: standing_notice(context, NoticeKind.CONFIRM, mailing_list.id, language)
        for known, language in spoken.items()
    }
    with app.database.write() as connection:
        now = app.clock()
        requests = ask(
            connection,
            mailing_list,
            people,
            form=form,
            consents=consents,
            consent_version=version,
            by=by.origin,
            now=now,
        )
        for notice in sorted(set(notices.values()), key=lambda each: each.issue_id):
            append_notices(
                connection, notice, _recipients(people, requests, notices, notice), now=now
            )
    return len(people)


def _recipients(
    people: Sequence[Waiting],
    requests: dict[int, int],
    notices: dict[str | None, StandingNotice],
    notice: StandingNotice,
) -> list[NoticeRecipient]:
    """
    Return those of *people* who get *notice*.
    """
    return [
        NoticeRecipient(
            subscriber_id=each.subscriber_id,
            email=each.address,
            subscription_id=each.subscription_id,
            request_id=requests[each.subscriber_id],
        )
        for each in people
        if notices[each.language] == notice
    ]
