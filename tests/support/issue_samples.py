"""
Briefs, an issue's content, a mail and a recipient, each with defaults that can be overruled.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from newsletter.ingest.parsing.typed_text import read_typed_text
from newsletter.model.brief import Brief, Link
from newsletter.model.issue import ChosenBrief, ShownAs, Site
from newsletter.model.issue_content import IssueContent
from newsletter.model.mail import Mail, MergeField, Message, Recipient, Sender

NONCE = "0123456789ab"
LONG_URL = "https://example.org/briefs/" + "a-very-long-address/" * 6


def make_brief(**values: Any) -> Brief:
    words = "The harbour council asked for a second survey before any wall is built. " * 8
    defaults: dict[str, Any] = {
        "title": "Harbour cities weigh a second wall",
        "series": "Coast Watch",
        "date": dt.date(2026, 3, 5),
        "image_url": "https://img.example.org/harbour.jpg",
        "image_alt": "Cranes over a wall",
        "image_width": 1280,
        "image_height": 720,
        "caption": "The old wall at dusk.",
        "credit": "A. Example",
        "takeaways": ("The council voted for a survey.", "Insurers price the wall as gone."),
        "body_html": f"<p>{words}</p><p>More in <a href='{LONG_URL}'>the survey</a>.</p>",
        "body_text": f"{words}\n\nMore in the survey [1].\n\n[1] {LONG_URL}",
        "cta": Link("Read it all", "https://example.org/briefs/harbour?a=1&b=2"),
        "url": "https://example.org/briefs/harbour",
        "footnotes": ("1. Minutes of 3 March.",),
    }
    return Brief(**(defaults | values))


def make_content(*shown: str, brief: dict[str, Any] | None = None, **values: Any) -> IssueContent:
    briefs = tuple(
        ChosenBrief(brief_id=n, shown_as=ShownAs(how), brief=make_brief(**(brief or {})))
        for n, how in enumerate(shown or ("full",))
    )
    defaults: dict[str, Any] = {
        "site": Site(
            name="The Institute",
            base_url="https://news.example.org:8443",
            postal_address="12 Quay Street, Harbourtown",
        ),
        "briefs": briefs,
        "sender": Sender("Coast Brief", "news@example.org"),
        "list_name": "Coast Brief",
        "list_slug": "coast",
        "view_url": "https://news.example.org/v/abc",
        "date": dt.date(2026, 3, 5),
        "number": 42,
    }
    given = defaults | values
    intro = given.get("intro")
    return IssueContent(**(given | {"intro": read_typed_text(intro) if intro else None}))


def make_mail(**values: Any) -> Mail:
    defaults: dict[str, Any] = {
        "subject": f"For NL{NONCE}0X",
        "html": f'<p>Dear NL{NONCE}0X, <a href="NL{NONCE}1X">leave</a></p>',
        "text": f"Dear NL{NONCE}0X\nNL{NONCE}1X\n",
        "sender": Sender("Coast Brief", "news@example.org"),
        "headers": (("List-Unsubscribe", f"<NL{NONCE}1X>"),),
        "nonce": NONCE,
        "fields": (MergeField("first_name", "reader"), MergeField("unsubscribe_url")),
    }
    return Mail(**(defaults | values))


def make_recipient(**values: Any) -> Recipient:
    defaults: dict[str, Any] = {
        "delivery_id": 7,
        "email": "ada@example.com",
        "message_id": "<7.abc@example.org>",
        "name": "Ada Lovelace",
        "unsubscribe_url": "https://news.example.org/u/T0K3N?a=1&b=2",
        "values": {"first_name": "Ada", "preferences_url": "https://news.example.org/p/T0K3N"},
    }
    return Recipient(**(defaults | values))


def make_message(**values: Any) -> Message:
    defaults: dict[str, Any] = {
        "recipient": make_recipient(),
        "subject": "Hello",
        "html": "<!DOCTYPE html>\n<html><body><p>Grüße</p></body></html>\n",
        "text": "Grüße\n",
        "sender": Sender("Coast Brief", "news@example.org"),
        "reply_to": None,
        "headers": (),
    }
    return Message(**(defaults | values))
