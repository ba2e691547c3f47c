"""
What readers ask for: stored until it is confirmed, once, in time.
"""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from people_samples import Join, MakeList

from subscribers.requests.model import LIVES, RequestKind
from subscribers.requests.records import add_request, finish_request, is_open, load_request


@pytest.fixture
def person_id(make_list: MakeList, join: Join) -> int:
    return join("ada@example.org", make_list()).subscriber_id


def test_a_request_is_read_as_it_was_stored(
    connection: sa.Connection, person_id: int, now: dt.datetime
) -> None:
    number = add_request(
        connection,
        RequestKind.JOIN,
        subscriber_id=person_id,
        lists=[3, 1],
        answers={"name": "Ada"},
        form="page",
        language="de",
        consent="Yes, send me Weekly.",
        consent_version=2,
        network="192.0.2.7",
        now=now,
    )

    found = load_request(connection, number)
    assert found is not None
    assert (found.id, found.kind, found.subscriber_id) == (number, RequestKind.JOIN, person_id)
    assert (found.lists, found.answers) == ((3, 1), {"name": "Ada"})
    assert (found.form, found.language, found.network) == ("page", "de", "192.0.2.7")
    assert (found.consent, found.consent_version) == ("Yes, send me Weekly.", 2)
    assert (found.requested_at, found.done_at) == (now, None)


@pytest.mark.parametrize("kind", RequestKind)
def test_a_request_is_open_until_its_time_is_over(
    connection: sa.Connection, person_id: int, now: dt.datetime, kind: RequestKind
) -> None:
    found = load_request(
        connection, add_request(connection, kind, subscriber_id=person_id, now=now)
    )

    assert found is not None
    assert is_open(found, found.expires_at - dt.timedelta(seconds=1))
    assert not is_open(found, now + LIVES[kind])


def test_a_request_is_finished_once(
    connection: sa.Connection, person_id: int, now: dt.datetime
) -> None:
    number = add_request(connection, RequestKind.FIND, subscriber_id=person_id, now=now)

    assert finish_request(connection, number, now)
    assert not finish_request(connection, number, now + dt.timedelta(hours=1))
    found = load_request(connection, number)
    assert found is not None
    assert found.done_at == now
    assert not is_open(found, now)


def test_nobody_made_a_request_that_was_never_stored(connection: sa.Connection) -> None:
    assert load_request(connection, 17) is None
