"""
Send requests to the web application as a browser or a mail program would, and read the responses.
"""

from __future__ import annotations

import html
import re
import warnings
from typing import Any

from installation import Installation
from starlette.exceptions import StarletteDeprecationWarning
from starlette.types import ASGIApp

from newsletter.store.issues import issues
from subscribers.model import Subscription
from subscribers.people import subscriber_by_address
from subscribers.validation.address import parse_address

with warnings.catch_warnings():
    # Starlette would rather have httpx2; the project's HTTP client is httpx.
    warnings.simplefilter("ignore", StarletteDeprecationWarning)
    from starlette import testclient

__all__ = ["ADA", "TestClient", "heading", "leave_path", "subscription", "view_path"]

ADA = "ada@example.org"


class TestClient(testclient.TestClient):
    """
    A client of the site that the `Installation` of tests has.
    """

    def __init__(self, app: ASGIApp, base_url: str = "http://news.example.org", **values: Any):
        super().__init__(app, base_url=base_url, **values)


def subscription(installation: Installation) -> Subscription:
    """
    Return Ada's one subscription as it is now.
    """
    with installation.app.database.read() as connection:
        return subscriber_by_address(connection, parse_address(ADA)).subscriptions[0]


def leave_path(installation: Installation) -> str:
    """
    The path of her unsubscribe link.
    """
    return "/u/" + installation.app.links.keys.sign("unsubscribe", subscription(installation).id)


def view_path(installation: Installation, issue_id: int) -> str:
    """
    Return the path of an issue in the browser.
    """
    app = installation.app
    with app.database.read() as connection:
        epoch = issues.load_issue(connection, issue_id).created_epoch
    return app.links.view(issue_id, epoch).removeprefix(app.site.base_url)


def heading(page: str) -> str:
    """
    Return the text of the page's one h1.
    """
    (found,) = re.findall(r"<h1>(.*?)</h1>", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", "", found))
