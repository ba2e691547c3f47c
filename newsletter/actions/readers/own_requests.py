"""
Actions of readers that an email confirms: find their settings, change their address, be erased.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from newsletter.actions.people.privacy import all_about
from newsletter.actions.readers.preferences import BY_READER, Admit
from newsletter.app import App
from newsletter.issues.standing.notices import standing_notice
from newsletter.model.notice import NoticeKind, NoticeRecipient
from newsletter.store.delivery.appending import append_notices
from newsletter.store.delivery.erasure import forget_person
from newsletter.store.flow_control import kill_switch
from subscribers.database.tables import subscriber
from subscribers.erasure import erase
from subscribers.people import address_of
from subscribers.preferences.address import change_address
from subscribers.requests.model import ReaderRequest, RequestKind
from subscribers.requests.privacy import PrivacyKind, close_request, open_request
from subscribers.requests.records import (
    add_request,
    close_own_links,
    finish_request,
    has_open_request,
    is_open,
    load_request,
)
from subscribers.validation.address import Address


def find(app: App, address: Address, *, language: str, admit: Admit) -> None:
    """
    Send the link to their settings to the person with *address*, if there is one and *admit*
    returns True. The caller answers before this runs, so that its time tells nothing.
    """
    notice = standing_notice(app.publishing, NoticeKind.SETTINGS, None, language)
    with app.database.write() as connection:
        kill_switch.require_not_migrated(connection)
        if not admit(connection):
            return
        number = connection.scalar(
            sa.select(subscriber.c.id).where(subscriber.c.email_key == address.key)
        )
        if number is None:
            return
        now = app.clock()
        request = add_request(
            connection, RequestKind.FIND, subscriber_id=number, language=language, now=now
        )
        who = NoticeRecipient(subscriber_id=number, email=address, request_id=request)
        append_notices(connection, notice, [who], now=now)


def ask_for_address(
    app: App, subscriber_id: int, new: Address, *, language: str, admit: Admit
) -> None:
    """
    Ask at the address *new* whether it should be the person's, if *admit* returns True.
    """
    notice = standing_notice(app.publishing, NoticeKind.NEW_ADDRESS, None, language)
    with app.database.write() as connection:
        kill_switch.require_not_migrated(connection)
        if not admit(connection):
            return
        now = app.clock()
        request = add_request(
            connection,
            RequestKind.ADDRESS,
            subscriber_id=subscriber_id,
            answers={"email": new.email, "email_key": new.key},
            language=language,
            now=now,
        )
        who = NoticeRecipient(subscriber_id=subscriber_id, email=new, request_id=request)
        append_notices(connection, notice, [who], now=now)


def ask_for_erasure(app: App, subscriber_id: int, *, language: str, admit: Admit) -> None:
    """
    Send the link by which a person can be erased to their address, if *admit* returns True and no
    link that was sent before still works.
    """
    notice = standing_notice(app.publishing, NoticeKind.ERASURE, None, language)
    with app.database.write() as connection:
        kill_switch.require_not_migrated(connection)
        if not admit(connection):
            return
        address, now = address_of(connection, subscriber_id), app.clock()
        if address is None or has_open_request(
            connection, RequestKind.ERASURE, subscriber_id, now=now
        ):
            return
        request = add_request(
            connection,
            RequestKind.ERASURE,
            subscriber_id=subscriber_id,
            language=language,
            now=now,
        )
        app.on_step("ask_erasure.after_request")
        who = NoticeRecipient(subscriber_id=subscriber_id, email=address, request_id=request)
        append_notices(connection, notice, [who], now=now)
        app.on_step("ask_erasure.before_commit")
    app.on_step("ask_erasure.after_commit")


@dataclass(frozen=True, kw_only=True)
class OpenRequest:
    """
    A request whose link works, with the address of its person as it is now.
    """

    request: ReaderRequest
    address: Address

    @property
    def new_address(self) -> Address:
        """
        Return the address that the person wants to change to.
        """
        return Address(self.request.answers["email"], self.request.answers["email_key"])


@dataclass(frozen=True, kw_only=True)
class ClosedLink:
    """
    Why a link does not work any more: what it was for `is_done`, or it is too old, or its person is
    gone.
    """

    is_done: bool = False
    is_gone: bool = False


def find_request(app: App, kind: RequestKind, request_id: int) -> OpenRequest | ClosedLink:
    """
    Return the request that a link names, or why it does not work.
    """
    with app.database.read() as connection:
        return _open_request(connection, kind, request_id, app.clock())


def confirm_address(app: App, request_id: int) -> bool:
    """
    Give the person their new address and tell them at the old one, in one transaction. Links that
    they had asked for before do not work any more. Return False if somebody has the new address
    already. A second call changes nothing.
    """
    found = find_request(app, RequestKind.ADDRESS, request_id)
    if not isinstance(found, OpenRequest):
        return True
    language = found.request.language
    notice = standing_notice(app.publishing, NoticeKind.ADDRESS_CHANGED, None, language)
    try:
        with app.database.write() as connection:
            kill_switch.require_not_migrated(connection)
            now, number = app.clock(), found.request.subscriber_id
            if not finish_request(connection, request_id, now):
                return True
            new = found.new_address
            keys = app.links.keys
            old = change_address(connection, number, new, keyring=keys, by=BY_READER, now=now)
            app.on_step("address.after_change")
            if old is None:
                raise _AddressTaken
            close_own_links(connection, number)
            if old.key != new.key:
                who = NoticeRecipient(subscriber_id=number, email=old)
                append_notices(connection, notice, [who], now=now)
    except (_AddressTaken, IntegrityError):
        # The second is somebody who signed up with it at the same moment.
        return False
    return True


def confirm_erasure(app: App, request_id: int) -> bool:
    """
    Erase the person who asked for it, and keep that it was asked for and done, without the address,
    in one transaction. Return False if the link does not work any more.
    """
    with app.database.write() as connection:
        kill_switch.require_not_migrated(connection)
        now = app.clock()
        found = _open_request(connection, RequestKind.ERASURE, request_id, now)
        if not isinstance(found, OpenRequest):
            return False
        address, through = found.address, "settings page"
        asked = open_request(
            connection,
            PrivacyKind.ERASURE,
            address,
            received_at=found.request.requested_at,
            through=through,
        )
        close_request(connection, asked.id, outcome="erased", by=BY_READER, now=now)
        app.on_step("erase.after_request")
        number = erase(connection, address, keyring=app.links.keys, by=BY_READER, now=now)
        app.on_step("erase.after_erase")
        forget_person(connection, number=number, email_key=address.key)
        app.on_step("erase.before_commit")
    app.on_step("erase.after_commit")
    return True


def own_data(app: App, address: Address) -> dict[str, Any]:
    """
    Return everything that is stored about a person, as JSON values.
    """
    with app.database.read() as connection:
        return all_about(connection, address)


class _AddressTaken(Exception):
    """
    Raised to roll back a change of address, because somebody else has it.
    """


def _open_request(
    connection: sa.Connection, kind: RequestKind, request_id: int, now: dt.datetime
) -> OpenRequest | ClosedLink:
    request = load_request(connection, request_id)
    if request is None or request.kind is not kind:
        return ClosedLink(is_gone=True)
    address = address_of(connection, request.subscriber_id)
    if address is None:
        return ClosedLink(is_gone=True)
    if not is_open(request, now):
        return ClosedLink(is_done=request.done_at is not None)
    return OpenRequest(request=request, address=address)
