"""
Test that refusals are classified as people who run mail servers would: the texts that large mailbox
providers, filters and mail servers really send, each with its class, through every way in.

`refusal_texts.tsv` names the source of each text, and says why where a class can be disputed.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from provider_samples import make_reader

from newsletter.model.event import Event, EventKind
from newsletter.providers.brevo import events as brevo
from newsletter.providers.enhanced_status_codes import Blame
from newsletter.providers.mailgun import events as mailgun
from newsletter.providers.mailjet import events as mailjet
from newsletter.providers.postmark import events as postmark
from newsletter.providers.refusals import blame_in, refusal_kind
from newsletter.providers.resend import events as resend
from newsletter.providers.sendgrid import events as sendgrid
from newsletter.providers.ses import events as ses
from newsletter.providers.smtp.bounce_reports import parse_bounce, read_bounce
from newsletter.providers.smtp.replies import Replied, Reply, Stage
from newsletter.providers.smtp.responses import read_endings
from newsletter.providers.smtp.verp import ReturnPaths
from newsletter.providers.sparkpost import events as sparkpost
from subscribers.tokens import KeyRing

CLASSES = {
    "hard": EventKind.BOUNCED_HARD,
    "soft": EventKind.BOUNCED_SOFT,
    "blocked": EventKind.BLOCKED,
}
HARD, SOFT, BLOCKED = CLASSES.values()
FILE = Path(__file__).with_name("refusal_texts.tsv")
with FILE.open(encoding="utf-8", newline="") as lines:
    ROWS = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
TEXTS = [(row["text"], CLASSES[row["class"]]) for row in ROWS]
# The others are temporary, or were taken from a report.
REPLIES = [(text, kind) for text, kind in TEXTS if text[:3].isdigit() and text[0] == "5"]
PATHS = ReturnPaths("bounces@example.org", KeyRing(b"the secret of a site").words)
READER = make_reader(7, message_id="<i12-d7.0a1b2c3d4e@example.org>")
OTHER = Replied(Stage.MESSAGE, Reply(250, ("Ok",)))


def test_the_texts_are_many_and_the_disputed_ones_have_a_reason():
    assert len({row["text"] for row in ROWS}) == len(ROWS) >= 300
    assert len({row["source"] for row in ROWS}) >= 60
    assert 3 <= sum(bool(row["why it is arguable"]) for row in ROWS) <= 8


@pytest.mark.parametrize(("text", "kind"), TEXTS)
def test_each_refusal_text_has_its_class(text: str, kind: EventKind):
    assert refusal_kind(text) is kind


def of_ses(text: str, kind: str) -> bytes:
    said = {"bouncedRecipients": [{"diagnosticCode": text}], "bounceType": kind}
    inside = {"eventType": "Bounce", "bounce": said | {"bounceSubType": "General"}, "mail": {}}
    return orjson.dumps({"Type": "Notification", "Message": orjson.dumps(inside).decode()})


def of_resend(text: str, kind: str) -> bytes:
    bounce = {"type": kind, "subType": "General", "diagnosticCode": [text], "message": "Gone."}
    return orjson.dumps({"type": "email.bounced", "data": {"bounce": bounce}})


def of_mailgun(text: str, kind: str) -> bytes:
    event = {"event": "failed", "severity": "permanent", "reason": "bounce"}
    status = {"bounce-type": kind, "message": text}
    return orjson.dumps({"event-data": event | {"delivery-status": status}})


def of_sparkpost(text: str, number: str) -> bytes:
    event = {"type": "bounce", "bounce_class": number, "raw_reason": text}
    return orjson.dumps([{"msys": {"message_event": event}}])


def of_mailjet(text: str, *, is_hard: bool) -> bytes:
    said = {"error": "user unknown", "error_related_to": "recipient", "comment": text}
    return orjson.dumps({"event": "bounce", "hard_bounce": is_hard} | said)


def of_postmark(text: str, kind: str) -> bytes:
    return orjson.dumps({"RecordType": "Bounce", "Type": kind, "Details": text})


def of_mail(text: str) -> bytes:
    return (
        f"To: {PATHS.path_of(READER)}\nMIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.org\n\n"
        f"Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; {text}\n\n--b--\n"
    ).encode()


Way = tuple[Callable[[bytes], list[Event]], Callable[[str], bytes]]


def sendgrid_body(**fields: Any) -> bytes:
    return orjson.dumps([{"event": "bounce", "type": "bounce"} | fields])


# Where the provider says no more than that it gave up, the text alone decides.
PERMANENT: dict[str, Way] = {
    "ses": (ses.read_events, lambda text: of_ses(text, "Permanent")),
    "resend": (resend.read_events, lambda text: of_resend(text, "Permanent")),
    "mailgun": (mailgun.read_events, lambda text: of_mailgun(text, "hard")),
    "brevo": (brevo.read_events, lambda t: orjson.dumps({"event": "hard_bounce", "reason": t})),
    "sendgrid": (sendgrid.read_events, lambda text: sendgrid_body(reason=text)),
    "sparkpost": (sparkpost.read_events, lambda text: of_sparkpost(text, "1")),
    "mail": (lambda raw: read_bounce(raw, PATHS, parse_bounce), of_mail),
}
# Where the provider says that it is refused for now, or that the address does not exist.
FOR_NOW: dict[str, Way] = {
    "ses": (ses.read_events, lambda text: of_ses(text, "Transient")),
    "resend": (resend.read_events, lambda text: of_resend(text, "Transient")),
    "mailgun": (mailgun.read_events, lambda text: of_mailgun(text, "soft")),
    "brevo": (brevo.read_events, lambda t: orjson.dumps({"event": "soft_bounce", "reason": t})),
    "sparkpost": (sparkpost.read_events, lambda text: of_sparkpost(text, "20")),
    "mailjet": (mailjet.read_events, lambda text: of_mailjet(text, is_hard=False)),
    "postmark": (postmark.read_events, lambda text: of_postmark(text, "SoftBounce")),
}
GONE: dict[str, Way] = {
    "sparkpost": (sparkpost.read_events, lambda text: of_sparkpost(text, "10")),
    "mailjet": (mailjet.read_events, lambda text: of_mailjet(text, is_hard=True)),
    "postmark": (postmark.read_events, lambda text: of_postmark(text, "HardBounce")),
}


def differences(way: Way, expected: Callable[[EventKind], set[EventKind]]) -> list[str]:
    read, body = way
    return [text for text, kind in TEXTS if read(body(text))[0].kind not in expected(kind)]


@pytest.mark.parametrize("name", PERMANENT)
def test_a_permanent_refusal_has_the_same_class_through_every_way_in(name: str):
    assert differences(PERMANENT[name], lambda kind: {kind}) == []


@pytest.mark.parametrize("name", FOR_NOW)
def test_a_refusal_for_now_is_never_hard_and_a_policy_is_still_no_soft_bounce(name: str):
    assert differences(FOR_NOW[name], lambda kind: {BLOCKED if kind is BLOCKED else SOFT}) == []


@pytest.mark.parametrize("name", GONE)
def test_a_policy_refusal_is_blocked_even_if_the_provider_calls_the_address_unknown(name: str):
    assert differences(GONE[name], lambda k: {HARD, SOFT} if k is SOFT else {k}) == []


@pytest.mark.parametrize(("text", "kind"), REPLIES)
def test_an_smtp_reply_suppresses_only_an_address_that_does_not_exist(text: str, kind: EventKind):
    refusal = Replied(Stage.RECIPIENT, Reply(int(text[:3]), (text[4:],)))
    receipts = read_endings([OTHER, refusal], name="relay").receipts
    assert receipts[1].suppress is (kind is HARD)


def test_words_in_an_address_or_beyond_the_first_thousand_characters_do_not_count():
    assert refusal_kind("550 <no such user@example.com>, <spam@example.com> refused") is SOFT
    assert refusal_kind("550 refused <user-unknown@example.com>") is SOFT
    assert refusal_kind("550 " + "x " * 1_000 + "user unknown") is SOFT


def test_a_policy_counts_more_than_the_state_of_the_mailbox():
    assert refusal_kind("550 account suspended, see our policy") is BLOCKED
    assert refusal_kind("450 4.2.1 mailbox full, rate limited") is BLOCKED
    assert refusal_kind("552 5.2.2 mailbox size limit reached") is SOFT


@pytest.mark.parametrize(
    "text",
    [
        "550 Verification failed for <desk@example.org>: No Such User Here",
        "550 5.1.1 Sender unknown",
        "550 The domain of your envelope from does not exist",
        "550 5.0.0 Reverse path mailbox unknown",
    ],
)
def test_a_sender_that_a_server_cannot_find_suppresses_no_reader(text: str):
    assert refusal_kind(text) is BLOCKED


def test_only_words_about_the_sender_s_address_are_about_the_sender():
    assert blame_in("550 5.1.1 no such user, sender notified") is Blame.ADDRESS
    assert blame_in("550 recipient domain must exist") is None
    assert blame_in("550 sender domain must exist") is Blame.SENDER


@pytest.mark.parametrize("verdict", [BLOCKED, EventKind.COMPLAINED, EventKind.UNSUBSCRIBED])
def test_a_provider_s_word_for_a_block_or_a_complaint_decides(verdict: EventKind):
    assert refusal_kind("550 5.1.1 user unknown", verdict) is verdict
