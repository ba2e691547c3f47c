"""
Test the reading of the events of Amazon SES.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from provider_samples import NOW
from sns_samples import AT, LABEL, WHEN, event, message, signed

from newsletter.model.event import Event, EventKind, UnreadableEvent
from newsletter.providers.ses.events import read_events

GREETING = "Successfully validated SNS topic for Amazon SES event publishing."


def events_in(inside: str) -> list[Event]:
    return read_events(signed(message(at=NOW, Message=inside)))


def ours(kind: EventKind, *, at: dt.datetime | None = WHEN, **values: Any) -> list[Event]:
    base = {"label": LABEL, "batch": "abc-i12-b1-1", "email": "ada@example.org"}
    return [Event(kind=kind, at=at, **(base | values))]


def bounced(kind: str, subtype: str, words: str) -> str:
    # The server that Ada's own one forwards to reports its own address.
    people = [{"emailAddress": "ada@elsewhere.org", "status": "5.1.1", "diagnosticCode": words}]
    values = {"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": people}
    return event("Bounce", values | {"timestamp": AT})


@pytest.mark.parametrize(
    ("name", "field", "kind"),
    [
        ("Delivery", "delivery", EventKind.DELIVERED),
        ("DeliveryDelay", "deliveryDelay", EventKind.DEFERRED),
        ("Complaint", "complaint", EventKind.COMPLAINED),
        ("Open", "open", EventKind.OPENED),
        ("Click", "click", EventKind.CLICKED),
    ],
)
def test_each_event_has_its_kind_and_its_own_time(name: str, field: str, kind: EventKind):
    assert events_in(event(name, field=field)) == ours(kind)


def test_an_event_without_a_time_gets_that_of_the_mail():
    sent = dt.datetime(2026, 3, 4, 11, 59, 59, tzinfo=dt.UTC)
    assert events_in(event("Send", {})) == ours(EventKind.ACCEPTED, at=sent)
    reject = event("Reject", {"reason": "Bad content"})
    assert events_in(reject) == ours(EventKind.BLOCKED, at=sent, detail="Bad content")
    failure = event("Rendering Failure", {"errorMessage": "a is missing"}, field="failure")
    assert events_in(failure) == ours(EventKind.BLOCKED, at=sent, detail="a is missing")


@pytest.mark.parametrize(
    ("kind", "subtype", "words", "meant"),
    [
        ("Permanent", "General", "smtp; 550 5.1.1 user unknown", EventKind.BOUNCED_HARD),
        ("Permanent", "OnAccountSuppressionList", "", EventKind.BOUNCED_HARD),
        ("Permanent", "General", "smtp; 550 5.7.1 listed", EventKind.BLOCKED),
        ("Permanent", "General", "smtp; 552 5.2.2 mailbox full", EventKind.BOUNCED_SOFT),
        ("Permanent", "UnsubscribedRecipient", "", EventKind.UNSUBSCRIBED),
        ("Transient", "MailboxFull", "smtp; 452 4.2.2 full", EventKind.BOUNCED_SOFT),
        ("Transient", "ContentRejected", "smtp; 554 spam", EventKind.BLOCKED),
        ("Undetermined", "Undetermined", "smtp; 5xx", EventKind.BOUNCED_SOFT),
    ],
)
def test_a_bounce_is_classified_by_its_type_and_the_reply_of_the_server(
    kind: str, subtype: str, words: str, meant: EventKind
):
    detail = words or "5.1.1"
    assert events_in(bounced(kind, subtype, words)) == ours(meant, detail=detail)


@pytest.mark.parametrize(
    ("feedback", "kinds"),
    [
        ("abuse", [EventKind.COMPLAINED]),
        (None, [EventKind.COMPLAINED]),
        ("auth-failure", [EventKind.BLOCKED]),
        ("not-spam", []),
    ],
)
def test_only_an_action_of_the_reader_is_a_complaint(feedback: str | None, kinds: list[EventKind]):
    values = {"timestamp": AT, "complaintFeedbackType": feedback}
    assert [one.kind for one in events_in(event("Complaint", values))] == kinds


@pytest.mark.parametrize(
    ("preferences", "kinds"),
    [
        ({"unsubscribeAll": True}, [EventKind.UNSUBSCRIBED]),
        ({"topicSubscriptionStatus": [{"subscriptionStatus": "OptOut"}]}, [EventKind.UNSUBSCRIBED]),
        ({"topicSubscriptionStatus": [{"subscriptionStatus": "OptIn"}]}, []),
        ({"topicSubscriptionStatus": 7}, []),
        (None, []),
    ],
)
def test_an_unsubscribe_at_amazon_is_an_unsubscribe_event(preferences: Any, kinds: list[EventKind]):
    values = {"timestamp": AT, "newTopicPreferences": preferences}
    assert [one.kind for one in events_in(event("Subscription", values))] == kinds


def test_without_tags_our_message_id_identifies_the_delivery():
    headers = [{"name": "Message-ID", "value": "<i12-d7.0a1b2c3d4e@example.org>"}]
    inside = event("Delivery", tags={}, headers=headers, name="notificationType")
    assert events_in(inside) == ours(EventKind.DELIVERED, label=LABEL, batch="")


def test_a_message_that_is_not_about_a_mail_gives_no_event():
    assert events_in(GREETING) == []
    assert events_in(event("AmazonSnsSubscriptionSucceeded")) == []
    assert read_events(signed(message("UnsubscribeConfirmation", at=NOW))) == []


@pytest.mark.parametrize("inside", ["", "hello", "[]", '{"eventType":"Open"}'])
def test_an_unknown_format_is_unreadable(inside: str):
    with pytest.raises(UnreadableEvent):
        events_in(inside)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["timestamp", "tags", "headers", "name"]), inner)
        ),
        max_leaves=8,
    ),
    st.sampled_from(["Bounce", "Complaint", "Subscription", "Open"]),
)
def test_any_details_are_read_or_reported_as_unreadable(values: Any, kind: str):
    inside = {"eventType": kind, "mail": values, kind.lower(): values}
    try:
        found = read_events(
            orjson.dumps({"Type": "Notification", "Message": orjson.dumps(inside).decode()})
        )
    except UnreadableEvent:
        return
    assert len(found) <= 1
