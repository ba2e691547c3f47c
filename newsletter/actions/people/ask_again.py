"""
Actions on the runs that ask the people of a list again: count, start, show and stop one.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from newsletter.actions.guard.objects import the_list
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.model.access import Actor, Permission
from newsletter.model.issue import AudienceRule
from newsletter.store.delivery.segments.rules import segment_of
from newsletter.store.events.asked_people import unsent_requests
from newsletter.store.flow_control import kill_switch
from newsletter.store.issues.list_settings import load_list_settings
from subscribers.ask_again import records
from subscribers.ask_again.audience import (
    count_people,
    select_active_to_ask,
    select_pending_to_ask,
)
from subscribers.ask_again.model import AskAudience, AskRunState, AskRunStatus, AskTerms
from subscribers.ask_again.status import status_of_run
from subscribers.errors import UnknownJob
from subscribers.import_export.jobs.model import JobKind
from subscribers.import_export.jobs.records import find_job
from subscribers.lists import find_list
from subscribers.model import MailingList
from subscribers.requests.records import withdraw_requests
from subscribers.text.phrases import phrase

_READERS = the_list("list_slug", segment="terms.segment")


@requires(Permission.PEOPLE_READ, "ask_run.count", about=_READERS)
def count(app: App, list_slug: str, terms: AskTerms, *, by: Actor) -> int:
    """
    Return how many people a run would ask, and start none.

    Raises:
        UnknownList, UnknownSegment, UnknownJob: there is no such list, segment or import.
        Refused: the import was to another list, or the rule of the segment is not valid any more.
    """
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug)
        return count_people(connection, _people(app, connection, mailing_list, terms, by=by))


@requires(Permission.ISSUES_SEND, "ask_run.start", about=_READERS, in_steps=True)
def start(app: App, list_slug: str, terms: AskTerms, *, by: Actor) -> AskRunStatus:
    """
    Start a run. `newsletter serve` asks its people, who are fixed from now on.

    Raises:
        UnknownList, UnknownSegment, UnknownJob: there is no such list, segment or import.
        Refused: the import was to another list, the rule of the segment is not valid any more, the
            list is held, another run asks its people, or there is nobody to ask.
    """
    with app.database.write() as connection:
        kill_switch.require_not_migrated(connection)
        mailing_list = find_list(connection, list_slug)
        if load_list_settings(connection, mailing_list.id).held_reason is not None:
            raise Refused(
                phrase(
                    "list {list} is held: first release it with `newsletter list edit {list} "
                    "--release`",
                    list=list_slug,
                )
            )
        people = _people(app, connection, mailing_list, terms, by=by)
        now = app.clock()
        started = records.start_run(connection, mailing_list, people, terms, by=by.origin, now=now)
        if started is None:
            raise Refused(
                phrase(
                    "the people of list {list} are being asked already: wait until "
                    "`newsletter list ask-again {list} --status` says that it is done, or "
                    "stop it with `newsletter list ask-again {list} --stop`",
                    list=list_slug,
                )
            )
        if not started.people:
            raise Refused(
                phrase(
                    "there is nobody to ask on list {list}: {nobody}",
                    list=list_slug,
                    nobody=_NOBODY[terms.audience],
                )
            )
        return started


@requires(Permission.LISTS_READ, "ask_run.status", about=the_list("list_slug"))
def status(app: App, list_slug: str, *, by: Actor) -> AskRunStatus | None:
    """
    Return the latest run of a list; None if there was none.

    Raises:
        UnknownList: there is no such list.
    """
    with app.database.read() as connection:
        run = records.latest_run(connection, find_list(connection, list_slug).id)
        return None if run is None else status_of_run(connection, run, now=app.clock())


@requires(Permission.ISSUES_SEND, "ask_run.stop", about=the_list("list_slug"))
def stop(app: App, list_slug: str, *, by: Actor) -> AskRunStatus:
    """
    Stop the run of a list: nobody else is asked, and nobody is ended. Emails that are in no call
    yet are not sent; who was asked may still answer.

    Raises:
        UnknownList: there is no such list.
        Refused: none runs.
    """
    with app.database.write() as connection:
        run = records.latest_run(connection, find_list(connection, list_slug).id)
        if run is None or not records.lock_run(connection, run):
            raise Refused(
                phrase(
                    "nobody is being asked on list {list}: there is nothing to stop", list=list_slug
                )
            )
        now = app.clock()
        unsent = unsent_requests(connection, run)
        withdraw_requests(connection, unsent)
        records.take_back(connection, run, unsent)
        records.end_run(connection, run, AskRunState.STOPPED, now)
        stopped = records.latest_run(connection, run.list_id) or run
        return status_of_run(connection, stopped, now=now)


_NOBODY = {
    AskAudience.ALL: phrase("nobody active on it may be mailed now"),
    AskAudience.SEGMENT: phrase(
        "nobody who is active on it and may be mailed now is in the segment"
    ),
    AskAudience.PENDING: phrase("nobody is pending who was never asked"),
    AskAudience.IMPORT: phrase("nobody of the import is pending who was never asked"),
}


def _people(
    app: App, connection: sa.Connection, mailing_list: MailingList, terms: AskTerms, *, by: Actor
) -> sa.Select[Any]:
    if terms.audience.is_pending:
        if terms.import_id is not None:
            _require_its_import(connection, mailing_list, terms.import_id, by=by)
        return select_pending_to_ask(mailing_list, terms.import_id)
    now = app.clock()
    rule = AudienceRule(lists=(mailing_list.slug,), segment=terms.segment)
    return select_active_to_ask(mailing_list, segment_of(connection, rule, now=now), now=now)


def _require_its_import(
    connection: sa.Connection, mailing_list: MailingList, number: int, *, by: Actor
) -> None:
    job = find_job(connection, number, JobKind.IMPORT)
    if not by.sees(job.list_slug):
        raise UnknownJob(phrase("there is no import {number} for you", number=number))
    if job.list_id != mailing_list.id:
        raise Refused(
            phrase(
                "import {number} was not to list {list}: see `newsletter import show {number}`",
                number=number,
                list=mailing_list.slug,
            )
        )
