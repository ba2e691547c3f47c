"""
The comparison with what providers publish notices what a provider would silently ignore.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from http_server import Received
from published import wrong_in

GOOD = {"from": "news@example.org", "to": ["ada@example.com"], "subject": "S", "html": "<p>"}


def wrong(shared: Path, *items: dict[str, Any]) -> list[str]:
    request = Received(
        method="POST",
        path="/emails/batch",
        headers=httpx.Headers(),
        body=json.dumps(items).encode(),
    )
    return wrong_in(request, shared / "specs" / "resend.json", "/emails/batch")


def test_a_call_as_published_has_nothing_wrong(shared: Path):
    assert wrong(shared, GOOD) == []


@pytest.mark.parametrize(
    ("values", "given"),
    [
        ({"replyTo": "desk@example.org"}, "$[0]: Additional properties are not allowed ('replyTo'"),
        ({"subject": 7}, "$[0].subject: 7 is not of type 'string'"),
        ({"tags": [{"name": "a", "value": "b.c"}]}, "$[0].tags[0].value: 'b.c' does not match"),
    ],
)
def test_a_call_that_is_not_as_published_is_told(shared: Path, values: dict[str, Any], given: str):
    (found,) = wrong(shared, GOOD | values)
    assert found.startswith(given)


def test_a_required_header_is_missed(shared: Path):
    request = Received(method="POST", path="/email/batch", headers=httpx.Headers(), body=b"[]")
    found = wrong_in(request, shared / "specs" / "postmark.json", "/email/batch")
    assert found == ["the header has no X-Postmark-Server-Token"]


def test_more_messages_than_a_call_may_have_are_told(shared: Path):
    assert len(wrong(shared, *[GOOD] * 101)) == 1
