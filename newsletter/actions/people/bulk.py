"""
Actions on many people at once: those whom a filter matches, those in a file, or one by address.

First they are found and counted; then the act runs in batches, and can be run again after a crash.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from newsletter.actions.guard.objects import people_in, unlimited, within
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.search import segment_of, within_reach
from newsletter.actions.people.suppressions import SuppressionValues, new_suppression
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.model.access import Actor, ObjectKind, Permission
from subscribers.bulk import activate, end, move
from subscribers.bulk.batches import BulkAct, run_in_batches
from subscribers.bulk.targets import Targets, keys_of, targets_in_file
from subscribers.errors import ImportRefused
from subscribers.filters.model import EVERYBODY, PeopleFilter
from subscribers.filters.search import numbers_of
from subscribers.lists import find_list
from subscribers.people import subscriber_by_address
from subscribers.suppression.bulk import count_suppressed, suppress_all
from subscribers.tags.names import parse_tag
from subscribers.tags.records import change_tags, tags_of
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address


@dataclasses.dataclass(frozen=True, kw_only=True)
class Whom:
    """
    Whom an act is about: one `address`, the people in a `file`, or those whom the filter matches.
    """

    address: str = ""
    file: Path | None = None
    which: PeopleFilter = EVERYBODY


@dataclasses.dataclass(frozen=True, kw_only=True)
class BulkRun:
    """
    How an act runs: who asks for it, whether it only counts, and the function that is called with
    the number of people done and of all.
    """

    by: Actor
    dry_run: bool = False
    progress: Callable[[int, int], None] | None = None


@requires(Permission.PEOPLE_READ, "people.choose", about=people_in("whom.which"))
def find(app: App, whom: Whom, *, by: Actor) -> Targets:
    """
    Find the people that an act is about.

    Raises:
        Refused: nobody is named, so that it would be everybody.
        SubscribersError: the address is not valid or nobody's, the file cannot be read, or there is
            no such list, tag or segment.
    """
    if whom.file is not None:
        return targets_in_file(app.database.engine, whom.file)
    if not whom.address and whom.which.is_everybody:
        raise Refused(phrase("say whom: an address, a file, or a filter such as a list"))
    with app.database.read() as connection:
        if whom.address:
            person = subscriber_by_address(connection, parse_address(whom.address))
            return Targets(numbers=[person.id])
        which = within_reach(whom.which, by)
        segment = segment_of(connection, which, now=app.clock())
        return Targets(numbers=numbers_of(connection, which, segment=segment))


@requires(Permission.PEOPLE_WRITE, "people.tag", about=unlimited(ObjectKind.PERSON), in_steps=True)
def tag(
    app: App, people: Targets, run: BulkRun, *, add: Collection[str], remove: Collection[str]
) -> Mapping[str, int]:
    """
    Give people tags and take others away; count those `changed` and `unchanged`.

    Raises:
        InvalidText: one of them is not a valid tag.
        Refused: one is to be given and taken.
    """
    given, taken = set(map(parse_tag, add)), set(map(parse_tag, remove))
    if both := given & taken:
        raise Refused(phrase("tag {both!r} is both added and removed: choose one", both=min(both)))

    def act(connection: sa.Connection, numbers: Sequence[int]) -> Counter[str]:
        if run.dry_run:
            had = tags_of(connection, numbers)
            before = [set(had.get(number, ())) for number in numbers]
            changed = sum((each - taken) | given != each for each in before)
        else:
            by, now = run.by.origin, app.clock()
            changed = change_tags(connection, numbers, add=given, remove=taken, by=by, now=now)
        return Counter(changed=changed, unchanged=len(numbers) - changed)

    return run_act(app, people, run, act, ("changed", "unchanged"))


@requires(
    Permission.PEOPLE_WRITE,
    "people.unsubscribe",
    about=within(ObjectKind.PERSON, "list_slug"),
    in_steps=True,
)
def unsubscribe(
    app: App, people: Targets, run: BulkRun, *, list_slug: str = ""
) -> Mapping[str, int]:
    """
    End people's subscriptions to a list, or to all; count those who `left`, who had left `already`,
    and who are `unknown` there.

    Raises:
        UnknownList: there is no such list.
    """
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug) if list_slug else None
    act = partial(
        end.unsubscribe_people,
        mailing_list=mailing_list,
        dry_run=run.dry_run,
        by=run.by.origin,
        now=app.clock(),
    )
    return run_act(app, people, run, act, ("left", "already", "unknown"))


@requires(
    Permission.SUPPRESSIONS_WRITE,
    "people.suppress",
    about=within(ObjectKind.SUPPRESSION, "values.list_slug"),
    in_steps=True,
)
def suppress(
    app: App, people: Targets, run: BulkRun, *, values: SuppressionValues
) -> Mapping[str, int]:
    """
    Suppress people's addresses; count those `suppressed`, and those who were `already`.

    Raises:
        UnknownList: there is no such list.
        InvalidValue: the last day is over, or the reason unknown.
    """
    new = new_suppression(app, values, by=run.by)

    def act(connection: sa.Connection, numbers: Sequence[int]) -> Counter[str]:
        keys, now = keys_of(connection, numbers), app.clock()
        if run.dry_run:
            done = len(keys) - count_suppressed(connection, keys, new)
        else:
            done = suppress_all(connection, keys, new, by=run.by.origin, now=now)
        return Counter(suppressed=done, already=len(keys) - done)

    return run_act(app, people, run, act, ("suppressed", "already"))


@requires(
    Permission.PEOPLE_WRITE,
    "people.confirm",
    about=within(ObjectKind.PERSON, "list_slug"),
    in_steps=True,
)
def confirm(
    app: App, people: Targets, run: BulkRun, *, evidence: str, list_slug: str = ""
) -> Mapping[str, int]:
    """
    Make people's pending subscriptions active, on one list or on all. *evidence* says how they
    agreed. Count those `confirmed`, `already_active`, `kept_unsubscribed` and `kept_suppressed`,
    and the people who are `unknown` there.

    Raises:
        UnknownList: there is no such list.
        ImportRefused: *evidence* is empty.
    """
    if not evidence.strip():
        raise ImportRefused(phrase("the evidence is empty: say how they agreed"))
    with app.database.read() as connection:
        mailing_list = find_list(connection, list_slug) if list_slug else None
    now = app.clock()
    proof = activate.Evidence(
        text=evidence.strip(), source=run.by.channel, given_at=now, recorded_at=now
    )
    act = partial(
        activate.confirm_people,
        mailing_list=mailing_list,
        evidence=proof,
        dry_run=run.dry_run,
        keyring=app.links.keys,
        by=run.by.origin,
    )
    names = ("confirmed", "already_active", "kept_unsubscribed", "kept_suppressed", "unknown")
    return run_act(app, people, run, act, names)


@requires(
    Permission.PEOPLE_WRITE,
    "people.move",
    about=within(ObjectKind.PERSON, "source", "target"),
    in_steps=True,
)
def move_to(
    app: App, people: Targets, run: BulkRun, *, source: str, target: str
) -> Mapping[str, int]:
    """
    Move people from the list *source* to the list *target*; count those `moved`,
    `kept_unsubscribed` because they left the target, `kept_suppressed`, and `unknown` at the
    source.

    Raises:
        UnknownList: there is no such list.
        Refused: it is the same list.
    """
    with app.database.read() as connection:
        lists = (find_list(connection, source), find_list(connection, target))
    if source == target:
        raise Refused(
            phrase(
                "--list and --to are both {list}: give the other list with --to SLUG", list=source
            )
        )
    act = partial(
        move.move_people,
        source=lists[0],
        target=lists[1],
        dry_run=run.dry_run,
        keyring=app.links.keys,
        by=run.by.origin,
        now=app.clock(),
    )
    return run_act(
        app, people, run, act, ("moved", "kept_unsubscribed", "kept_suppressed", "unknown")
    )


def run_act(
    app: App, people: Targets, run: BulkRun, act: BulkAct, names: Sequence[str]
) -> Mapping[str, int]:
    """
    Run an act, and return its counts by *names*, with the rows of the file that were about nobody.
    """
    begin = app.database.read if run.dry_run else app.database.write
    counts = run_in_batches(
        begin, people.numbers, act, changes=not run.dry_run, progress=run.progress
    )
    if "unknown" in names:
        counts["unknown"] += people.unknown
    return {name: counts[name] for name in names}
