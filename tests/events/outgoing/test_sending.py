"""
Events on their way to a webhook: signed, in order, again after a failure, and given up at the end.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from random import Random

import pytest
import svix
from http_server import Answer, Received
from installation import Installation
from receivers import Receiver, receiving
from serving import wait_until
from standardwebhooks import Webhook

from newsletter.actions.operations import webhook_attempts, webhooks
from newsletter.actions.operations.webhook_attempts import ReplayChoice
from newsletter.app import utc_now
from newsletter.errors import InvalidValue, NotFound, Refused, SettingsError
from newsletter.events.outgoing.signature import WebhookSecrets
from newsletter.model.access import OPERATOR
from newsletter.model.outgoing import PauseCause, RetryPolicy, SendState, WebhookState
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.outgoing.attempts import RETENTION, purge_some
from newsletter.workers.webhook_sender import CLAIMED, WebhookSender

ADA, BOB = "ada@example.org", "bob@example.org"
DAY = dt.timedelta(days=1)


class Sequenced(Random):
    """
    Random numbers that are all one half, so that no wait varies.
    """

    def random(self) -> float:
        return 0.5


def exact(**values: dt.timedelta) -> RetryPolicy:
    return RetryPolicy(random=Sequenced(), **values)  # type: ignore[arg-type]


def answer_with(status: int, **headers: str) -> Callable[[Received], Answer]:
    return lambda _request: Answer(status=status, headers=headers)


def state_of(installation: Installation) -> tuple[WebhookState, PauseCause | None]:
    found = webhooks.show(installation.app, "crm", by=OPERATOR).webhook
    return found.state, found.pause_cause


def counts(installation: Installation) -> dict[SendState, int]:
    found = webhooks.show(installation.app, "crm", by=OPERATOR).events
    return {state: count for state, count in found.items() if count}


def people_of(receiver: Receiver) -> list[tuple[str, str]]:
    return [(each["type"].partition(".")[2], each["address"]) for each in receiver.data()]


def of_person(receiver: Receiver, address: str) -> list[str]:
    """
    Return what was sent about one person, in order: about others it may go in between.
    """
    return [kind for kind, about in people_of(receiver) if about == address]


@pytest.mark.parametrize("library", [svix.Webhook, Webhook])
def test_two_libraries_verify_a_request(
    installation: Installation, library: type[svix.Webhook]
) -> None:
    installation.now = utc_now()
    installation.add_list()
    with receiving(installation) as receiver:
        installation.subscribe([ADA])
        receiver.send()
    (request,) = receiver.requests
    library(receiver.secret).verify(request.body, dict(request.headers))
    with pytest.raises(Exception, match="signature"):
        library(receiver.secret).verify(request.body + b" ", dict(request.headers))
    assert set(json.loads(request.body)) == {"type", "timestamp", "data"}
    assert request.headers["content-type"] == "application/json"


def test_the_next_event_of_a_person_waits_and_others_go_on(installation: Installation) -> None:
    installation.add_list()

    def refuse_ada(request: Received) -> Answer | None:
        return Answer(status=500) if ADA.encode() in request.body else None

    with receiving(installation) as receiver:
        receiver.answer = refuse_ada
        installation.subscribe([ADA, BOB])
        installation.unsubscribe(ADA)
        installation.unsubscribe(BOB)
        receiver.send(exact())
        assert of_person(receiver, ADA) == ["joined"]
        assert of_person(receiver, BOB) == ["joined", "left"]
        receiver.answer = lambda request: None
        installation.now += dt.timedelta(seconds=5)
        receiver.send(exact())
    assert of_person(receiver, ADA) == ["joined", "joined", "left"]


def test_an_event_is_sent_again_under_the_same_id_after_longer_and_longer(
    installation: Installation,
) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        receiver.answer = answer_with(500)
        installation.subscribe([ADA])
        waits = []
        while counts(installation) == {SendState.WAITING: 1}:
            before = len(receiver.requests)
            for wait in (0, 5, 20, 80, 320, 1280, 5120, 20480, 36000):
                started = installation.now
                installation.now += dt.timedelta(seconds=wait)
                receiver.send(exact(pause_after=9 * DAY, longest_probe=dt.timedelta(seconds=1)))
                if len(receiver.requests) > before:
                    waits.append(wait)
                    break
                installation.now = started
            else:
                raise AssertionError("it was not sent again")
    assert waits == [0, 5, 20, 80, 320, 1280, 5120, 20480, *[36000] * 6]
    assert counts(installation) == {SendState.FAILED: 1}
    assert len(set(receiver.ids())) == 1


def test_an_event_that_was_given_up_lets_the_next_one_go(installation: Installation) -> None:
    installation.add_list()
    policy = exact(give_up_after=dt.timedelta(seconds=1))
    with receiving(installation) as receiver:
        receiver.answer = answer_with(500)
        installation.subscribe([ADA])
        installation.unsubscribe(ADA)
        receiver.send(policy)
    assert people_of(receiver) == [("joined", ADA), ("left", ADA)]
    assert counts(installation) == {SendState.FAILED: 2}


def test_a_receiver_is_left_alone_for_as_long_as_it_asks(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        receiver.answer = answer_with(429, **{"Retry-After": "600"})
        installation.subscribe([ADA])
        receiver.send(exact())
        receiver.answer = lambda request: None
        installation.subscribe([BOB])
        installation.now += dt.timedelta(seconds=599)
        receiver.send(exact())
        assert len(receiver.requests) == 1
        installation.now += dt.timedelta(seconds=1)
        receiver.send(exact())
    assert sorted(people_of(receiver)[1:]) == [("joined", ADA), ("joined", BOB)]


def test_a_receiver_that_is_down_is_asked_with_one_event_at_a_time(
    installation: Installation,
) -> None:
    installation.add_list()
    policy = exact()
    with receiving(installation) as receiver:
        receiver.answer = answer_with(503)
        installation.add_readers(40)
        receiver.send(policy)
        tried = len(receiver.requests)
        assert tried < 40
        for _ in range(3):
            installation.now += policy.longest_probe
            receiver.send(policy)
        assert len(receiver.requests) == tried + 3
        receiver.answer = lambda request: None
        installation.now += dt.timedelta(hours=6)
        receiver.send(policy)
    assert counts(installation) == {SendState.DELIVERED: 40}


def test_a_webhook_that_fails_for_a_day_is_paused_and_resumed_without_loss(
    installation: Installation,
) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        receiver.answer = answer_with(404)
        installation.subscribe([ADA])
        for hours in range(0, 30):
            installation.now += dt.timedelta(hours=1)
            installation.subscribe([f"reader{hours}@example.org"])
            receiver.send(exact())
        assert state_of(installation) == (WebhookState.PAUSED, PauseCause.FAILING)
        sent = len(receiver.requests)
        installation.unsubscribe(ADA)
        receiver.answer = lambda request: None
        installation.now += 3 * DAY
        receiver.send(exact())
        assert len(receiver.requests) == sent
        webhooks.resume(installation.app, "crm", by=OPERATOR)
        receiver.send(exact())
    assert counts(installation) == {SendState.DELIVERED: 32}
    assert of_person(receiver, ADA)[-2:] == ["joined", "left"]
    assert state_of(installation) == (WebhookState.ACTIVE, None)


def test_410_gone_pauses_at_once(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        receiver.answer = answer_with(410)
        installation.subscribe([ADA])
        receiver.send()
    assert state_of(installation) == (WebhookState.PAUSED, PauseCause.GONE)
    assert counts(installation) == {SendState.WAITING: 1}


def test_a_redirect_is_not_followed(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        receiver.answer = answer_with(302, Location=receiver.server.url("/other"))
        installation.subscribe([ADA])
        receiver.send()
    (attempt,) = webhook_attempts.attempts(installation.app, "crm", limit=9, by=OPERATOR)
    assert (attempt.status, attempt.error) == (
        302,
        "the response was 302 Found: redirects are not followed: "
        "`newsletter webhook edit` sets the new address",
    )
    assert [request.path for request in receiver.requests] == ["/hook"]


def test_nothing_is_sent_while_the_kill_switch_is_on(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        installation.subscribe([ADA])
        with installation.app.database.write() as connection:
            kill_switch.engage(connection, StopKind.ALL, reason="test", now=installation.now)
        receiver.send()
    assert receiver.requests == []


def test_a_process_that_died_leaves_its_events_to_the_next_after_the_lease(
    installation: Installation,
) -> None:
    installation.add_list()
    policy = exact()
    with receiving(installation) as receiver:
        installation.subscribe([ADA])
        dead = WebhookSender(installation.app, wait=lambda _seconds: False, policy=policy)
        assert dead.dispatcher.settle_and_claim(1, [], limit=9) is not None
        receiver.send(policy)
        assert receiver.requests == []
        installation.now += policy.lease
        receiver.send(policy)
    assert people_of(receiver) == [("joined", ADA)]


def test_a_process_that_stops_gives_back_what_it_has_not_sent(installation: Installation) -> None:
    installation.add_list()
    policy = exact()
    with receiving(installation) as receiver:
        installation.add_readers(40)
        stopping = WebhookSender(installation.app, wait=lambda _seconds: False, policy=policy)
        stopping.send_some()
        stopping.close()
        receiver.send(policy)
    assert counts(installation) == {SendState.DELIVERED: 40}
    assert len(receiver.requests) == 40


def test_a_process_that_stops_records_all_that_was_sent_since_its_last_round(
    installation: Installation,
) -> None:
    installation.add_list()
    policy = exact()
    with receiving(installation) as receiver:
        installation.add_readers(40)
        stopping = WebhookSender(installation.app, wait=lambda _seconds: False, policy=policy)
        stopping.send_some()
        wait_until(lambda: len(receiver.requests) == CLAIMED)
        stopping.close()
        assert counts(installation) == {SendState.DELIVERED: CLAIMED, SendState.WAITING: 24}
        receiver.send(policy)
    assert len(receiver.requests) == 40


def test_a_result_after_the_lease_changes_nothing(installation: Installation) -> None:
    installation.add_list()
    policy = exact()
    with receiving(installation) as receiver:
        installation.subscribe([ADA])
        slow = WebhookSender(installation.app, wait=lambda _seconds: False, policy=policy)
        claimed = slow.dispatcher.settle_and_claim(1, [], limit=9)
        assert claimed is not None
        receiver.answer = answer_with(500)
        late = slow.dispatcher.send(claimed.webhook, claimed.events[0])
        receiver.answer = lambda request: None
        installation.now += policy.lease
        receiver.send(policy)
        slow.dispatcher.settle_and_claim(1, [late], limit=0)
    assert counts(installation) == {SendState.DELIVERED: 1}


def test_an_event_is_replayed_by_its_id_by_time_or_because_it_failed(
    installation: Installation,
) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        installation.subscribe([ADA])
        receiver.send()
        installation.now += DAY
        installation.subscribe([BOB])
        receiver.answer = answer_with(500)
        receiver.send(exact(give_up_after=dt.timedelta(0)))
        receiver.answer = lambda request: None

        def replayed(choice: ReplayChoice) -> list[str]:
            before = len(receiver.requests)
            webhook_attempts.replay(installation.app, "crm", choice, by=OPERATOR)
            receiver.send()
            return [each["address"] for each in receiver.data()[before:]]

        assert replayed(ReplayChoice(is_failed=True)) == [BOB]
        assert replayed(ReplayChoice(event=receiver.ids()[0])) == [ADA]
        yesterday = (installation.now - DAY).isoformat()
        assert replayed(ReplayChoice(since=yesterday)) == [ADA]
        later = (installation.now + DAY).isoformat()
        assert sorted(replayed(ReplayChoice(since=yesterday, until=later))) == [ADA, BOB]
        with pytest.raises(NotFound, match="no event evt_x was sent to webhook crm"):
            replayed(ReplayChoice(event="evt_x"))
        with pytest.raises(Refused, match="say which events"):
            replayed(ReplayChoice(since=yesterday, is_failed=True))
    assert len(set(receiver.ids())) == 2


def test_an_event_that_is_due_and_not_sent_yet_may_be_replayed(
    installation: Installation,
) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        installation.subscribe([ADA])
        with installation.app.database.read() as connection:
            key = connection.exec_driver_sql("SELECT key FROM outgoing_event").scalar_one()
        choice = ReplayChoice(event=key)
        count = webhook_attempts.replay(installation.app, "crm", choice, by=OPERATOR)
        receiver.send()
        assert (count, [each["address"] for each in receiver.data()]) == (1, [ADA])


def test_old_events_and_attempts_are_deleted(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        installation.subscribe([ADA])
        receiver.send()
        installation.now += RETENTION
        installation.subscribe([BOB])
        installation.now += dt.timedelta(seconds=1)
        with installation.app.database.write() as connection:
            assert purge_some(connection, now=installation.now) == 2
            assert purge_some(connection, now=installation.now) == 0
    assert counts(installation) == {SendState.WAITING: 1}


def test_a_new_secret_of_the_installation_changes_no_webhook() -> None:
    old, new = b"o" * 32, b"n" * 32
    before = WebhookSecrets([old])
    after = WebhookSecrets([new, old])
    assert after.current != before.current
    first = before.derive(before.current, "salt", of="crm")
    assert after.derive(before.current, "salt", of="crm") == first
    with pytest.raises(SettingsError, match="webhook edit crm --new-secret"):
        WebhookSecrets([new]).derive(before.current, "salt", of="crm")


def test_a_new_secret_of_a_webhook_is_another(installation: Installation) -> None:
    with receiving(installation) as receiver:
        changed = webhooks.edit(installation.app, "crm", new_secret=True, by=OPERATOR)
    assert changed.secret is not None
    assert changed.secret != receiver.secret
    assert changed.secret.startswith("whsec_")


def test_the_old_secret_signs_beside_the_new_one_for_a_day(installation: Installation) -> None:
    installation.now = utc_now()
    installation.add_list()
    with receiving(installation) as receiver:
        changed = webhooks.edit(installation.app, "crm", new_secret=True, by=OPERATOR)
        installation.subscribe([ADA])
        receiver.send()
        (request,) = receiver.requests
        for secret in (receiver.secret, changed.secret):
            svix.Webhook(secret or "").verify(request.body, dict(request.headers))
        installation.now += dt.timedelta(days=1)
        installation.subscribe([BOB])
        receiver.send()
    assert len(request.headers["webhook-signature"].split()) == 2
    assert len(receiver.requests[1].headers["webhook-signature"].split()) == 1


def test_an_address_where_nothing_may_be_sent_is_refused_when_it_is_given(
    installation: Installation,
) -> None:
    private = ("http://10.1.2.3/x", "https://10.1.2.3/x", "https://[::ffff:10.1.2.3]/")
    refused = (*private, "http://8.8.8.8/", "https://8.8.8.8:25/")
    with receiving(installation) as receiver:
        for url in refused:
            with pytest.raises(InvalidValue, match="nothing is sent to"):
                webhooks.add(installation.app, "other", url, by=OPERATOR)
            with pytest.raises(InvalidValue, match="nothing is sent to"):
                webhooks.edit(installation.app, "crm", url=url, by=OPERATOR)
        webhooks.edit(installation.app, "crm", url=receiver.url, by=OPERATOR)
    names = [each.webhook.name for each in webhooks.show_all(installation.app, by=OPERATOR)]
    assert names == ["crm"]
