"""
Test that the comparison with published APIs reports what a provider would silently ignore.
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


def test_a_call_that_matches_the_published_api_has_no_problems(shared: Path):
    assert wrong(shared, GOOD) == []


@pytest.mark.parametrize(
    ("values", "given"),
    [
        ({"replyTo": "desk@example.org"}, "$[0]: Additional properties are not allowed ('replyTo'"),
        ({"subject": 7}, "$[0].subject: 7 is not of type 'string'"),
        ({"tags": [{"name": "a", "value": "b.c"}]}, "$[0].tags[0].value: 'b.c' does not match"),
    ],
)
def test_a_call_that_differs_from_the_published_api_is_reported(
    shared: Path, values: dict[str, Any], given: str
):
    (found,) = wrong(shared, GOOD | values)
    assert found.startswith(given)


def test_a_missing_required_header_is_reported(shared: Path):
    request = Received(method="POST", path="/email/batch", headers=httpx.Headers(), body=b"[]")
    found = wrong_in(request, shared / "specs" / "postmark.json", "/email/batch")
    assert found == ["the header has no X-Postmark-Server-Token"]


def test_too_many_messages_in_a_call_are_reported(shared: Path):
    assert len(wrong(shared, *[GOOD] * 101)) == 1
