"""
A new account is never asked about what was submitted through the old one: it would deny it, and the
readers would get it twice.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from installation import Installation
from scripted_provider import (
    ACCEPTED,
    LOOKS_UP,
    REPLAYS,
    UNCERTAIN,
    WAIT,
    all_of,
    batches_of,
    states,
    submit_next,
)
from two_providers import OURS, OnItsWay, installation_with_two_providers, up
from webhook_calls import ReportedIssue, Talks, store_webhooks

from newsletter.delivery.reconciliation.timing import reconciles_at
from newsletter.model.delivery import Capabilities
from newsletter.model.event import EventKind
from newsletter.settings import ProviderSettings, Settings
from newsletter.store.delivery.status.recipients import recipient_statuses

MINUTE = dt.timedelta(minutes=1)


installation = pytest.fixture(installation_with_two_providers)


def left_uncertain(installation: Installation, capabilities: Capabilities) -> OnItsWay:
    """
    Two readers uncertain with the first provider, which knows nothing of them and would accept
    them.
    """
    first = Talks([all_of(UNCERTAIN), all_of(ACCEPTED)], capabilities=capabilities)
    first.looked_up = [WAIT, WAIT]
    sent = OnItsWay(installation, first, up(), readers=2)
    sent.housekeeping()
    submit_next(sent.dispatcher)
    installation.now += MINUTE
    return sent


def take_another_account(installation: Installation) -> None:
    other = ProviderSettings(**OURS["first"] | {"base_url": "http://127.0.0.2:9"})
    own = installation.app.settings.provider | {"first": other}
    installation.app.settings = installation.app.settings.model_copy(update={"provider": own})


@pytest.mark.parametrize("capabilities", [LOOKS_UP, REPLAYS])
def test_recipients_uncertain_with_an_old_account_are_left_to_a_person(
    installation: Installation, capabilities: Capabilities
) -> None:
    sent = left_uncertain(installation, capabilities)
    take_another_account(installation)
    for _ in range(3):
        installation.submit_all(until=lambda: True)
        installation.now += 20 * MINUTE
        sent.drain()
    assert (states(installation, sent.issue_id), len(sent.first.handed)) == ({"uncertain": 2}, 1)
    with installation.app.database.read() as connection:
        reasons = {one.reason for one in recipient_statuses(connection, sent.issue_id, only=None)}
        assert reconciles_at(connection, sent.issue_id, installation.app.provider_named) is None
    assert reasons == {
        "the provider now uses a different account; decide with `newsletter issue resolve`"
    }


def test_an_event_still_settles_the_delivery_it_names(installation: Installation) -> None:
    sent = left_uncertain(installation, LOOKS_UP)
    take_another_account(installation)
    installation.submit_all(until=lambda: True)
    reported = ReportedIssue(installation, sent.issue_id, sent.dispatcher)
    store_webhooks(installation, reported.body(0, EventKind.DELIVERED), provider="first")
    assert installation.app.event_processor.process_due() == 1
    installation.now += 20 * MINUTE
    installation.submit_all(until=lambda: True)
    assert states(installation, sent.issue_id)["uncertain"] == 1


def test_the_same_account_is_asked_after_a_start(installation: Installation) -> None:
    sent = left_uncertain(installation, LOOKS_UP)
    installation.submit_all()
    assert (batches_of(installation, sent.issue_id), states(installation, sent.issue_id)) == (
        [(1, "settled"), (2, "settled")], {"accepted": 2},
    )  # fmt: skip


def test_an_account_is_known_by_its_key_and_tells_nothing_of_it(
    installation: Installation, tmp_path: Path
) -> None:
    key = tmp_path / "key"

    def named(secret: str) -> str:
        key.write_text(secret)
        own = {"bulk": {"kind": "postmark", "api_key": f"file:{key}"}}
        return Settings(provider=own, folder=tmp_path).account_of("bulk")

    first, same, other = named("one-secret"), named("one-secret"), named("another")
    assert (first == same, first == other, len(first)) == (True, False, 12)
