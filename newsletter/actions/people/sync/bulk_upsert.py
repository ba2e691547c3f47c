"""
Actions on many subscribers at once, for programs: make or change up to a thousand.
"""

from __future__ import annotations

from collections.abc import Sequence

from newsletter.actions.guard.objects import within
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import InvalidValue
from newsletter.model.access import Actor, ObjectKind, Permission
from subscribers.bulk.given_people import GivenPerson, UpsertResult
from subscribers.bulk.upsert import upsert_people
from subscribers.import_export.run.overtaken import repeat_if_overtaken
from subscribers.lists import find_list
from subscribers.text.phrases import phrase

MOST = 1_000


@requires(Permission.PEOPLE_WRITE, "people.upsert", about=within(ObjectKind.PERSON, "list_slug"))
def upsert_many(
    app: App, list_slug: str, people: Sequence[GivenPerson], *, consent: str | None, by: Actor
) -> list[UpsertResult]:
    """
    Add people to a list or change those who are on it, and return the result of each. What is not
    valid in one row is its result. Nobody is sent an email: those who are pending can be asked to
    confirm by another action. Of people who are also on a list out of reach, nothing but the
    subscription is changed.

    Raises:
        UnknownList: there is no such list.
        InvalidValue: there are too many.
        ImportBlocked: other processes keep adding the same people.
    """
    if len(people) > MOST:
        raise InvalidValue(
            phrase(
                "{number} people at once: give at most {limit:,}", number=len(people), limit=MOST
            )
        )
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug)
    results: list[UpsertResult] = []

    def act() -> None:
        with app.database.write() as connection:
            results[:] = upsert_people(
                connection,
                people,
                mailing_list=mailing_list,
                consent=consent,
                reach=by.lists,
                source=by.channel,
                keyring=app.links.keys,
                by=by.origin,
                now=app.clock(),
            )

    repeat_if_overtaken(act)
    return results
