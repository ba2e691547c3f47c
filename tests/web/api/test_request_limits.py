"""
How many requests a token may make, and which web pages may use the API.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from api_client import ApiClient, kind_of, token_for
from installation import Installation
from web_samples import TestClient

from newsletter.settings.access import ApiSettings
from newsletter.web.api.requests.request_limits import RateClass, RequestLimits
from newsletter.web.application import make_web


@contextmanager
def api_with(folder: Path, now: Any, **settings: Any) -> Iterator[ApiClient]:
    url = f"sqlite:///{folder / 'newsletter.db'}"
    installation = Installation(folder, url, now=now, api=settings)
    from subscribers.database.tables import metadata

    metadata.create_all(installation.app.database.engine)
    web = make_web(installation.app, stopping=threading.Event())
    with TestClient(web, follow_redirects=False) as pages:
        yield ApiClient(pages, token_for(installation))
    installation.close()


def test_a_token_may_make_a_minutes_requests_at_once_and_then_one_at_a_time() -> None:
    now_s = 1000.0
    limits = RequestLimits(ApiSettings(reads_per_minute=6), lambda: now_s)
    first = [limits.take(1, RateClass.READ) for _ in range(6)]
    assert [each.remaining for each in first] == [5, 4, 3, 2, 1, 0]
    assert not any(each.wait_s for each in first)
    refused = limits.take(1, RateClass.READ)
    assert (refused.wait_s, refused.remaining) == (10, 0)
    assert limits.take(2, RateClass.READ).wait_s == 0
    assert limits.take(1, RateClass.WRITE).wait_s == 0
    now_s += 10
    assert limits.take(1, RateClass.READ).wait_s == 0
    assert limits.take(1, RateClass.READ).wait_s == 10
    now_s += 3600
    assert limits.take(1, RateClass.READ).remaining == 5


def test_the_client_is_told_its_limit_and_when_to_come_again(tmp_path: Path, now: Any) -> None:
    with api_with(tmp_path, now, reads_per_minute=2) as api:
        first = api.get("/lists")
        assert first.headers["ratelimit-policy"] == '"read";q=2;w=60'
        assert first.headers["ratelimit"] == '"read";r=1;t=30'
        api.get("/lists")
        refused = api.get("/lists")
        assert kind_of(refused) == "too-many-requests"
        assert 1 <= int(refused.headers["retry-after"]) <= 30
        assert api.post("/lists", {"slug": "daily", "name": "Daily"}).status_code == 201


def test_a_request_that_is_not_valid_counts_once(tmp_path: Path, now: Any) -> None:
    with api_with(tmp_path, now, reads_per_minute=3) as api:
        paths = ("/lists", "/lists?limit=none", "/lists?limt=10")
        left = [api.get(path).headers["ratelimit"].partition(";t=")[0] for path in paths]
        assert left == ['"read";r=2', '"read";r=1', '"read";r=0']


def test_without_a_limit_there_are_no_headers_of_one(tmp_path: Path, now: Any) -> None:
    with api_with(tmp_path, now, reads_per_minute=0) as api:
        assert "ratelimit" not in api.get("/lists").headers


def test_scripts_of_a_named_origin_may_use_the_api_and_no_others(tmp_path: Path, now: Any) -> None:
    asked = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "If-Match"}
    with api_with(tmp_path, now, origins=["https://www.example.org"]) as api:
        named = api("OPTIONS", "/lists/daily", Origin="https://www.example.org", **asked)
        assert named.status_code == 200
        assert named.headers["access-control-allow-origin"] == "https://www.example.org"
        other = api("OPTIONS", "/lists/daily", Origin="https://evil.example", **asked)
        assert "access-control-allow-origin" not in other.headers
        shown = api.get("/lists", Origin="https://www.example.org")
        assert "ETag" in shown.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in shown.headers


@pytest.mark.parametrize("origin", ["www.example.org", "https://x.org/", "https://X.org", "*"])
def test_what_is_no_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="not an origin"):
        ApiSettings(origins=(origin,))
