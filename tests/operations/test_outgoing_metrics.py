"""
The metrics of outgoing webhooks say what waits, for how long, and whether it arrives.
"""

from __future__ import annotations

import datetime as dt

from http_server import Answer
from installation import Installation
from prometheus_client.parser import text_string_to_metric_families
from receivers import Receiver, receiving

from newsletter.actions.operations import webhooks
from newsletter.model.access import OPERATOR
from newsletter.operations.metrics.registry import Metrics

ADA, BOB = "ada@example.org", "bob@example.org"
PREFIX = "newsletter_outgoing_webhook_"


def figures(installation: Installation) -> dict[tuple[str, ...], float]:
    """
    Read the metrics of outgoing webhooks that are not 0: by name and the values of the labels.
    """
    families = text_string_to_metric_families(Metrics(installation.app).as_text().decode())
    return {
        (sample.name.removeprefix(PREFIX), *sorted(sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
        if sample.name.startswith(PREFIX) and sample.value
    }


def fail(receiver: Receiver, *, status: int) -> None:
    receiver.answer = lambda _request: Answer(status=status)
    receiver.send()
    receiver.installation.now += dt.timedelta(days=1)


def test_events_wait_from_when_they_happened_until_they_arrive(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        installation.subscribe([ADA])
        installation.now += dt.timedelta(minutes=7)
        installation.subscribe([BOB])
        assert figures(installation) == {
            ("waiting_events", "crm"): 2,
            ("oldest_seconds", "crm"): 420,
        }
        receiver.send()
        assert figures(installation) == {("attempts_total", "delivered"): 2}


def test_a_webhook_fails_since_its_first_failure(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        installation.subscribe([ADA])
        fail(receiver, status=503)
    found = figures(installation)
    assert found["failing_seconds", "crm"] == 86400
    assert found["attempts_total", "refused"] == 1


def test_a_receiver_that_does_not_respond_is_counted(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        webhooks.edit(installation.app, "crm", url="http://127.0.0.1:9/hook", by=OPERATOR)
        installation.subscribe([ADA])
        receiver.send()
    assert figures(installation)["attempts_total", "no_response"] == 1


def test_a_paused_webhook_has_its_cause(installation: Installation) -> None:
    installation.add_list()
    with receiving(installation) as receiver:
        webhooks.pause(installation.app, "crm", by=OPERATOR)
        assert figures(installation) == {("paused", "crm", "person"): 1}
        webhooks.resume(installation.app, "crm", by=OPERATOR)
        installation.subscribe([ADA])
        fail(receiver, status=410)
    assert figures(installation)["paused", "crm", "gone"] == 1
