"""
Actions on so many people that the server does them step by step: start one, show and stop it.

Each step is an action of its own, with an entry in the audit trail. It is done with the permissions
that the member has then, and with those of the people who are still within their reach.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from newsletter.actions.guard.objects import shared
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.bulk import BulkRun
from newsletter.actions.people.newsroom import ticked
from newsletter.actions.people.newsroom.bulk_acts import AT_ONCE, CHANGED, require_act, run
from newsletter.app import App
from newsletter.errors import Forbidden, NewsletterError, NotFound, is_temporary
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.model.bulk_job import BulkActKind, BulkJob, BulkJobState
from newsletter.store.access import bulk_jobs, members
from subscribers.bulk.targets import Targets
from subscribers.errors import SubscribersError
from subscribers.text.phrases import phrase

KEPT_FOR = dt.timedelta(days=7)


@requires(
    Permission.PEOPLE_READ, "people.start_job", about=shared(ObjectKind.PERSON), audited=False
)
def start(
    app: App, kind: BulkActKind, people: Targets, given: Mapping[str, str], *, by: Actor
) -> int:
    """
    Let `newsletter serve` do something with people, and return the number of the job. *given* is
    what was typed for it.

    Raises:
        Forbidden: the member may not do that.
    """
    require_act(kind, by)
    if by.staff_id is None:
        raise Forbidden(phrase("only a member of staff can ask for this"))
    with app.database.write() as connection:
        return bulk_jobs.add_job(
            connection,
            kind,
            list(people.numbers),
            given=given,
            staff_id=by.staff_id,
            from_address=by.from_address,
            now=app.clock(),
        )


@requires(Permission.PEOPLE_READ, "people.show_job", about=shared(ObjectKind.PERSON))
def show(app: App, number: int, *, by: Actor) -> BulkJob:
    """
    Return one's own job.

    Raises:
        NotFound: there is none of that number.
    """
    with app.database.read() as connection:
        found = bulk_jobs.find_job(connection, number)
    if found is None or found.staff_id != by.staff_id:
        raise NotFound(phrase("there is no job {number} of yours", number=number))
    return found


@requires(Permission.PEOPLE_READ, "people.running_jobs", about=shared(ObjectKind.PERSON))
def running(app: App, *, by: Actor) -> list[BulkJob]:
    """
    Return one's own jobs that are not done.
    """
    with app.database.read() as connection:
        return bulk_jobs.running_jobs(connection, staff_id=by.staff_id or 0)


@requires(Permission.PEOPLE_READ, "people.stop_job", about=shared(ObjectKind.PERSON), audited=False)
def stop(app: App, number: int, *, by: Actor) -> None:
    """
    Stop one's own job. What is done stays so.

    Raises:
        NotFound: there is none of that number.
    """
    found = show(app, number, by=by)
    with app.database.write() as connection:
        bulk_jobs.end_job(connection, found.id, BulkJobState.STOPPED, now=app.clock())


def work_some(app: App, job: BulkJob) -> None:
    """
    Do it with the next people. A job that is refused has failed.

    Raises:
        StoreError, OSError: the database or machine failed at that moment.
    """
    with app.database.read() as connection:
        member = members.member_by_id(connection, job.staff_id)
    some = job.people[job.position : job.position + AT_ONCE[job.kind]]
    try:
        if member is None or not member.is_active:
            raise Forbidden(phrase("who asked for this is no member of staff any more"))
        actor = member.actor(job.from_address)
        require_act(job.kind, actor)
        people = ticked.find(app, some, by=actor)
        counts = run(app, job.kind, people, BulkRun(by=actor), job.given)
    except (NewsletterError, SubscribersError) as error:
        if is_temporary(error):
            raise
        with app.database.write() as connection:
            now, line = app.clock(), str(error)
            bulk_jobs.end_job(connection, job.id, BulkJobState.FAILED, now=now, error=line)
        return
    with app.database.write() as connection:
        bulk_jobs.advance(
            connection,
            job,
            position=job.position + len(some),
            changed=counts[CHANGED[job.kind]],
            now=app.clock(),
        )


def delete_expired(app: App, *, now: dt.datetime) -> int:
    """
    Delete the jobs that ended seven days ago, and return how many.
    """
    with app.database.write() as connection:
        return bulk_jobs.delete_ended(connection, before=now - KEPT_FOR)
