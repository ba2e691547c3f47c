"""
The webhooks of Amazon: a topic that asks is answered, its events are kept once, and what cannot be
judged now is asked for again.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from event_samples import resend_body
from installation import Installation
from sns_samples import CERTIFICATE, SUBSCRIBE, TOPIC, Amazon, message, signed
from web_samples import TestClient
from webhook_requests import post_webhook, waiting

from newsletter.isolation.sandbox import Sandbox
from newsletter.operations.doctor import run_checks
from newsletter.providers.http_client import HttpClient
from newsletter.providers.ses.provider import SesProvider
from newsletter.providers.ses.sigv4 import Credentials
from newsletter.providers.ses.sns import Topics
from newsletter.web.application import make_web

NO_KEY = Credentials(access_key_id="a", secret_access_key="b")
SES = {"kind": "ses", "region": "eu-west-1", "access_key_id": "env:A", "secret_access_key": "env:B"}


@pytest.fixture
def amazon() -> Amazon:
    return Amazon()


@pytest.fixture
def installation(
    tmp_path: Path, database_url: str, now: dt.datetime, warm_sandbox: Sandbox, amazon: Amazon
) -> Iterator[Installation]:
    """
    An installation that is told by a topic of Amazon's, and has an account without one.
    """
    defaults = {"amazon": {**SES, "topics": [TOPIC]}, "deaf": SES}
    installation = Installation(
        tmp_path, database_url, now=now, sandbox=warm_sandbox, provider=defaults
    )
    with HttpClient(1) as http:
        for name in defaults:
            installation.app.providers[name] = SesProvider(
                name,
                region="eu-west-1",
                credentials=lambda: NO_KEY,
                http=http,
                topics=Topics([TOPIC] if name == "amazon" else [], fetch=amazon, clock=lambda: now),
            )
        yield installation
    installation.close()


@pytest.fixture
def client(installation: Installation) -> Iterator[TestClient]:
    with TestClient(make_web(installation.app, stopping=threading.Event())) as client:
        yield client


def test_a_topic_that_asks_is_confirmed_and_nothing_is_kept(
    installation: Installation, client: TestClient, amazon: Amazon
):
    raw = signed(message("SubscriptionConfirmation", at=installation.now))
    assert post_webhook(client, installation, "amazon", raw, {}) == 200
    assert (amazon.asked, waiting(installation)) == ([CERTIFICATE, SUBSCRIBE], [])


def test_a_topic_that_was_not_named_is_not_confirmed(
    installation: Installation, client: TestClient, amazon: Amazon
):
    foreign = signed(message("SubscriptionConfirmation", at=installation.now, TopicArn=TOPIC + "2"))
    mine = signed(message("SubscriptionConfirmation", at=installation.now))
    assert post_webhook(client, installation, "amazon", foreign, {}) == 401
    assert post_webhook(client, installation, "deaf", mine, {}) == 401
    assert amazon.asked == []


def test_an_event_is_kept_once_though_a_second_subscription_tells_it_too(
    installation: Installation, client: TestClient
):
    found = message(at=installation.now)
    first, again = signed(found), signed(found | {"UnsubscribeURL": "https://sns.example/2"})
    assert [post_webhook(client, installation, "amazon", raw, {}) for raw in (first, again)] == [
        200,
        200,
    ]
    assert waiting(installation) == [("amazon", first)]


def test_while_nobody_can_tell_whether_it_is_amazon_s_it_is_asked_for_again(
    installation: Installation, client: TestClient, amazon: Amazon
):
    amazon.is_away = True
    raw = signed(message(at=installation.now))
    # SNS lets a message go at a 4xx, and repeats it after a 5xx.
    assert post_webhook(client, installation, "amazon", raw, {}) == 503
    amazon.is_away = False
    assert post_webhook(client, installation, "amazon", raw, {}) == 200
    assert waiting(installation) == [("amazon", raw)]


def test_a_question_that_could_not_be_answered_is_asked_for_again(
    installation: Installation, client: TestClient, amazon: Amazon
):
    assert (
        post_webhook(client, installation, "amazon", signed(message(at=installation.now)), {})
        == 200
    )
    amazon.is_away = True
    raw = signed(message("SubscriptionConfirmation", at=installation.now))
    assert post_webhook(client, installation, "amazon", raw, {}) == 503


def test_another_provider_s_form_is_refused(installation: Installation, client: TestClient):
    assert post_webhook(client, installation, "amazon", resend_body("email.delivered"), {}) == 401


def test_doctor_says_which_topic_is_missing_and_in_which_order_to_mend_it(
    installation: Installation,
):
    (found,) = [one for one in run_checks(installation.app) if one.name == "webhooks"]
    assert found.detail == (
        "[provider.deaf] topics is missing, so bounces and complaints are refused: set it to the "
        "SNS topic of your configuration set (arn:aws:sns:...), and only then subscribe "
        f"{installation.app.links.webhook('deaf')} to that topic (HTTPS)"
    )
    assert not found.ok
