"""
Test providers with an event history: it is requested page by page and returned in the form of their
webhooks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fake_mailgun import FakeMailgun
from fake_postmark import FakePostmark
from fake_provider import FakeProvider, Fault, reply_of
from flavours import FLAVOURS
from provider_samples import NOW

from newsletter.errors import ProviderError
from newsletter.model.delivery import Provider
from newsletter.model.event import EventHistory, EventKind
from newsletter.providers.http_client import HttpClient

SINCE = NOW - dt.timedelta(days=2)
AN_HOUR_AGO = NOW - dt.timedelta(hours=1)
LABEL = "i12-d{}.abc"


def postmark(number: int, kind: EventKind) -> dict[str, Any]:
    types = {EventKind.BOUNCED_HARD: "HardBounce", EventKind.COMPLAINED: "SpamComplaint"}
    return {
        "ID": number,
        "Type": types[kind],
        "MessageID": f"pm-{number}",
        "Email": f"r{number}@example.org",
        "BouncedAt": AN_HOUR_AGO.isoformat(),
        "MessageStream": "broadcast",
        "Details": "550 5.1.1 no such mailbox",
    }


def mailgun(number: int, kind: EventKind) -> dict[str, Any]:
    values: dict[str, Any] = {
        EventKind.BOUNCED_HARD: {
            "event": "failed",
            "severity": "permanent",
            "delivery-status": {"code": 550, "enhanced-code": "5.1.1", "message": "no mailbox"},
        },
        EventKind.COMPLAINED: {"event": "complained"},
    }[kind]
    return values | {
        "id": f"mg-{number}",
        "timestamp": AN_HOUR_AGO.timestamp(),
        "recipient": f"r{number}@example.org",
        "user-variables": {"delivery": LABEL.format(number), "batch": "b"},
    }


def sparkpost(number: int, kind: EventKind) -> dict[str, Any]:
    values: dict[str, Any] = {
        EventKind.BOUNCED_HARD: {"type": "bounce", "bounce_class": "10", "raw_reason": "550 5.1.1"},
        EventKind.COMPLAINED: {"type": "spam_complaint"},
    }[kind]
    return values | {
        "event_id": f"sp-{number}",
        "timestamp": AN_HOUR_AGO.isoformat(timespec="milliseconds"),
        "rcpt_to": f"r{number}@example.org",
        "rcpt_meta": {"delivery": LABEL.format(number), "batch": "b"},
    }


def brevo(number: int, kind: EventKind) -> dict[str, Any]:
    words = {EventKind.BOUNCED_HARD: "hardBounces", EventKind.COMPLAINED: "spam"}
    return {
        "event": words[kind],
        "email": f"r{number}@example.org",
        "date": AN_HOUR_AGO.isoformat(timespec="milliseconds"),
        "messageId": f"<brevo-{number}@x>",
        "reason": "550 5.1.1 no such mailbox",
    }


SAMPLES: Mapping[str, Callable[[int, EventKind], dict[str, Any]]] = {
    "postmark": postmark,
    "mailgun": mailgun,
    "sparkpost": sparkpost,
    "brevo": brevo,
}


@pytest.fixture
def specs(shared: Path) -> Path:
    return shared / "specs"


@pytest.fixture(params=SAMPLES)
def asked(request: pytest.FixtureRequest, specs: Path) -> Iterator[tuple[FakeProvider, Provider]]:
    """
    Return a provider of each kind with more than a page of events, mostly bounces.
    """
    sample = SAMPLES[request.param]
    with FLAVOURS[request.param].running(specs) as fake, HttpClient(1) as http:
        fake.reports = [sample(number, EventKind.BOUNCED_HARD) for number in range(1_100)]
        fake.reports.append(sample(1_100, EventKind.COMPLAINED))
        provider = fake.opened(http)
        yield fake, provider


def test_past_events_are_returned_page_by_page(asked: tuple[FakeProvider, Provider]) -> None:
    fake, provider = asked
    assert isinstance(provider, EventHistory)
    (*bounces, last) = [e for raw in provider.events_since(SINCE) for e in provider.events(raw)]
    assert {event.kind for event in bounces} == {EventKind.BOUNCED_HARD}
    assert (last.kind, last.at, last.email) == (
        EventKind.COMPLAINED, AN_HOUR_AGO, "r1100@example.org",
    )  # fmt: skip
    assert len({event.label or event.message for event in bounces}) == 1_100
    assert 1 < len(fake.calls) < 8


def test_a_short_page_of_mailgun_is_not_taken_for_the_last(specs: Path) -> None:
    with FakeMailgun.running(specs) as fake, HttpClient(1) as http:
        fake.reports = [mailgun(number, EventKind.COMPLAINED) for number in range(3)]
        fake.page = 2
        assert len(list(fake.opened(http).events_since(SINCE))) == 3


def test_an_entry_that_is_not_an_object_does_not_hide_later_pages(specs: Path) -> None:
    with FakePostmark.running(specs) as fake, HttpClient(1) as http:
        fake.reports = [postmark(number, EventKind.BOUNCED_HARD) for number in range(501)]
        fake.faults = [Fault(response=reply_of({"TotalCount": 501, "Bounces": [None] * 500}))]
        provider = fake.opened(http)
        events = [event for raw in provider.events_since(SINCE) for event in provider.events(raw)]
        assert [event.email for event in events if event.message] == ["r500@example.org"]


def test_a_page_is_requested_only_after_the_previous_one_is_used(
    asked: tuple[FakeProvider, Provider],
) -> None:
    fake, provider = asked
    assert isinstance(provider, EventHistory)
    reports = provider.events_since(SINCE)
    assert fake.calls == []
    next(reports)
    assert len(fake.calls) == 1


@pytest.mark.parametrize(("status", "words"), [(403, "it needs"), (500, "try again later")])
def test_a_refusal_in_the_middle_says_what_to_do_and_keeps_earlier_events(
    asked: tuple[FakeProvider, Provider], status: int, words: str
) -> None:
    fake, provider = asked
    assert isinstance(provider, EventHistory)
    reports, came = provider.events_since(SINCE), list[bytes]()
    next(reports)
    fake.faults = [Fault(response=fake.error(status))]
    with pytest.raises(ProviderError, match=words):
        came.extend(reports)
    assert 200 < len(came) < 1_100


def test_a_link_to_another_host_is_not_followed(specs: Path) -> None:
    with FLAVOURS["mailgun"].running(specs) as fake, HttpClient(1) as http:
        elsewhere = {"items": [{}] * 300, "paging": {"next": "http://127.0.0.1:1/v3/events"}}
        fake.faults = [Fault(response=reply_of(elsewhere))]
        provider = fake.opened(http)
        assert isinstance(provider, EventHistory)
        with pytest.raises(ProviderError, match="no link to the next page"):
            list(provider.events_since(SINCE))
        assert len(fake.calls) == 1
