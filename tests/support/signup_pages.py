"""
Fill in the forms of readers' pages as a browser does, and follow the links of their mails.
"""

from __future__ import annotations

import datetime as dt
import re
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from installation import Installation
from web_samples import TestClient

from subscribers.people import subscriber_by_address
from subscribers.validation.address import parse_address

READING_TIME = dt.timedelta(seconds=10)
ADA = "ada@example.org"


class _Form(HTMLParser):
    """
    Collects the fields of the page's form, with the values that they have.
    """

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, Any] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.action = given.get("action") or ""
        if tag == "input" and given.get("type") != "checkbox" and given.get("name"):
            self.fields[str(given["name"])] = given.get("value") or ""


def form_of(page: str) -> tuple[str, dict[str, Any]]:
    """
    Return where the form on *page* is sent, and its fields.
    """
    form = _Form()
    form.feed(page)
    return form.action, form.fields


def send_form(installation: Installation, pages: TestClient, path: str, **typed: Any) -> Any:
    """
    Open the form at *path*, take the time to fill it in, and send it.
    """
    action, fields = form_of(pages.get(path).text)
    installation.now += READING_TIME
    return pages.post(action, data=fields | typed)


def press_button(pages: TestClient, page: str) -> Any:
    """
    Press the one button on *page*.
    """
    action, fields = form_of(page)
    return pages.post(action, data=fields)


def confirm_link(mail: EmailMessage) -> str:
    """
    Return the path of the link to confirm in *mail*.
    """
    return link_below(mail, "/c/")


def link_below(mail: EmailMessage, path: str) -> str:
    """
    Return the path of the link in *mail* that begins with *path*.
    """
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(rf"https://news\.example\.org({path}\S+)", body.get_content())
    assert found is not None
    return found[1]


def states_of(installation: Installation, address: str = ADA) -> dict[str, str]:
    """
    Return the state of each subscription of *address*, by the slug of the list.
    """
    with installation.app.database.read() as connection:
        person = subscriber_by_address(connection, parse_address(address))
    return {each.list_slug: each.state.value for each in person.subscriptions}
