"""
What people and editors do in the simulated world. That the product refuses some of it is no fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextlib import suppress as forgive

import sqlalchemy as sa
from origins import STAFF

from newsletter.errors import NewsletterError
from newsletter.model.issue import IssueState
from newsletter.store.delivery.finish import cancel_open
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.issues import issues
from newsletter.store.issues.issues import move_issue
from reliability.runs.draft import SLUG, address
from reliability.simulation.world import World
from subscribers.erasure import erase as erase_person
from subscribers.errors import SubscribersError
from subscribers.import_export.importer import import_csv
from subscribers.lists import find_list
from subscribers.subscriptions.begin import subscribe as subscribe_person
from subscribers.subscriptions.end import unsubscribe_address
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

PEOPLE = 8


def issues_in(world: World, *states: IssueState) -> list[int]:
    with world.admin_app.database.read() as connection:
        return [found.id for found in issues.issues_in(connection, list(states))]


@contextmanager
def transaction(world: World) -> Iterator[sa.Connection]:
    """
    Open a transaction in which a refusal by the product is no fault.
    """
    with (
        forgive(NewsletterError, SubscribersError),
        world.admin_app.database.write() as connection,
    ):
        yield connection


def subscribe(world: World, who: int) -> None:
    with transaction(world) as connection:
        subscribe_person(
            connection, parse_address(address(who)), mailing_list=find_list(connection, SLUG),
            name="Ben", consent="asked", source="test", by=STAFF, now=world.now(),
        )  # fmt: skip
        world.note_back(address(who))


def import_file(world: World, who: int) -> None:
    admin_app, file = world.admin_app, world.folder / "people.csv"
    file.write_text(f"email\n{address(who)}\n{address(PEOPLE)}\n")
    with admin_app.database.read() as connection:
        mailing_list = find_list(connection, SLUG)
    with forgive(NewsletterError, SubscribersError):
        import_csv(
            admin_app.database.engine, file, mailing_list=mailing_list, consent="a list of old",
            dry_run=False, now=world.now(), keyring=admin_app.links.keys,
        by=STAFF)  # fmt: skip


def leave(world: World, who: int) -> None:
    with transaction(world) as connection:
        unsubscribe_address(
            connection, parse_address(address(who)), mailing_list=find_list(connection, SLUG),
            reason="by the reader", now=world.now(),
        by=STAFF)  # fmt: skip
        world.note_left(address(who))


def bounce(world: World, who: int) -> None:
    reason = SuppressionReason.BOUNCE if who % 2 else SuppressionReason.COMPLAINT
    with transaction(world) as connection:
        suppress(connection, parse_address(address(who)), reason=reason, now=world.now(), by=STAFF)
        world.note_left(address(who), for_good=True)


def erase(world: World, who: int) -> None:
    keys = world.admin_app.links.keys
    with transaction(world) as connection:
        person = parse_address(address(who))
        erase_person(connection, person, keyring=keys, by=STAFF, now=world.now())
        world.note_left(address(who), for_good=True)


def pause_all(world: World) -> None:
    for number in issues_in(world, IssueState.SENDING):
        with transaction(world) as connection:
            move_issue(connection, number, IssueState.PAUSED, pause_reason="by staff")


def resume_all(world: World) -> None:
    for number in issues_in(world, IssueState.PAUSED):
        with transaction(world) as connection:
            move_issue(connection, number, IssueState.SENDING, pause_reason=None)


def cancel_first(world: World) -> None:
    for number in issues_in(world, IssueState.SENDING, IssueState.PAUSED)[:1]:
        with transaction(world) as connection:
            move_issue(connection, number, IssueState.CANCELLED)
            cancel_open(connection, number, now=world.now())


def stop_all(world: World) -> None:
    with transaction(world) as connection:
        now = world.now()
        kill_switch.engage(connection, StopKind.ALL, reason="by staff", now=now)


def start_all(world: World) -> None:
    with transaction(world) as connection:
        kill_switch.disengage(connection, StopKind.ALL)


PEOPLE_ACTIONS: Mapping[str, Callable[[World, int], None]] = {
    "subscribe": subscribe,
    "import": import_file,
    "leave": leave,
    "bounce": bounce,
    "erase": erase,
}
EDITOR_ACTIONS: Mapping[str, Callable[[World], None]] = {
    "pause": pause_all,
    "resume": resume_all,
    "cancel": cancel_first,
    "stop everything": stop_all,
    "go on": start_all,
}
