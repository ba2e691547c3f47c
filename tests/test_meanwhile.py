"""
An answer that is written down while something else is said of the same batch, on either database:
neither goes by what it saw before the other.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable

from hearing import Talks, hearing, knock
from house import House
from test_dispatch import ACCEPTED, NEITHER, UNCERTAIN, all_of, each, states
from test_heeding import look_again
from test_together import at_first

from newsletter.calling import HandOver
from newsletter.dispatch import Dispatcher
from newsletter.model.delivery import DeliveryState
from newsletter.model.event import EventKind
from newsletter.store import owners
from newsletter.store.owners import OwnerLock
from newsletter.store.status import resolve_uncertain


def called(dispatcher: Dispatcher) -> Callable[[], None]:
    """
    Writes down the answer of a call that was made just now.
    """
    begun = dispatcher.begin()
    assert isinstance(begun, HandOver)
    result = dispatcher.carry(begun)
    return lambda: dispatcher.finish(begun, result)


def test_an_event_heard_while_its_doubt_is_written_down_ends_it(house: House) -> None:
    heard = hearing(house, Talks([each(ACCEPTED, UNCERTAIN)], capabilities=NEITHER))
    finish = called(heard.dispatcher)
    knock(house, heard.body(1, EventKind.DELIVERED))
    ear = threading.Thread(target=house.app.recorder.work_off)

    def meanwhile(step: str) -> None:
        if step == "result.before_commit":
            ear.start()
            ear.join(timeout=0.5)

    heard.dispatcher.on_step = meanwhile
    finish()
    ear.join(timeout=20)
    assert states(house, heard.issue_id) == {"accepted": 2}


def test_no_doubt_is_written_down_of_whom_an_event_names_at_that_moment(house: House) -> None:
    heard = hearing(house, Talks([each(ACCEPTED, UNCERTAIN)], capabilities=NEITHER))
    finish = called(heard.dispatcher)
    knock(house, heard.body(1, EventKind.DELIVERED))
    book = at_first(house, "UPDATE inbox", finish)
    house.app.recorder.work_off()
    book.join(timeout=20)
    assert states(house, heard.issue_id) == {"accepted": 2}


def test_an_event_does_not_cut_off_the_answer_of_a_process_that_is_only_slow(house: House) -> None:
    heard = hearing(house, Talks([all_of(ACCEPTED)], capabilities=NEITHER))
    file = house.app.database.file
    lock = OwnerLock(file, "me") if file else None
    finish = called(heard.dispatcher)
    house.now += dt.timedelta(seconds=30)
    with house.app.database.write() as connection:
        owners.bury(connection, file, now=house.now)
    heard.says(0, EventKind.DELIVERED)
    look_again(heard)
    finish()
    assert states(house, heard.issue_id) == {"accepted": 2}
    if lock is not None:
        lock.close()


def test_a_person_decides_about_nobody_who_came_in_doubt_at_that_moment(house: House) -> None:
    provider = Talks([all_of(UNCERTAIN)] * 2, capabilities=NEITHER)
    heard = hearing(house, provider, readers=4)
    called(heard.dispatcher)()
    other = at_first(house, "UPDATE delivery", called(heard.dispatcher))
    with house.app.database.write() as connection:
        decided = resolve_uncertain(
            connection, heard.issue_id, as_state=DeliveryState.ACCEPTED, now=house.now
        )
    other.join(timeout=20)
    assert (decided, states(house, heard.issue_id)) == (2, {"accepted": 2, "uncertain": 2})
