"""
kill -9 at every point at which a reader unsubscribes or is erased, and of the mails that answer it:
the person is in one of the two states, and each mail goes once.
"""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from installation import Installation
from signup_pages import ADA, confirm_link, link_below, states_of

from newsletter.actions.readers.own_requests import confirm_erasure
from newsletter.mail.links import request_purpose
from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from newsletter.store.tables import delivery
from reliability.processes.fork_server import ForkServer
from reliability.processes.programs import SEND_POINTS, kill_reader_act
from reliability.processes.reader_acts import ACTS
from subscribers.database.history_tables import history
from subscribers.database.request_tables import privacy_request
from subscribers.database.tables import subscriber
from subscribers.history.model import HistoryEvent
from subscribers.lists import find_list
from subscribers.model import Visibility
from subscribers.requests.model import RequestKind

pytestmark = pytest.mark.ci

RENDER = "standing.before_commit"
LEAVE = (RENDER, "leave.after_end", "leave.before_commit", "leave.after_commit")
SAVE = ("preferences.after_lists", "preferences.before_commit", "preferences.after_commit")
ASK = (
    RENDER,
    "ask_erasure.after_request",
    "ask_erasure.before_commit",
    "ask_erasure.after_commit",
)
ERASE = ("erase.after_request", "erase.after_erase", "erase.before_commit", "erase.after_commit")


@pytest.fixture(autouse=True)
def ada(installation: Installation) -> None:
    """
    Ada gets two lists; that which she leaves says goodbye.
    """
    for slug in ("daily", "weekly"):
        installation.add_list(slug, visibility=Visibility.PUBLIC)
        installation.subscribe([ADA], slug)
    with installation.app.database.write() as connection:
        daily = find_list(connection, "daily")
        set_list_settings(connection, daily.id, ListSettings(sends_goodbye=True))


def departures(installation: Installation) -> int:
    """
    Count the times that her history says she left a list.
    """
    left = sa.select(sa.func.count()).where(history.c.what == HistoryEvent.LEFT)
    with installation.app.database.read() as connection:
        return connection.execute(left).scalar_one()


def traces(installation: Installation) -> list[object]:
    """
    Return what is stored of her: address, requests under data protection law, addresses of mails.
    """
    asked = sa.select(sa.func.count()).select_from(privacy_request)
    with installation.app.database.read() as connection:
        address = connection.execute(sa.select(subscriber.c.email)).scalar_one()
        requests = connection.execute(asked).scalar_one()
        mailed = connection.execute(sa.select(delivery.c.email)).scalars()
        return [address, requests, *mailed]


@pytest.mark.parametrize("point", LEAVE)
@pytest.mark.parametrize(("what", "others"), [("leave", "active"), ("leave all", "ended")])
def test_leaving_counts_as_a_whole_or_not_at_all_and_says_goodbye_once(
    forks: ForkServer, installation: Installation, what: str, others: str, point: str
) -> None:
    kill_reader_act(forks, installation, what, point)

    is_gone = point == "leave.after_commit"
    left = {"daily": "ended", "weekly": others}
    assert states_of(installation) == (left if is_gone else dict.fromkeys(left, "active"))
    assert departures(installation) == (list(left.values()).count("ended") if is_gone else 0)
    ACTS[what](installation.app)
    installation.submit_all()
    assert states_of(installation) == left
    assert departures(installation) == list(left.values()).count("ended")
    assert installation.mailed() == [ADA]


@pytest.mark.parametrize("point", SEND_POINTS)
def test_the_goodbye_goes_once(forks: ForkServer, installation: Installation, point: str) -> None:
    ACTS["leave"](installation.app)
    kill_reader_act(forks, installation, "send", point)

    installation.submit_all()

    assert installation.mailed() == [ADA]
    assert states_of(installation) == {"daily": "ended", "weekly": "active"}


@pytest.mark.parametrize("point", SAVE)
def test_settings_that_switch_a_list_off_are_saved_as_a_whole_or_not_at_all(
    forks: ForkServer, installation: Installation, point: str
) -> None:
    kill_reader_act(forks, installation, "leave in settings", point)

    is_gone = point == "preferences.after_commit"
    assert states_of(installation) == {
        "daily": "ended" if is_gone else "active",
        "weekly": "active",
    }
    assert departures(installation) == int(is_gone)
    ACTS["leave in settings"](installation.app)
    assert states_of(installation) == {"daily": "ended", "weekly": "active"}
    assert departures(installation) == 1


@pytest.mark.parametrize("point", [RENDER, *SAVE])
def test_a_list_that_was_left_is_asked_about_once_or_not_at_all(
    forks: ForkServer, installation: Installation, point: str
) -> None:
    installation.unsubscribe(ADA, "weekly")
    kill_reader_act(forks, installation, "join again in settings", point)

    if point != "preferences.after_commit":
        assert traces(installation) == [ADA, 0]
        assert states_of(installation) == {"daily": "active", "weekly": "ended"}
        ACTS["join again in settings"](installation.app)
    installation.submit_all()
    assert installation.mailed() == [ADA]
    assert "/c/" in confirm_link(installation.mails()[0])


@pytest.mark.parametrize("point", ASK)
def test_the_link_to_be_erased_is_asked_for_as_a_whole_or_not_at_all(
    forks: ForkServer, installation: Installation, point: str
) -> None:
    kill_reader_act(forks, installation, "ask for erasure", point)

    if point != "ask_erasure.after_commit":
        assert traces(installation) == [ADA, 0]
        ACTS["ask for erasure"](installation.app)
    installation.submit_all()
    assert installation.mailed() == [ADA]
    token = link_below(installation.mails()[0], "/p/erase/").removeprefix("/p/erase/")
    number, _ = installation.app.links.read(request_purpose(RequestKind.ERASURE), token)
    assert confirm_erasure(installation.app, number)


@pytest.mark.parametrize("point", SEND_POINTS)
def test_the_mail_with_the_link_to_be_erased_goes_once(
    forks: ForkServer, installation: Installation, point: str
) -> None:
    ACTS["ask for erasure"](installation.app)
    kill_reader_act(forks, installation, "send", point)

    installation.submit_all()

    assert installation.mailed() == [ADA]
    assert set(states_of(installation).values()) == {"active"}


@pytest.mark.parametrize("point", ERASE)
def test_a_person_is_erased_as_a_whole_or_not_at_all(
    forks: ForkServer, installation: Installation, point: str
) -> None:
    ACTS["ask for erasure"](installation.app)
    installation.submit_all()
    kill_reader_act(forks, installation, "erase", point)

    is_gone = point == "erase.after_commit"
    assert traces(installation) == ([None, 1, None] if is_gone else [ADA, 0, ADA])
    if not is_gone:
        assert set(states_of(installation).values()) == {"active"}
    assert confirm_erasure(installation.app, 1) is not is_gone
    installation.submit_all()
    assert traces(installation) == [None, 1, None]
    assert installation.mailed() == [ADA]
