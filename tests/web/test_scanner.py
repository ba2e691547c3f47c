"""
A scanner that opens every link of an email, and posts to it, changes nothing but what RFC 8058
says; a process that dies while somebody leaves or is erased leaves one of two states.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from installation import Installation
from web_samples import ADA, TestClient, leave_path

from newsletter.actions.readers import own_requests, unsubscribe
from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from newsletter.store.tables import delivery
from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.lists import find_list
from subscribers.model import Visibility
from subscribers.people import subscriber_by_address
from subscribers.requests.model import RequestKind
from subscribers.requests.records import add_request
from subscribers.validation.address import parse_address

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


class Killed(BaseException):
    """
    Stands for the end of the process at a step.
    """


def all_links(installation: Installation) -> list[str]:
    """
    Return the path of every link that emails have, without that to unsubscribe.
    """
    app, new = installation.app, "ada@new.example"
    with app.database.write() as connection:
        person = subscriber_by_address(connection, parse_address(ADA))
        answers = {"email": new, "email_key": new}
        urls = [app.links.preferences(person.id)]
        for kind in RequestKind:
            number = add_request(
                connection,
                kind,
                subscriber_id=person.id,
                lists=[1],
                answers=answers,
                now=installation.now,
            )
            urls.append(app.links.request(kind, number, ""))
    return [url.removeprefix(app.site.base_url) for url in urls]


def stored(installation: Installation) -> list[object]:
    tables_of_people = (tables.subscriber, tables.subscription, tables.consent, history, delivery)
    with installation.app.database.read() as connection:
        return [connection.execute(sa.select(table)).all() for table in tables_of_people]


def test_opening_and_posting_to_every_link_changes_nothing(
    installation: Installation, client: TestClient
) -> None:
    installation.add_list("weekly", visibility=Visibility.PUBLIC)
    links = all_links(installation)
    before = stored(installation)
    for path in [*links, leave_path(installation)]:
        for method in ("GET", "HEAD"):
            client.request(method, path)
    for path in links:
        for body in (ONE_CLICK, {}):
            client.post(path, data=body)
    assert stored(installation) == before


def test_only_the_post_to_the_unsubscribe_link_does_something(
    installation: Installation, client: TestClient
) -> None:
    installation.add_list("weekly")
    installation.subscribe([ADA], "weekly")
    client.post(leave_path(installation), data=ONE_CLICK)
    with installation.app.database.read() as connection:
        person = subscriber_by_address(connection, parse_address(ADA))
    assert [each.state.value for each in person.subscriptions] == ["ended", "active"]


@pytest.mark.parametrize(
    ("step", "is_ended"),
    [("leave.after_end", False), ("leave.before_commit", False), ("leave.after_commit", True)],
)
def test_a_death_while_somebody_leaves_ends_it_and_says_goodbye_or_neither(
    installation: Installation, client: TestClient, step: str, is_ended: bool
) -> None:
    with installation.app.database.write() as connection:
        daily = find_list(connection, "daily")
        set_list_settings(connection, daily.id, ListSettings(sends_goodbye=True))

    def die(at: str) -> None:
        if at == step:
            raise Killed

    installation.app.on_step = die
    with pytest.raises(Killed):
        unsubscribe.unsubscribe(installation.app, 1)
    installation.app.on_step = lambda at: None

    with installation.app.database.read() as connection:
        state = connection.scalar(sa.select(tables.subscription.c.state))
        assert (state == "ended") is is_ended
        assert len(connection.execute(sa.select(delivery)).all()) == int(is_ended)
    unsubscribe.unsubscribe(installation.app, 1)
    with installation.app.database.read() as connection:
        assert len(connection.execute(sa.select(delivery)).all()) == 1


@pytest.mark.parametrize(
    ("step", "is_erased"),
    [
        ("erase.after_request", False),
        ("erase.after_erase", False),
        ("erase.before_commit", False),
        ("erase.after_commit", True),
    ],
)
def test_a_death_while_somebody_is_erased_erases_all_or_nothing(
    installation: Installation, client: TestClient, step: str, is_erased: bool
) -> None:
    with installation.app.database.write() as connection:
        number = add_request(connection, RequestKind.ERASURE, subscriber_id=1, now=installation.now)

    def die(at: str) -> None:
        if at == step:
            raise Killed

    installation.app.on_step = die
    with pytest.raises(Killed):
        own_requests.confirm_erasure(installation.app, number)
    installation.app.on_step = lambda at: None

    with installation.app.database.read() as connection:
        row = connection.execute(sa.select(tables.subscriber)).one()
        asked = connection.execute(sa.text("select count(*) from privacy_request")).scalar_one()
    assert (row.email is None) is is_erased
    assert asked == int(is_erased)
