"""
Actions on pending people: ask them again to confirm, one or many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.actions.guard.objects import the_list, the_person_for
from newsletter.actions.guard.requires import requires
from newsletter.actions.people.person import seen_by_address
from newsletter.app import App
from newsletter.errors import Refused
from newsletter.issues.standing.asking import add_to_notices, prepare_to_ask, store_requests
from newsletter.model.access import Actor, Permission
from newsletter.model.notice import NoticeKind
from subscribers.lists import find_list
from subscribers.model import MailingList, SubscriptionState
from subscribers.signup.asking import AskingForm, Waiting, count_to_ask, people_to_ask
from subscribers.text.phrases import phrase
from subscribers.validation.address import parse_address

_RESENT = "asked by staff"
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Asked:
    """
    How many people were asked to confirm, and how many are left who may be asked.
    """

    asked: int
    left: int = 0


@requires(
    Permission.PEOPLE_WRITE,
    "subscriber.resend_confirmation",
    about=the_person_for("list_slug"),
    in_steps=True,
)
def resend_to_address(app: App, address: str, list_slug: str | None, *, by: Actor) -> Asked:
    """
    Ask one person to confirm again, for one list or for each on which they are pending.

    Raises:
        UnknownList, UnknownSubscriber: there is no such list or person.
        InvalidAddress: the address is not valid.
        Refused: they are pending on no such list, were asked a short time ago or three times, or
            are suppressed.
    """
    parsed = parse_address(address)
    with app.database.read() as connection:
        person = seen_by_address(connection, parsed, by=by)
        slugs = [s.list_slug for s in person.subscriptions if s.state is SubscriptionState.PENDING]
        lists = [find_list(connection, slug) for slug in slugs if list_slug in (None, slug)]
    if not lists:
        raise Refused(
            phrase(
                "{address} waits for no confirmation: see `newsletter subscriber show`",
                address=parsed.email,
            )
        )
    asked = 0
    for each in lists:
        with app.database.read() as connection:
            people = people_to_ask(connection, each, address=parsed, now=app.clock(), limit=1)
        asked += _ask(app, each, people, by=by)
    if not asked:
        raise Refused(
            phrase(
                "{address} was asked within the last 24 hours, or three times, or is "
                "suppressed: not asked again",
                address=parsed.email,
            )
        )
    return Asked(asked=asked)


@requires(
    Permission.PEOPLE_WRITE,
    "list.resend_confirmations",
    about=the_list("list_slug"),
    in_steps=True,
)
def resend_to_list(app: App, list_slug: str, *, most: int, by: Actor) -> Asked:
    """
    Ask at most that many pending people of a list to confirm again, those who have waited longest
    first. Nobody is asked twice in 24 hours, or more than three times.

    Raises:
        UnknownList: there is no such list.
    """
    asked = 0
    while True:
        limit = min(_AT_ONCE, most - asked)
        with app.database.read() as connection:
            mailing_list = find_list(connection, list_slug)
            people = people_to_ask(connection, mailing_list, now=app.clock(), limit=limit)
        asked += _ask(app, mailing_list, people, by=by)
        if len(people) < limit or asked >= most:
            break
    with app.database.read() as connection:
        left = count_to_ask(connection, mailing_list, now=app.clock())
    return Asked(asked=asked, left=left)


def _ask(app: App, mailing_list: MailingList, people: Sequence[Waiting], *, by: Actor) -> int:
    """
    Ask each person, in one transaction. Return their number.
    """
    if not people:
        return 0
    languages = {each.language for each in people}
    prepared = prepare_to_ask(app.publishing, mailing_list, NoticeKind.CONFIRM, languages)
    with app.database.write() as connection:
        now = app.clock()
        form = AskingForm(name=_RESENT)
        requests = store_requests(connection, people, form, prepared, by=by.origin, now=now)
        add_to_notices(connection, people, requests, prepared, now=now)
    return len(people)
