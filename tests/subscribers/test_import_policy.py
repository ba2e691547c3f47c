from __future__ import annotations

import itertools

import pytest

from subscribers.import_export.csv_records import CsvRecord
from subscribers.import_export.import_policy import KnownPerson, RowDecision, RowOutcome, decide
from subscribers.import_export.rows import Row
from subscribers.import_export.status_words import RowStatus
from subscribers.model import SubscriptionState
from subscribers.suppression.model import SuppressionReason
from subscribers.validation.address import parse_address

ACTIVE, PENDING, ENDED = (
    SubscriptionState.ACTIVE,
    SubscriptionState.PENDING,
    SubscriptionState.ENDED,
)
STATES = [None, *SubscriptionState]
REASONS = [None, *SuppressionReason]


def make_row(
    status: RowStatus = RowStatus.ACTIVE, name: str = "Ada", timezone: str | None = None
) -> Row:
    address = parse_address("ada@example.org")
    return Row(
        record=CsvRecord(2, []), address=address, name=name, status=status, timezone=timezone
    )


def make_known(
    state: SubscriptionState | None, suppressed: SuppressionReason | None = None
) -> KnownPerson:
    if state is None:
        return KnownPerson(suppressed=suppressed)
    return KnownPerson(
        subscriber_id=1, name="Old", subscription_id=1, state=state, suppressed=suppressed
    )


def choose(row: Row, known: KnownPerson, *, repeated: bool = False) -> RowDecision:
    return decide(row, known, may_begin=True, is_repeated=repeated)


def test_no_row_begins_anything_for_suppressed_or_unsubscribed_people() -> None:
    for status, state, reason in itertools.product(RowStatus, STATES, REASONS):
        found = choose(make_row(status, timezone="UTC"), make_known(state, reason))
        if reason or state is ENDED:
            assert found.begin in (None, ENDED)
            assert (found.rename, found.set_timezone) == (False, False)


def test_only_an_active_row_begins_an_active_subscription() -> None:
    begun = {status: choose(make_row(status), make_known(None)).begin for status in RowStatus}

    assert [status for status, state in begun.items() if state is ACTIVE] == [RowStatus.ACTIVE]
    assert [status for status, state in begun.items() if state is PENDING] == [RowStatus.PENDING]


def test_without_consent_an_active_row_begins_pending() -> None:
    found = decide(make_row(), make_known(None), may_begin=False, is_repeated=False)

    assert (found.outcome, found.begin) == (RowOutcome.CREATED, PENDING)


def test_a_pending_subscription_waits_for_its_person() -> None:
    found = choose(make_row(), make_known(PENDING))

    assert (found.outcome, found.begin, found.rename) == (RowOutcome.UNCHANGED, None, False)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (RowStatus.UNSUBSCRIBED, None),
        (RowStatus.BOUNCED, SuppressionReason.BOUNCE),
        (RowStatus.COMPLAINED, SuppressionReason.COMPLAINT),
        (RowStatus.SUPPRESSED, SuppressionReason.UNKNOWN),
    ],
)
def test_a_row_with_an_ending_status_ends_and_suppresses(
    status: RowStatus, reason: SuppressionReason | None
) -> None:
    known = choose(make_row(status), make_known(ACTIVE))
    unknown = choose(make_row(status), make_known(None))

    assert (known.outcome, known.end, known.suppress) == (RowOutcome.UPDATED, True, reason)
    assert (unknown.outcome, unknown.begin, unknown.suppress) == (RowOutcome.CREATED, ENDED, reason)


def test_a_name_replaces_a_name_but_a_blank_or_repeated_row_does_not() -> None:
    active = make_known(ACTIVE)

    assert choose(make_row(), active).outcome is RowOutcome.UPDATED
    assert choose(make_row(name=""), active).outcome is RowOutcome.UNCHANGED
    assert not choose(make_row(), active, repeated=True).rename
    assert choose(make_row(), active._replace(name=""), repeated=True).rename


def test_a_time_zone_replaces_another_but_a_blank_or_repeated_row_does_not() -> None:
    here = make_known(ACTIVE)._replace(name="Ada", timezone="Europe/Paris")
    moved = make_row(timezone="Asia/Tokyo")

    assert (choose(moved, here).outcome, choose(moved, here).set_timezone) == (
        RowOutcome.UPDATED,
        True,
    )
    assert choose(make_row(), here) == RowDecision(make_row(), here, RowOutcome.UNCHANGED)
    assert not choose(moved, here, repeated=True).set_timezone
    assert choose(moved, here._replace(timezone=None), repeated=True).set_timezone
    assert not choose(moved, make_known(PENDING)).set_timezone


def test_an_erased_person_is_refused_without_a_message() -> None:
    found = choose(make_row(), make_known(None, SuppressionReason.ERASED))

    assert (found.outcome, found.refusal) == (RowOutcome.REFUSED, "")


def test_two_rows_about_one_person_give_the_more_serious_status_and_the_first_name_and_zone() -> (
    None
):
    first, later = make_row(RowStatus.ACTIVE, "", "UTC"), make_row(RowStatus.BOUNCED, "Bea")

    assert first.merged_with(later) == make_row(RowStatus.BOUNCED, "Bea", "UTC")
    assert later.merged_with(first) == make_row(RowStatus.BOUNCED, "Bea", "UTC")


def test_two_rows_about_one_person_give_the_tags_of_both_and_the_first_note() -> None:
    first = make_row()._replace(tags=("press", "board"), note="Met in Porto")
    later = make_row()._replace(tags=("board", "vip"), note="Prefers short texts")

    merged = first.merged_with(later)

    assert (merged.tags, merged.note) == (("press", "board", "vip"), "Met in Porto")
