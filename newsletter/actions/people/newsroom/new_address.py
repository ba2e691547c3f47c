"""
An action that gives a person another address.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from newsletter.actions.guard.objects import the_person
from newsletter.actions.guard.requires import requires
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.issues.standing.notices import standing_notice
from newsletter.model.access import Actor, Permission
from newsletter.model.notice import NoticeKind, NoticeRecipient
from newsletter.store.delivery.appending import append_notices
from newsletter.store.flow_control import kill_switch
from subscribers.people import subscriber_by_address
from subscribers.preferences.address import change_address
from subscribers.requests.records import close_own_links
from subscribers.text.phrases import phrase
from subscribers.validation.address import Address, parse_address


@requires(Permission.PEOPLE_WRITE, "subscriber.change_address", about=the_person(), in_steps=True)
def change(app: App, address: str, *, new_address: str, by: Actor) -> None:
    """
    Give the person with *address* another one, and tell them at the old one. Links to change or
    find their settings that they had asked for do not work any more.

    Raises:
        UnknownSubscriber: nobody has this address.
        InvalidAddress: one of the addresses is not valid.
        Refused: somebody has the new address already.
    """
    old, new = parse_address(address), parse_address(new_address)
    with app.database.read() as connection:
        person = subscriber_by_address(connection, old)
    language = person.language or app.site.language
    notice = standing_notice(app.publishing, NoticeKind.ADDRESS_CHANGED, None, language)
    try:
        with app.database.write() as connection:
            kill_switch.require_not_migrated(connection)
            _move(app, connection, person.id, new, by=by)
            if old.key != new.key:
                who = NoticeRecipient(subscriber_id=person.id, email=old)
                append_notices(connection, notice, [who], now=app.clock())
    except IntegrityError as error:
        # Somebody joined with it at the same moment.
        raise _taken() from error


def _move(app: App, connection: sa.Connection, number: int, new: Address, *, by: Actor) -> None:
    keys, now = app.links.keys, app.clock()
    if change_address(connection, number, new, keyring=keys, by=by.origin, now=now) is None:
        raise _taken()
    close_own_links(connection, number)


def _taken() -> Refused:
    return Refused(phrase("somebody has the new address already: nothing was changed"))
