"""
Actions on many people at once: those whom a filter matches, those in a file, or one by address.

First they are found and counted; then the act runs in batches, and can be run again after a crash.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from newsletter.actions.people.search import segment_of
from newsletter.actions.people.suppressions import SuppressionValues, new_suppression
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.model.access import Actor
from newsletter.store.delivery.erasure import forget_address, forget_person, mailed_among
from subscribers.bulk import activate, end, move
from subscribers.bulk.batches import BulkAct, run_in_batches
from subscribers.bulk.targets import Targets, addresses_in_file, keys_of, targets_in_file
from subscribers.erasure import erase, erase_address, stored_among
from subscribers.errors import ImportRefused
from subscribers.filters.model import EVERYBODY, PeopleFilter
from subscribers.filters.search import numbers_of
from subscribers.lists import find_list
from subscribers.people import address_of, subscriber_by_address
from subscribers.suppression.bulk import count_suppressed, suppress_all
from subscribers.tags.names import parse_tag
from subscribers.tags.records import change_tags, tags_of
from subscribers.validation.address import Address, parse_address


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


def find(app: App, whom: Whom) -> Targets:
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
        raise Refused("say whom: ADDRESS, --file FILE, or a filter, such as --list SLUG")
    with app.database.read() as connection:
        if whom.address:
            person = subscriber_by_address(connection, parse_address(whom.address))
            return Targets(numbers=[person.id])
        segment = segment_of(connection, whom.which, now=app.clock())
        return Targets(numbers=numbers_of(connection, whom.which, segment=segment))


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
        raise Refused(f"tag {min(both)!r} is both added and removed: choose one")

    def act(connection: sa.Connection, numbers: Sequence[int]) -> Counter[str]:
        if run.dry_run:
            had = tags_of(connection, numbers)
            before = [set(had.get(number, ())) for number in numbers]
            changed = sum((each - taken) | given != each for each in before)
        else:
            by, now = run.by.origin, app.clock()
            changed = change_tags(connection, numbers, add=given, remove=taken, by=by, now=now)
        return Counter(changed=changed, unchanged=len(numbers) - changed)

    return _run(app, people, run, act, ("changed", "unchanged"))


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
    return _run(app, people, run, act, ("left", "already", "unknown"))


def suppress(
    app: App, people: Targets, run: BulkRun, *, values: SuppressionValues
) -> Mapping[str, int]:
    """
    Suppress people's addresses; count those `suppressed`, and those who were `already`.

    Raises:
        UnknownList: there is no such list.
        InvalidValue: the last day is over, or the reason unknown.
    """
    new = new_suppression(app, values)

    def act(connection: sa.Connection, numbers: Sequence[int]) -> Counter[str]:
        keys, now = keys_of(connection, numbers), app.clock()
        if run.dry_run:
            done = len(keys) - count_suppressed(connection, keys, new)
        else:
            done = suppress_all(connection, keys, new, by=run.by.origin, now=now)
        return Counter(suppressed=done, already=len(keys) - done)

    return _run(app, people, run, act, ("suppressed", "already"))


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
        raise ImportRefused("the evidence is empty: say how they agreed")
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
    return _run(app, people, run, act, names)


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
        raise Refused(f"--list and --to are both {source}: give the other list with --to SLUG")
    act = partial(
        move.move_people,
        source=lists[0],
        target=lists[1],
        dry_run=run.dry_run,
        keyring=app.links.keys,
        by=run.by.origin,
        now=app.clock(),
    )
    return _run(app, people, run, act, ("moved", "kept_unsubscribed", "kept_suppressed", "unknown"))


def erase_people(
    app: App, people: Targets, run: BulkRun, *, file: Path | None
) -> Mapping[str, int]:
    """
    Erase people for good, and what is stored about the addresses of a *file* that are nobody's;
    count the `erased`, those `other_addresses`, and the `deliveries`, which stay without address. A
    dry run does not count these.
    """

    def act(connection: sa.Connection, numbers: Sequence[int]) -> Counter[str]:
        if run.dry_run:
            return Counter(erased=len(numbers))
        deliveries = 0
        for number in numbers:
            address = address_of(connection, number)
            assert address is not None
            keys, by, now = app.links.keys, run.by.origin, app.clock()
            erase(connection, address, keyring=keys, by=by, now=now)
            deliveries += forget_person(connection, number=number, email_key=address.key)
        return Counter(erased=len(numbers), deliveries=deliveries)

    names = ("erased",) if run.dry_run else ("erased", "deliveries")
    counts = dict(_run(app, people, run, act, names))
    if file is not None:
        counts["other_addresses"] = 0
        for found in _others_in(app, file):
            counts["other_addresses"] += len(found)
            if not run.dry_run:
                counts["deliveries"] += _erase_others(app, found, run)
    return counts


def count_others(app: App, file: Path) -> int:
    """
    Return how many addresses of a file are nobody's but are stored, as in suppressions.

    Raises:
        SubscribersError: the file cannot be read.
    """
    return sum(map(len, _others_in(app, file)))


def _others_in(app: App, file: Path) -> Iterator[Sequence[Address]]:
    seen = set[int]()
    for addresses, _ in addresses_in_file(file):
        keys = list(addresses)
        with app.database.read() as connection:
            stored = stored_among(connection, keys) | mailed_among(connection, keys)
        new = [key for key in stored if hash(key) not in seen]
        seen.update(map(hash, new))
        yield [addresses[key] for key in new]


def _erase_others(app: App, addresses: Sequence[Address], run: BulkRun) -> int:
    keys, by, now = app.links.keys, run.by.origin, app.clock()
    with app.database.write() as connection:
        deliveries = 0
        for each in addresses:
            deliveries += forget_address(connection, email_key=each.key)
            erase_address(connection, each, keyring=keys, by=by, now=now)
        return deliveries


def _run(
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
