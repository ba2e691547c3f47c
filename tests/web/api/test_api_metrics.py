"""
Requests of the API are counted by the template of their route, never by path, and by class.
"""

from __future__ import annotations

import re
import threading

from api_client import ApiClient, token_for
from installation import Installation
from web_samples import TestClient

from newsletter.operations.metrics.registry import Metrics
from newsletter.web.application import make_web


def test_requests_are_counted_by_route_status_and_class(installation: Installation) -> None:
    installation.add_list("daily")
    metrics = Metrics(installation.app)
    web = make_web(installation.app, stopping=threading.Event(), metrics=metrics)
    pages = TestClient(web, base_url="http://127.0.0.1:8000")
    api = ApiClient(pages, token_for(installation))
    api.put("/subscribers/ada@example.org", {"lists": ["daily"], "consent": "in a test"})
    api.get("/subscribers/ada@example.org")
    api("HEAD", "/subscribers/nobody@example.org")
    api.get("/subscribers/ada@example.org/data")
    api.get("/nothing/secret@example.org")
    ApiClient(pages, "nl_forged").get("/lists")
    text = metrics.as_text().decode()
    found = re.findall(r"api_requests_total\{(.*)\} 1\.0", text)
    person = "/api/v1/subscribers/{address}"
    assert found == [
        f'method="PUT",rate_class="write",route="{person}",status="201"',
        f'method="GET",rate_class="read",route="{person}",status="200"',
        f'method="HEAD",rate_class="read",route="{person}",status="404"',
        f'method="GET",rate_class="bulk",route="{person}/data",status="200"',
        'method="GET",rate_class="none",route="unmatched",status="404"',
        'method="GET",rate_class="none",route="/api/v1/lists",status="401"',
    ]
    assert "@" not in text
