"""
Work the runs that ask people again: ask today's share, and end who has not answered in time.

Each step is load, decide, save in one transaction that locks the run, so that it is done once
however many processes work it and wherever one is killed.
"""

from __future__ import annotations

import datetime as dt
import logging

import sqlalchemy as sa

from newsletter.errors import NewsletterError, StoreError
from newsletter.issues.context import PublishingContext
from newsletter.issues.standing.asking import add_to_notices, prepare_to_ask, store_requests
from newsletter.model.notice import NoticeKind
from newsletter.store.events.asked_people import mails_of, unsent_requests
from newsletter.store.issues.list_settings import load_list_settings
from subscribers.ask_again import records
from subscribers.ask_again.decide import (
    LINK_MARGIN,
    AskedPerson,
    Verdict,
    decide_at_end,
    decide_to_ask,
)
from subscribers.ask_again.model import AskedState, AskRun, AskRunState
from subscribers.ask_again.people import (
    count_asked_today,
    mark_asked,
    people_due,
    people_waiting,
    save_verdicts,
)
from subscribers.errors import SubscribersError
from subscribers.lists import lists_by_id
from subscribers.model import MailingList
from subscribers.requests.model import RequestKind
from subscribers.signup.asking import AskingForm, Waiting
from subscribers.validation.address import Address

_AT_ONCE = 500
# So many times in one round, so that other work is not kept waiting.
_ROUNDS = 10
logger = logging.getLogger(__name__)


def work_ask_runs(context: PublishingContext) -> None:
    """
    Do what is due now in every run. While a list is held, nobody of it is asked or ended. Log a run
    that cannot go on, because its email cannot be rendered, and work the others.
    """
    with context.database.read() as connection:
        runs = records.running_runs(connection)
        lists = {each.id: each for each in lists_by_id(connection, [run.list_id for run in runs])}
    for run in runs:
        try:
            _work(context, run, lists[run.list_id])
        except StoreError:
            raise
        except (NewsletterError, SubscribersError) as error:
            slug = lists[run.list_id].slug
            extra = {"event": "ask_again.failed", "list": slug}
            logger.error("list %s: run %s cannot go on: %s", slug, run.id, error, extra=extra)


def _work(context: PublishingContext, run: AskRun, mailing_list: MailingList) -> None:
    for step in (_ask_some, _end_some):
        for _ in range(_ROUNDS):
            if not step(context, run, mailing_list):
                break
    with context.database.write() as connection:
        if records.lock_run(connection, run) and records.is_finished(connection, run):
            records.end_run(connection, run, AskRunState.DONE, context.clock())


def _ask_some(context: PublishingContext, run: AskRun, mailing_list: MailingList) -> bool:
    """
    Ask those who are next, as many as the day has room for. Return False if there is no more to do
    now.
    """
    with context.database.read() as connection:
        first = _next(context, connection, run, mailing_list, is_asking=False)
    if not first:
        return False
    kind = NoticeKind.CONFIRM if run.terms.audience.is_pending else NoticeKind.ASK_AGAIN
    languages = {person.language for person in first}
    prepared = prepare_to_ask(context, mailing_list, kind, languages)
    with context.database.write() as connection:
        if not _is_going_on(connection, run):
            return False
        now = context.clock()
        people = _next(context, connection, run, mailing_list, is_asking=True)
        known = [person for person in people if person.language in languages]
        states = [(person, decide_to_ask(person, run.terms)) for person in known]
        others = [(who, Verdict(state=to)) for who, to in states if to is not AskedState.ASKED]
        save_verdicts(connection, run, others, now=now)
        asked = [_waiting(who) for who, to in states if to is AskedState.ASKED]
        form = _form(run, mailing_list)
        requests = store_requests(connection, asked, form, prepared, by=run.origin, now=now)
        mark_asked(connection, run, requests, now=now)
        context.on_step("ask_again.after_request")
        add_to_notices(connection, asked, requests, prepared, now=now)
        context.on_step("ask_again.before_commit")
    context.on_step("ask_again.after_commit")
    return True


def _is_going_on(connection: sa.Connection, run: AskRun) -> bool:
    """
    Lock the run, and return whether it still runs and its list is not held.
    """
    is_running = records.lock_run(connection, run)
    return is_running and load_list_settings(connection, run.list_id).held_reason is None


def _next(
    context: PublishingContext,
    connection: sa.Connection,
    run: AskRun,
    mailing_list: MailingList,
    *,
    is_asking: bool,
) -> list[AskedPerson]:
    """
    Return those who are asked next: as many as the last 24 hours leave room for. Emails of earlier
    days that still wait take room too, because they may all be sent at once.
    """
    now = context.clock()
    room = run.terms.per_day - count_asked_today(connection, run.list_id, now=now)
    if room <= 0 or not records.has_waiting(connection, run):
        return []
    room -= len(unsent_requests(connection, run, asked_before=now - dt.timedelta(days=1)))
    limit = min(room, _AT_ONCE)
    if limit <= 0:
        return []
    return people_waiting(connection, run, mailing_list, limit=limit, is_asking=is_asking)


def _end_some(context: PublishingContext, run: AskRun, mailing_list: MailingList) -> bool:
    """
    Decide about those whose time to answer is over. Return False if there is no more to do now.
    """
    with context.database.write() as connection:
        if not _is_going_on(connection, run):
            return False
        now = context.clock()
        people = people_due(connection, run, mailing_list, now=now, limit=_AT_ONCE)
        if not people:
            return False
        requests = {who.request_id: who.subscriber_id for who in people if who.request_id}
        mails = mails_of(connection, requests)
        verdicts = [
            (who, decide_at_end(who, mails.get(who.request_id or 0), run.terms, now=now))
            for who in people
        ]
        save_verdicts(connection, run, verdicts, now=now)
        context.on_step("ask_again.before_end")
    context.on_step("ask_again.after_end")
    return True


def _form(run: AskRun, mailing_list: MailingList) -> AskingForm:
    return AskingForm(
        name=f"asked again: {mailing_list.slug}",
        kind=RequestKind.ASKED,
        lives=dt.timedelta(days=run.terms.days) + LINK_MARGIN,
        detail={"run": run.id},
    )


def _waiting(person: AskedPerson) -> Waiting:
    return Waiting(
        subscriber_id=person.subscriber_id,
        subscription_id=person.subscription_id,
        address=Address(person.email, person.email_key),
        language=person.language,
    )
