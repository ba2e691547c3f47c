"""
Test Amazon SNS: only recent messages that it signed for a configured topic are accepted.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from provider_samples import NOW
from sns_samples import CERTIFICATE, SUBSCRIBE, TOPIC, Amazon, certificate, message, signed

from newsletter.errors import FetchError
from newsletter.providers.ses.sns import NEWEST, OLDEST, Topics, message_name
from newsletter.providers.ses.sns_certificates import (
    MOST_CERTIFICATES,
    Certificates,
    open_fetch,
    read_certificate,
)

VALIDATOR = Path(__file__).parents[1] / "proof/node_modules/sns-validator"
# Runs the vendor's library on each message from stdin, with the certificate given here.
ASK_VALIDATOR = """
const {EventEmitter} = require('events');
const [library, pem] = process.argv.slice(1);
require('https').get = (url, told) => {
  const answer = Object.assign(new EventEmitter(), {statusCode: 200});
  told(answer); answer.emit('data', pem); answer.emit('end');
  return new EventEmitter();
};
const validator = new (require(library))();
const messages = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const said = messages.map(one => new Promise(
  done => validator.validate(one, error => done(!error))));
Promise.all(said).then(all => console.log(JSON.stringify(all)));
"""


@pytest.fixture
def amazon() -> Amazon:
    return Amazon()


@pytest.fixture
def topics(amazon: Amazon) -> Topics:
    return Topics([TOPIC], fetch=amazon, clock=lambda: NOW)


def changed(raw: bytes, **fields: Any) -> bytes:
    """
    Return the message with other fields but its original signature.
    """
    return json.dumps(json.loads(raw) | fields).encode()


GOOD = {
    f"{kind} v{version} {subject}": signed(
        message(kind, at=NOW, SignatureVersion=version, Subject=subject)
    )
    for kind in ("Notification", "SubscriptionConfirmation")
    for version in ("1", "2")
    for subject in ([None, "Küste"] if kind == "Notification" else [None])
}
NOTIFICATION = signed(message(at=NOW))
BAD = {
    "tampered": changed(NOTIFICATION, Message="{}"),
    "another time": changed(NOTIFICATION, Timestamp="2026-03-04T11:59:58.000Z"),
    "another version": changed(NOTIFICATION, SignatureVersion="1"),
    "no such version": changed(NOTIFICATION, SignatureVersion="3"),
    "foreign key": signed(message(at=NOW), by="somebody"),
    "another kind": changed(NOTIFICATION, Type="UnsubscribeConfirmation"),
    "no signature": changed(NOTIFICATION, Signature=""),
    "a signature that is none": changed(NOTIFICATION, Signature="é!"),
}
# The vendor's library fails on these.
BROKEN = [changed(NOTIFICATION, SigningCertURL=None), b"", b"[]", b"{}"]


@pytest.mark.parametrize("raw", GOOD.values(), ids=GOOD)
def test_a_message_signed_by_amazon_for_the_topic_is_accepted(topics: Topics, raw: bytes):
    assert topics.has_sent(raw)


@pytest.mark.parametrize("raw", [*BAD.values(), *BROKEN])
def test_anything_else_is_refused(topics: Topics, raw: bytes):
    assert not topics.has_sent(raw)


def test_an_unknown_topic_is_refused_although_amazon_signed_it(topics: Topics, amazon: Amazon):
    assert not topics.has_sent(signed(message(at=NOW, TopicArn=TOPIC + "s")))
    assert amazon.asked == []


@pytest.mark.parametrize("age", [OLDEST, dt.timedelta(0), -NEWEST])
def test_a_message_is_accepted_for_as_long_as_amazon_retries(topics: Topics, age: dt.timedelta):
    assert topics.has_sent(signed(message(at=NOW - age)))
    beyond = age + dt.timedelta(seconds=1 if age > dt.timedelta(0) else -1)
    assert topics.has_sent(signed(message(at=NOW - beyond))) == (age == dt.timedelta(0))


@pytest.mark.parametrize(
    "url",
    [
        CERTIFICATE.replace("https", "http"),
        "https://sns.evil.amazonaws.com.attacker.example/a.pem",
        "https://sns.eu-west-1.amazonaws.com@attacker.example/a.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
        "https://attacker.example/sns.eu-west-1.amazonaws.com/a.pem",
        "https://bucket.s3.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com/?Action=X&a=.pem",
        "https://sns.eu-west-1.amazonaws.com/../a.pem",
        CERTIFICATE + "\n",
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_fetched(topics: Topics, amazon: Amazon, url: str):
    assert not topics.has_sent(signed(message(at=NOW, SigningCertURL=url)))
    assert amazon.asked == []


def test_a_certificate_is_fetched_once(topics: Topics, amazon: Amazon):
    assert all(topics.has_sent(raw) for raw in GOOD.values())
    assert amazon.asked == [CERTIFICATE]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://127.0.0.1/a.pem", "its address is 127.0.0.1"),
        ("https://192.0.2.1:8443/a.pem", "192.0.2.1"),
    ],
)
def test_certificates_are_fetched_from_public_networks_only(url: str, words: str):
    with pytest.raises(FetchError, match=words):
        open_fetch()(url)


def test_the_number_of_cached_certificates_is_limited():
    asked: list[str] = []
    kept = Certificates(lambda url: asked.append(url) or certificate())
    for number in [*range(MOST_CERTIFICATES + 1), MOST_CERTIFICATES, 0]:
        kept.at(f"{CERTIFICATE}{number}")
    assert len(asked) == MOST_CERTIFICATES + 2


def test_a_certificate_that_cannot_be_fetched_is_an_error(topics: Topics, amazon: Amazon):
    amazon.is_away = True
    with pytest.raises(FetchError, match="did not respond"):
        topics.has_sent(NOTIFICATION)
    amazon.is_away = False
    assert topics.has_sent(NOTIFICATION)


def test_a_malformed_certificate_is_an_error():
    with pytest.raises(FetchError, match=r"0a1b2c.pem is not a certificate"):
        read_certificate(b"<html>", CERTIFICATE)


def test_a_subscription_is_confirmed_at_amazon_s_url(topics: Topics, amazon: Amazon):
    raw = signed(message("SubscriptionConfirmation", at=NOW))
    assert topics.answer(raw) == f"{TOPIC} is confirmed: its events arrive from now on"
    assert amazon.asked == [SUBSCRIBE]


@pytest.mark.parametrize(
    "url",
    [
        "https://attacker.example/?Action=ConfirmSubscription",
        "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        "http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
    ],
)
def test_a_confirmation_url_outside_amazon_is_not_followed(
    topics: Topics, amazon: Amazon, url: str
):
    raw = signed(message("SubscriptionConfirmation", at=NOW, SubscribeURL=url))
    with pytest.raises(FetchError, match="a confirmation outside Amazon"):
        topics.answer(raw)
    assert amazon.asked == []


def test_the_end_of_a_subscription_is_reported_and_not_undone(topics: Topics, amazon: Amazon):
    raw = signed(message("UnsubscribeConfirmation", at=NOW))
    assert topics.has_sent(raw)
    assert (topics.answer(raw) or "").startswith(f"{TOPIC} was unsubscribed")
    assert (topics.answer(NOTIFICATION), amazon.asked) == (None, [CERTIFICATE])


def test_a_repeated_message_has_the_same_name():
    again = changed(NOTIFICATION, UnsubscribeURL="https://elsewhere.example/")
    other = signed(message(at=NOW, MessageId="another"))
    assert message_name(again) == message_name(NOTIFICATION) != message_name(other)


def test_the_vendor_s_library_agrees(topics: Topics):
    node = shutil.which("node")
    if node is None or not VALIDATOR.is_dir():
        pytest.skip("no sns-validator to compare with: make tests/proof/node_modules")
    judged = [*GOOD.values(), *BAD.values()]
    said = subprocess.run(
        [node, "-e", ASK_VALIDATOR, "--", str(VALIDATOR), certificate().decode()],
        input=json.dumps([json.loads(raw) for raw in judged]).encode(),
        capture_output=True,
        check=True,
    )
    assert json.loads(said.stdout) == [topics.has_sent(raw) for raw in judged]
