"""
Leaving on the page: one newsletter or all, back within the hour, with or without a reason and a
goodbye.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from installation import Installation
from web_samples import ADA, TestClient, leave_path, subscription

from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from newsletter.store.tables import delivery
from subscribers.database import tables
from subscribers.database.history_tables import history
from subscribers.database.preference_tables import leave_reason
from subscribers.erasure import erase
from subscribers.history.model import Origin, OriginKind
from subscribers.lists import find_list
from subscribers.people import subscriber_by_address
from subscribers.validation.address import parse_address

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def states(installation: Installation) -> dict[str, str]:
    with installation.app.database.read() as connection:
        person = subscriber_by_address(connection, parse_address(ADA))
    return {each.list_slug: each.state.value for each in person.subscriptions}


def undo_token(page: str) -> str:
    (found,) = re.findall(r'name="undo" value="([^"]+)"', page)
    return str(found)


def happened(installation: Installation) -> list[str]:
    with installation.app.database.read() as connection:
        return list(connection.scalars(sa.select(history.c.what).order_by(history.c.id)))


def has_undo(page: str) -> bool:
    return 'name="undo"' in page


@pytest.fixture
def two(installation: Installation, client: TestClient) -> TestClient:
    """
    The pages of an installation whose reader Ada is on two lists.
    """
    installation.add_list("weekly")
    installation.subscribe([ADA], "weekly")
    return client


def test_a_reader_of_several_leaves_one_or_all(installation: Installation, two: TestClient) -> None:
    page = two.get(leave_path(installation)).text
    assert 'value="all"' in page

    two.post(leave_path(installation), data={"from": "this"})
    assert states(installation) == {"daily": "ended", "weekly": "active"}

    answer = two.post(leave_path(installation), data={"from": "all"}).text
    assert states(installation) == {"daily": "ended", "weekly": "ended"}
    assert "No newsletter from" in answer


def test_one_click_leaves_only_the_list_of_the_link(
    installation: Installation, two: TestClient
) -> None:
    two.post(leave_path(installation), data=ONE_CLICK)
    assert states(installation) == {"daily": "ended", "weekly": "active"}


def test_what_was_left_at_once_comes_back_at_once(
    installation: Installation, two: TestClient
) -> None:
    path = leave_path(installation)
    left = two.post(path, data={"from": "all"}).text

    back = two.post(path, data={"undo": undo_token(left)})

    assert "Everything is as it was" in back.text
    assert states(installation) == {"daily": "active", "weekly": "active"}
    assert happened(installation)[-4:] == ["left", "left", "returned", "returned"]
    with installation.app.database.read() as connection:
        count = sa.select(sa.func.count()).select_from(tables.consent)
        assert connection.scalar(count) == 2


def test_after_an_hour_it_stays_ended(installation: Installation, client: TestClient) -> None:
    path = leave_path(installation)
    token = undo_token(client.post(path, data=ONE_CLICK).text)

    installation.now += dt.timedelta(minutes=59)
    assert has_undo(client.get(path).text)
    installation.now += dt.timedelta(minutes=1)
    assert not has_undo(client.get(path).text)
    client.post(path, data={"undo": token})

    assert states(installation) == {"daily": "ended"}


def test_an_old_page_does_not_undo_a_later_departure(
    installation: Installation, client: TestClient
) -> None:
    path = leave_path(installation)
    old = undo_token(client.post(path, data=ONE_CLICK).text)
    client.post(path, data={"undo": old})
    installation.now += dt.timedelta(minutes=5)
    client.post(path, data=ONE_CLICK)

    client.post(path, data={"undo": old})

    assert states(installation) == {"daily": "ended"}


@pytest.mark.parametrize("token", ["x", "1.x", f"{2**60}.x", "²3.x", "1772625600.AAAA"])
def test_an_invented_token_undoes_nothing(
    installation: Installation, client: TestClient, token: str
) -> None:
    client.post(leave_path(installation), data=ONE_CLICK)
    assert client.post(leave_path(installation), data={"undo": token}).status_code == 200
    assert states(installation) == {"daily": "ended"}


def test_somebody_who_never_confirmed_or_whom_staff_removed_cannot_undo(
    installation: Installation, client: TestClient
) -> None:
    path = leave_path(installation)
    s = tables.subscription
    with installation.app.database.write() as connection:
        connection.execute(s.update().values(state="pending"))
    assert not has_undo(client.post(path, data=ONE_CLICK).text)
    with installation.app.database.write() as connection:
        connection.execute(
            s.update().values(state="ended", ended_reason="by the reader", ended_cause="staff")
        )
    assert not has_undo(client.get(path).text)


def test_a_reason_is_kept_without_the_address_until_the_reader_is_erased(
    installation: Installation, client: TestClient
) -> None:
    path = leave_path(installation)
    client.post(path, data=ONE_CLICK)
    page = client.post(path, data={"about": "why", "reason": "too_many", "words": "Too\nmuch"})
    assert "without your address" in page.text
    with installation.app.database.read() as connection:
        row = connection.execute(sa.select(leave_reason)).one()
        assert (row.reason, row.comment) == ("too_many", "Too much")
        assert "Too much" not in str(connection.execute(sa.select(history.c.detail)).all())

    with installation.app.database.write() as connection:
        erase(
            connection,
            parse_address(ADA),
            keyring=installation.app.links.keys,
            by=Origin(kind=OriginKind.READER),
            now=installation.now,
        )
        assert connection.execute(sa.select(leave_reason)).all() == []


def test_a_reader_who_is_still_there_gives_no_reason(
    installation: Installation, client: TestClient
) -> None:
    client.post(leave_path(installation), data={"about": "why", "reason": "too_many"})
    assert subscription(installation).state == "active"
    with installation.app.database.read() as connection:
        assert connection.execute(sa.select(leave_reason)).all() == []


def test_a_list_that_says_goodbye_does_so_once(
    installation: Installation, client: TestClient
) -> None:
    with installation.app.database.write() as connection:
        daily = find_list(connection, "daily")
        set_list_settings(connection, daily.id, ListSettings(sends_goodbye=True))
    for _ in range(3):
        client.post(leave_path(installation), data=ONE_CLICK)

    with installation.app.database.read() as connection:
        assert connection.scalars(sa.select(delivery.c.email)).all() == [ADA]
