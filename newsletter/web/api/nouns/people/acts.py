"""
What can be done with all people whom a filter matches: tag, unsubscribe, suppress, move them.
"""

from __future__ import annotations

from newsletter.actions.people import bulk
from newsletter.actions.people.bulk import BulkRun, Whom
from newsletter.errors import Refused
from newsletter.model.access import Permission
from newsletter.web.api.bodies.people.acts import (
    ActResultBody,
    PeopleChoice,
    PeopleToMove,
    PeopleToSuppress,
    PeopleToTag,
    PeopleToUnsubscribe,
)
from newsletter.web.api.call import Call
from newsletter.web.api.operations import Noun
from newsletter.web.api.requests.request_limits import RateClass
from subscribers.bulk.targets import Targets

noun = Noun("acts", "What can be done with all people whom a filter matches.")

# More would keep the client waiting for minutes.
MOST_PEOPLE = 10_000


@noun.post(
    "/bulk/tag", Permission.PEOPLE_READ, Permission.PEOPLE_WRITE, rate=RateClass.BULK, in_steps=True
)
def tag_people(call: Call, body: PeopleToTag) -> ActResultBody:
    """
    Give people tags and take others away.
    """
    people = _find(call, body.which)
    run = BulkRun(by=call.actor, dry_run=body.dry_run)
    counts = bulk.tag(call.app, people, run, add=body.add, remove=body.remove)
    return ActResultBody.of(len(people.numbers), counts, dry_run=body.dry_run)


@noun.post(
    "/bulk/unsubscribe",
    Permission.PEOPLE_READ,
    Permission.PEOPLE_WRITE,
    rate=RateClass.BULK,
    in_steps=True,
)
def unsubscribe_people(call: Call, body: PeopleToUnsubscribe) -> ActResultBody:
    """
    End people's subscriptions to a list, or to all.
    """
    people = _find(call, body.which)
    run = BulkRun(by=call.actor, dry_run=body.dry_run)
    counts = bulk.unsubscribe(call.app, people, run, list_slug=body.list or "")
    return ActResultBody.of(len(people.numbers), counts, dry_run=body.dry_run)


@noun.post(
    "/bulk/suppress",
    Permission.PEOPLE_READ,
    Permission.SUPPRESSIONS_WRITE,
    rate=RateClass.BULK,
    in_steps=True,
)
def suppress_people(call: Call, body: PeopleToSuppress) -> ActResultBody:
    """
    Suppress people's addresses.
    """
    people = _find(call, body.which)
    run = BulkRun(by=call.actor, dry_run=body.dry_run)
    counts = bulk.suppress(call.app, people, run, values=body.as_values())
    return ActResultBody.of(len(people.numbers), counts, dry_run=body.dry_run)


@noun.post(
    "/bulk/move",
    Permission.PEOPLE_READ,
    Permission.PEOPLE_WRITE,
    rate=RateClass.BULK,
    in_steps=True,
)
def move_people(call: Call, body: PeopleToMove) -> ActResultBody:
    """
    Move people from the list in the filter to another.
    """
    if body.which.list is None:
        raise Refused("say from which list they are to be moved: /which/list")
    people = _find(call, body.which)
    run = BulkRun(by=call.actor, dry_run=body.dry_run)
    counts = bulk.move_to(call.app, people, run, source=body.which.list, target=body.to)
    return ActResultBody.of(len(people.numbers), counts, dry_run=body.dry_run)


def _find(call: Call, which: PeopleChoice) -> Targets:
    found = bulk.find(call.app, Whom(which=which.as_filter()), by=call.actor)
    if len(found.numbers) > MOST_PEOPLE:
        raise Refused(
            f"the filter matches {len(found.numbers)} people: narrow it to {MOST_PEOPLE} at most, "
            "or use the command on the machine"
        )
    return found
