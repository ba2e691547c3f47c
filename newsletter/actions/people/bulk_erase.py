"""
Erase many people at once, and addresses of a file that are nobody's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import sqlalchemy as sa

from newsletter.actions.guard.objects import unlimited
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.bulk import BulkRun, run_act
from newsletter.app import App
from newsletter.model.access import Actor, ObjectKind, Permission
from newsletter.store.delivery.erasure import forget_address, forget_person, mailed_among
from subscribers.bulk.targets import Targets, addresses_in_file
from subscribers.erasure import erase, erase_address, stored_among
from subscribers.people import address_of
from subscribers.validation.address import Address


@requires(
    Permission.PEOPLE_ERASE,
    "people.erase",
    about=unlimited(ObjectKind.PERSON),
    in_steps=True,
)
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
    counts = dict(run_act(app, people, run, act, names))
    if file is not None:
        counts["other_addresses"] = 0
        for found in _others_in(app, file):
            counts["other_addresses"] += len(found)
            if not run.dry_run:
                counts["deliveries"] += _erase_others(app, found, run)
    return counts


@requires(Permission.PEOPLE_READ, "people.count_others", about=unlimited(ObjectKind.PERSON))
def count_others(app: App, file: Path, *, by: Actor) -> int:
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
