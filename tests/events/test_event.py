"""
What all events of one delivery come to: the same, in whatever order and number they arrive.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from newsletter.model.event import Event, EventKind, Outcome, merge_event

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
RECEIVED = NOW + dt.timedelta(days=1)
events = st.builds(
    Event,
    kind=st.sampled_from(EventKind),
    at=st.none() | st.integers(0, 5).map(lambda s: NOW + dt.timedelta(seconds=s)),
    detail=st.sampled_from(["", "550 no", "550 never"]),
)


def outcome_of(events: Sequence[Event]) -> Outcome:
    found = Outcome()
    for event in events:
        found = merge_event(found, event, received_at=RECEIVED)
    return found


@given(st.lists(events, max_size=8).flatmap(lambda es: st.tuples(st.just(es), st.permutations(es))))
def test_any_order_and_number_of_events_comes_to_the_same(pair: tuple[list[Event], list[Event]]):
    found, shuffled = pair
    assert outcome_of(shuffled + shuffled[:3]) == outcome_of(found)


def test_the_first_time_stays():
    late, early = NOW + dt.timedelta(hours=2), NOW + dt.timedelta(hours=1)
    found = outcome_of([Event(kind=EventKind.OPENED, at=at) for at in (late, early, late)])
    assert found.first_seen == {EventKind.OPENED: early}


def test_no_event_is_later_than_its_arrival():
    found = outcome_of([Event(kind=EventKind.OPENED, at=RECEIVED + dt.timedelta(days=400))])
    assert found.first_seen == {EventKind.OPENED: RECEIVED}


def test_the_gravest_bounce_keeps_its_words():
    soft = Event(kind=EventKind.BOUNCED_SOFT, at=NOW, detail="452 full")
    hard = Event(kind=EventKind.BOUNCED_HARD, at=NOW + dt.timedelta(days=2), detail="550 unknown")
    blocked = Event(kind=EventKind.BLOCKED, at=NOW, detail="554 policy")
    found = outcome_of([soft, hard, blocked])
    assert (found.bounce, found.detail) == (EventKind.BOUNCED_HARD, "550 unknown")
