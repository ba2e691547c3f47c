"""
An installation to which a history happens, and beside it the model: who went, and has not come back
by an act of their own since.

The model knows nothing of tables or of restores. Whoever went stays gone, whatever is restored or
imported, until their own confirmation or undo makes them active.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from installation import SECRET, Installation
from origins import READER

from histories.steps import PEOPLE, Step
from newsletter.actions.operations import secrets
from newsletter.actions.operations.departures import merge_departures
from newsletter.actions.people import lists, subscribers
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR
from newsletter.store.tables import list_settings
from subscribers.database.tables import (
    mailing_list,
    metadata,
    subscriber,
    subscription,
    suppression,
)
from subscribers.errors import UnknownSubscriber
from subscribers.history.model import Origin, OriginKind
from subscribers.lists import find_list
from subscribers.model import SubscriptionState
from subscribers.preferences.address import change_address
from subscribers.preferences.leave import leave, undo
from subscribers.signup.confirm import confirm_join
from subscribers.signup.join import join
from subscribers.signup.model import SignUp
from subscribers.suppression.model import ALL_LISTS, SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

PROVIDER = Origin(kind=OriginKind.PROVIDER, name="resend", through="test")
# What a backup holds of people, in the order in which rows can be inserted.
TABLES = [
    table
    for table in metadata.sorted_tables
    if table.name
    in {
        "subscriber",
        "subscription",
        "consent",
        "suppression",
        "history",
        "departure",
        "reader_request",
        "privacy_request",
        "file_job",
        "field_value",
        "leave_reason",
    }
]
_STATUSES = ("active", "active", "unsubscribed", "bounced")
_EVENTS = {"bounce": SuppressionReason.BOUNCE, "complain": SuppressionReason.COMPLAINT}
SLUGS = ("daily", "weekly", "monthly")
Rows = list[tuple[sa.Table, list[dict[str, object]]]]


class BroughtBack(AssertionError):
    """
    Raised if somebody is active who went and did not come back by an act of their own.
    """


class World:
    """
    One installation. `clear` makes it new for the next history; `seen` counts what happened, so
    that a run can show that it was not about nothing.
    """

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.app = installation.app
        self.seen: Counter[str] = Counter()
        installation.add_list()
        self.clear()

    def clear(self) -> None:
        """
        Forget everybody, the backups and the former secrets.
        """
        self.gone: set[str] = set()
        self.requests: list[int] = []
        self.backups: list[tuple[str, Rows]] = []
        self._left_at: dict[int, dt.datetime] = {}
        with self.app.database.write() as connection:
            self._delete_all(connection)
            self._set_slug(connection, SLUGS[0])
        self.app.departure_log.file.path.unlink(missing_ok=True)
        (self.installation.folder / "secret.key").write_text(SECRET)
        self._read_secret_again()

    def run(self, steps: Sequence[Step]) -> None:
        """
        Let *steps* happen to a new installation.

        Raises:
            BroughtBack: somebody is active who must not be.
        """
        self.clear()
        for step in steps:
            self.installation.now += dt.timedelta(minutes=step.minutes)
            getattr(self, f"_{step.kind}")(step)
            self.seen[step.kind] += 1
            brought_back = self.active() & self.gone
            if brought_back:
                raise BroughtBack(f"{sorted(brought_back)} after {step}")

    def active(self) -> set[str]:
        """
        Return the addresses to which an issue would go.
        """
        is_suppressed = sa.exists().where(
            suppression.c.email_key == subscriber.c.email_key,
            suppression.c.scope.in_([ALL_LISTS, self.slug]),
        )
        found = (
            sa.select(subscriber.c.email_key)
            .join(subscription, subscription.c.subscriber_id == subscriber.c.id)
            .where(subscription.c.state == SubscriptionState.ACTIVE.value, ~is_suppressed)
        )
        with self.app.database.read() as connection:
            return set(connection.scalars(found))

    @property
    def _now(self) -> dt.datetime:
        return self.installation.now

    def _address(self, who: int) -> str:
        return f"p{who % PEOPLE}@example.org"

    def _own_act(self, address: str) -> None:
        """
        The person did something that may bring them back, and did if they are active now.
        """
        if address in self.gone and address in self.active():
            self.gone.discard(address)
            self.seen["came back"] += 1

    def _subscription(self, address: str) -> sa.Row[Any] | None:
        query = (
            sa.select(subscription.c.id, subscription.c.subscriber_id)
            .join(subscriber, subscriber.c.id == subscription.c.subscriber_id)
            .where(subscriber.c.email_key == address)
        )
        with self.app.database.read() as connection:
            return connection.execute(query).one_or_none()

    def _import(self, step: Step) -> None:
        people = {self._address(step.who): _STATUSES[step.choice % 4]}
        people.setdefault(self._address(step.who + 1), _STATUSES[step.choice // 4 % 4])
        file = self.installation.folder / "people.csv"
        lines = [f"{address},{status}" for address, status in people.items()]
        file.write_text("\n".join(["email,status", *lines]))
        subscribers.import_people(
            self.app,
            [file],
            self.slug,
            by=OPERATOR,
            consent="asked",
            dry_run=False,
            progress=lambda done, size: None,
        )
        self.gone |= {address for address, status in people.items() if status != "active"}

    def _join(self, step: Step) -> None:
        with self.app.database.write() as connection:
            sign_up = SignUp(
                address=parse_address(self._address(step.who)),
                lists=[find_list(connection, self.slug)],
                form="join",
                consent="yes",
            )
            keys = self.app.links.keys
            made = join(connection, sign_up, keyring=keys, by=READER, now=self._now)
        self.requests.append(made.request_id)

    def _confirm(self, step: Step) -> None:
        if not self.requests:
            return
        number = self.requests[-1 - step.choice % min(len(self.requests), 3)]
        with self.app.database.write() as connection:
            keys = self.app.links.keys
            done = confirm_join(connection, number, keyring=keys, by=READER, now=self._now)
        if done.address is not None:
            self._own_act(done.address.key)

    def _leave(self, step: Step) -> None:
        address = self._address(step.who)
        row = self._subscription(address)
        if row is not None:
            with self.app.database.write() as connection:
                if leave(connection, row.id, by=READER, now=self._now).left:
                    self._left_at[row.id] = self._now
            self.gone.add(address)

    def _undo(self, step: Step) -> None:
        row = self._subscription(self._address(step.who))
        if row is not None and row.id in self._left_at:
            left_at = self._left_at[row.id]
            with self.app.database.write() as connection:
                undo(connection, row.id, left_at=left_at, by=READER, now=self._now)
            self._own_act(self._address(step.who))

    def _event(self, step: Step) -> None:
        address = self._address(step.who)
        reason = _EVENTS[step.kind]
        with self.app.database.write() as connection:
            suppress(connection, parse_address(address), reason=reason, by=PROVIDER, now=self._now)
        self.gone.add(address)

    _bounce = _complain = _event

    def _erase(self, step: Step) -> None:
        address = self._address(step.who)
        try:
            subscribers.erase_person(self.app, address, by=OPERATOR)
        except UnknownSubscriber:
            return
        self.gone.add(address)

    def _move(self, step: Step) -> None:
        old, new = self._address(step.who), self._address(step.who + 1 + step.choice % 3)
        row = self._subscription(old)
        if row is None:
            return
        with self.app.database.write() as connection:
            to = parse_address(new)
            moved = change_address(connection, row.subscriber_id, to, by=READER, now=self._now)
        if moved is not None:
            self.gone.add(old)
            self._own_act(new)
            self.seen["moved"] += 1

    def _rotate(self, step: Step) -> None:
        secrets.rotate(self.app, by=OPERATOR)
        self._read_secret_again()

    def _rename(self, step: Step) -> None:
        slug = SLUGS[step.choice % len(SLUGS)]
        lists.edit(self.app, self.slug, ListValues(slug=slug), by=OPERATOR)
        self.slug = slug

    def _set_slug(self, connection: sa.Connection, slug: str) -> None:
        connection.execute(mailing_list.update().values(slug=slug))
        self.slug = slug

    def _read_secret_again(self) -> None:
        """
        Do what a restart does.
        """
        for name in ("signing_secrets", "instance", "links"):
            self.app.__dict__.pop(name, None)

    def _back_up(self, step: Step) -> None:
        with self.app.database.read() as connection:
            rows = [
                (table, [dict(row._mapping) for row in connection.execute(sa.select(table))])
                for table in TABLES
            ]
        self.backups.append((self.slug, rows))

    def _restore(self, step: Step) -> None:
        if not self.backups:
            return
        before = self.active()
        with self.app.database.write() as connection:
            self._delete_all(connection)
            slug, backup = self.backups[step.choice % len(self.backups)]
            self._set_slug(connection, slug)
            for table, rows in backup:
                if rows:
                    connection.execute(table.insert(), rows)
            self.app.departure_log.write([])
            merged = merge_departures(connection, self.app, ())
            if merged.is_held:
                # Nobody left yet, so there is no file. A person says that this is so.
                assert not self.gone
                connection.execute(list_settings.update().values(held_reason=None))
        self.seen["removed again"] += merged.replayed.left + merged.replayed.suppressed
        self.seen["erased again"] += len(merged.replayed.erased)
        self.seen["kept"] += len(before & self.active())

    def _pass(self, step: Step) -> None:
        """
        Time passes.
        """

    def _delete_all(self, connection: sa.Connection) -> None:
        for table in reversed(TABLES):
            connection.execute(table.delete())
