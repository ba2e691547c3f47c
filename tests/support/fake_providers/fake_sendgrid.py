"""
Fake SendGrid: it refuses a call as a whole and names the address at fault, and replaces tags
literally.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from endings import Meant
from fake_provider import Arrived, FakeProvider, reply_of, with_dashes
from http_server import Answer, Received
from provider_samples import NOW, RETRY

from newsletter.providers.http_client import HttpClient
from newsletter.providers.sendgrid.provider import SendgridProvider

# It may not be ours to set (openapi, `headers`).
_ITS_OWN = {"to", "from", "subject", "reply-to", "cc", "bcc", "content-type", "received"}


class FakeSendgrid(FakeProvider):
    """
    `scopes` is what its key may do.
    """

    paths = ("/v3/mail/send", "/v3/scopes")
    spec = "sendgrid-mail.json"
    takes_the_others = False
    outcomes: ClassVar = {
        # It refuses calls with a 400; this is the work of something in between.
        "422": Meant(RETRY, pauses=True),
    }

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.scopes = ["mail.send", "sender_verification_eligible"]

    def opened(self, http: HttpClient, **values: Any) -> SendgridProvider:
        return sendgrid_at(self.base_url, http, **values)

    def wrong_in(self, request: Received, specs: Path) -> list[str]:
        """
        Check mails only: no file describes the call that asks about a key.
        """
        return super().wrong_in(request, specs) if request.method == "POST" else []

    def take(self, request: Received) -> Answer:
        if request.headers.get("authorization") != "Bearer SG.key":
            return self.error(401)
        if request.method == "GET":
            return reply_of({"scopes": self.scopes})
        values = json.loads(request.body)
        entries = values["personalizations"]
        errors = [
            {"message": "Does not contain a valid address.", "field": _field(number)}
            for number, entry in enumerate(entries)
            if entry["to"][0]["email"] in self.refused
        ]
        if errors:
            return reply_of({"errors": errors}, status=400)
        self.accepted += [(values, entry) for entry in entries]
        return Answer(status=202, headers={"X-Message-Id": f"sg-{len(self.accepted)}"})

    def error(self, status: int, **headers: str) -> Answer:
        body = {"errors": [{"message": "Words of theirs.", "field": None, "help": None}]}
        return reply_of(body, status=status, headers=with_dashes(headers))

    def refuse_sender(self, request: Received) -> Answer:
        error = {
            "message": "The from email does not contain a valid address.",
            "field": "from.email",
        }
        return reply_of({"errors": [error]}, status=400)

    def arrived(self) -> list[Arrived]:
        return [_arrived(values, entry) for values, entry in self.accepted]


def _field(number: int) -> str:
    return f"personalizations.{number}.to.0.email"


def _arrived(values: dict[str, Any], entry: dict[str, Any]) -> Arrived:
    (to,) = entry["to"]
    tags = entry.get("substitutions", {})
    used = sum(len(name.encode()) + len(value.encode()) for name, value in tags.items())
    assert used <= 10_000
    assert not _ITS_OWN & {name.lower() for name in entry.get("headers", {})}
    parts = {part["type"]: filled(part["value"], tags) for part in values["content"]}
    return Arrived(
        to=to["email"],
        to_name=to.get("name", ""),
        sender=(values["from"].get("name", ""), values["from"]["email"]),
        subject=filled(values["subject"], tags),
        html=parts["text/html"],
        text=parts["text/plain"],
        headers=entry.get("headers", {}),
        reply_to=values.get("reply_to", {}).get("email"),
        labels={name.removeprefix("nl_"): value for name, value in entry["custom_args"].items()},
    )


def filled(text: str, tags: dict[str, str]) -> str:
    """
    Replace each tag in *text*, one after the other; the reverse order must give the same.
    """
    one = other = text
    for tag in tags:
        one = one.replace(tag, tags[tag])
    for tag in reversed(tags):
        other = other.replace(tag, tags[tag])
    assert one == other
    return one


def sendgrid_at(base_url: str, http: HttpClient, **values: Any) -> SendgridProvider:
    defaults: dict[str, Any] = {"api_key": "SG.key", "deadline_s": 30.0, "clock": lambda: NOW}
    return SendgridProvider("bulk", base_url=base_url, http=http, **(defaults | values))
