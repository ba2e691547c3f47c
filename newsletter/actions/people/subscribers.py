"""
Actions on subscribers: add, edit, unsubscribe and erase one; import many.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from newsletter.actions.guard.objects import (
    the_list,
    the_person,
    the_person_for,
    the_person_on_a_list,
)
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.person import seen_by_address, visible_part
from newsletter.app import App
from newsletter.delivery.trace import AddressTrace, trace
from newsletter.errors import Refused
from newsletter.model.access import Actor, Permission
from newsletter.store.access.owning_lists import lists_of_person
from newsletter.store.delivery.erasure import forget_address, forget_person
from subscribers import people
from subscribers.erasure import erase, erase_address
from subscribers.errors import UnknownSubscriber
from subscribers.fields.values import set_typed_values
from subscribers.import_export.importer import import_csv
from subscribers.import_export.products.detect_product import product_named
from subscribers.import_export.reading.find_columns import ReadingChoices
from subscribers.import_export.reading.map_columns import parse_mappings
from subscribers.import_export.sources import lists_in
from subscribers.lists import find_list
from subscribers.model import ImportReport, MailingList, Subscriber, Subscription
from subscribers.person_edits import edit_person
from subscribers.subscription_records import unsubscribed_at
from subscribers.subscriptions.begin import subscribe
from subscribers.subscriptions.end import unsubscribe_address
from subscribers.suppression.model import ALL_LISTS
from subscribers.text.phrases import phrase
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address, parse_address
from subscribers.validation.timezones import parse_timezone

NO_FIELDS: Mapping[str, str] = {}


@requires(Permission.PEOPLE_WRITE, "subscriber.add", about=the_person_for("list_slug"))
def add(
    app: App,
    address: str,
    list_slug: str,
    *,
    by: Actor,
    name: str = "",
    consent: str | None = None,
    timezone: str | None = None,
    fields: Mapping[str, str] = NO_FIELDS,
    resubscribe: bool = False,
) -> tuple[Subscription, Subscriber]:
    """
    Subscribe one person to a list. *consent* says how they agreed and makes them active. It is
    recorded with the channel through which *by* asked. If the person is known, *name*, *timezone*
    and *fields* replace theirs, unless they are also on a list out of reach. *resubscribe* says
    that they agreed after they unsubscribed.

    Raises:
        UnknownList: there is no such list.
        SubscribersError: the address or time zone is not valid, or the person cannot be added.
        Refused: they unsubscribed, and *resubscribe* is not given.
    """
    parsed = parse_address(address)
    zone = None if timezone is None else parse_timezone(timezone)
    with app.database.write() as connection:
        if by.lists is not None and lists_of_person(connection, parsed.key) - by.lists:
            name, zone, fields = "", None, NO_FIELDS
        subscription = add_to_list(
            app,
            connection,
            parsed,
            list_slug,
            by=by,
            name=name,
            consent=consent,
            timezone=zone,
            resubscribe=resubscribe,
        )
        if name:
            edit_person(connection, parsed, name=name, by=by.origin, now=app.clock())
        person = people.subscriber_by_address(connection, parsed)
        set_typed_values(connection, person, fields, by=by.origin, now=app.clock())
        return subscription, visible_part(connection, person, by=by)


def add_to_list(
    app: App,
    connection: sa.Connection,
    address: Address,
    list_slug: str,
    *,
    by: Actor,
    name: str = "",
    consent: str | None,
    timezone: str | None = None,
    resubscribe: bool,
) -> Subscription:
    """
    Subscribe one person to a list in the caller's transaction, as `add` does.
    """
    mailing_list = find_list(connection, list_slug)
    if not resubscribe:
        _refuse_to_bring_back(connection, address, mailing_list, app.links.keys)
    return subscribe(
        connection,
        address,
        mailing_list=mailing_list,
        name=name,
        consent=consent,
        source=by.channel,
        by=by.origin,
        now=app.clock(),
        timezone=timezone,
        keyring=app.links.keys,
    )


def _refuse_to_bring_back(
    connection: sa.Connection, address: Address, mailing_list: MailingList, keys: KeyRing
) -> None:
    """
    Raise Refused if the person unsubscribed from the list, or from all.
    """
    ended_at = unsubscribed_at(connection, address, mailing_list=mailing_list, keyring=keys)
    if ended_at is not None:
        raise Refused(
            phrase(
                "{address} unsubscribed from list {list} on {ended_at}; nothing was "
                "changed; if they agreed again: --consent TEXT and --resubscribe",
                address=address.email,
                list=mailing_list.slug,
                ended_at=ended_at.date(),
            )
        )


@requires(Permission.PEOPLE_WRITE, "subscriber.unsubscribe", about=the_person_for("list_slug"))
def unsubscribe(app: App, address: str, list_slug: str, *, by: Actor) -> Subscriber:
    """
    End one person's subscription to a list, and return the person.

    Raises:
        UnknownList, UnknownSubscriber: there is no such list or person.
        InvalidAddress: the address is not valid.
    """
    parsed = parse_address(address)
    with app.database.write() as connection:
        mailing_list = find_list(connection, list_slug)
        seen_by_address(connection, parsed, by=by)
        unsubscribe_address(
            connection,
            parsed,
            mailing_list=mailing_list,
            reason="by staff",
            by=by.origin,
            now=app.clock(),
        )
        person = people.subscriber_by_address(connection, parsed)
        return visible_part(connection, person, by=by)


@requires(Permission.PEOPLE_WRITE, "subscriber.edit", about=the_person())
def edit(
    app: App,
    address: str,
    *,
    by: Actor,
    name: str | None = None,
    timezone: str | None = None,
    language: str | None = None,
    fields: Mapping[str, str] = NO_FIELDS,
) -> Subscriber:
    """
    Change a person's name, time zone, language or declared fields and return the person. None
    leaves a value as it is, an empty text removes it.

    Raises:
        UnknownSubscriber: nobody has this address.
        SubscribersError: a value is not valid.
    """
    parsed = parse_address(address)
    with app.database.write() as connection:
        origin, now = by.origin, app.clock()
        edit_person(
            connection, parsed, name=name, timezone=timezone, language=language, by=origin, now=now
        )
        person = people.subscriber_by_address(connection, parsed)
        set_typed_values(connection, person, fields, by=origin, now=now)
        return person


@requires(Permission.PEOPLE_ERASE, "subscriber.erase", about=the_person())
def erase_person(app: App, address: str, *, by: Actor) -> int:
    """
    Erase a person, or what is stored about an address that is no subscriber's, and return the
    number of deliveries that are counted without the address.

    Raises:
        UnknownSubscriber: nothing is stored about this address.
        InvalidAddress: the address is not valid.
    """
    parsed = parse_address(address)
    with app.database.write() as connection:
        keys, origin, now = app.links.keys, by.origin, app.clock()
        try:
            number = erase(connection, parsed, keyring=keys, by=origin, now=now)
        except UnknownSubscriber:
            blanked = forget_address(connection, email_key=parsed.key)
            found = erase_address(connection, parsed, keyring=keys, by=origin, now=now)
            if not found and not blanked:
                raise
            return blanked
        return forget_person(connection, number=number, email_key=parsed.key)


@requires(Permission.PEOPLE_READ, "subscriber.why", about=the_person_on_a_list())
def trace_address(
    app: App, address: str, *, issue_id: int | None = None, by: Actor
) -> AddressTrace:
    """
    Return what happened to an address, in one issue or in the latest ones that concern it.

    Raises:
        NotFound: there is no such issue.
        InvalidAddress: the address is not valid.
    """
    parsed = parse_address(address)
    with app.database.read() as connection:
        found = trace(connection, parsed, issue_id=issue_id, now=app.clock())
        person = found.person and visible_part(connection, found.person, by=by)
    return replace(
        found,
        person=person,
        suppressions=[s for s in found.suppressions if s.scope == ALL_LISTS or by.sees(s.scope)],
        deliveries=[d for d in found.deliveries if by.sees_all(d.issue.audience.lists)],
    )


@requires(Permission.PEOPLE_WRITE, "subscriber.import", about=the_list("list_slug"), in_steps=True)
def import_people(
    app: App,
    files: Sequence[Path],
    list_slug: str | None,
    *,
    by: Actor,
    consent: str | None,
    dry_run: bool,
    progress: Callable[[int, int], None],
    product: str | None = None,
    columns: Sequence[str] = (),
    keeps_values: bool = False,
) -> dict[str, ImportReport]:
    """
    Add the people of one or several files to a list, and return the report by its slug. Without a
    list, the files are our own export of several, and each is one import of the rows that are about
    it. *progress* gets the bytes read and all bytes. *product* wrote the files, and *columns* say
    what a column is: `Firma=company`. With *keeps_values*, nobody's name or value is replaced.

    Raises:
        UnknownList: there is no such list; nothing was imported.
        SubscribersError: a file cannot be read, or an option does not fit it.
    """
    name = None if product is None else product_named(product).name
    choices = ReadingChoices(product=name, columns=parse_mappings(columns))
    slugs = [list_slug] if list_slug else lists_in(files)
    with app.database.read() as connection:
        lists = [find_list(connection, slug) for slug in slugs]
    return {
        mailing_list.slug: import_csv(
            app.database.engine,
            files,
            mailing_list=mailing_list,
            consent=consent,
            dry_run=dry_run,
            by=by.origin,
            now=app.clock(),
            clock=app.clock,
            progress=progress,
            keyring=app.links.keys,
            choices=choices,
            only_listed=not list_slug,
            keep_values=keeps_values,
        )
        for mailing_list in lists
    }
