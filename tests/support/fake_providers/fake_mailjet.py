"""
Fake Mailjet: it knows no key, finds messages by their CustomID, and answers a call with an HTTP
error as soon as one message of it fails, although it took the others.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from endings import Meant
from fake_provider import Arrived, FakeProvider, reply_of, with_dashes
from http_server import Answer, Received
from jsonschema import Draft202012Validator
from provider_samples import NOW, RETRY

from newsletter.providers.http_client import HttpClient
from newsletter.providers.mailjet.provider import MailjetProvider

TEXT = {"type": "string"}
ADDRESS = {
    "type": "object",
    "required": ["Email"],
    "properties": {"Email": TEXT, "Name": TEXT},
    "additionalProperties": False,
}
TRACKING = {"enum": ["account_default", "disabled", "enabled"]}
# The published file lacks this call: by hand, from
# https://dev.mailjet.com/email/reference/send-emails#v3_1_post_send.
SEND = Draft202012Validator(
    {
        "type": "object",
        "required": ["Messages"],
        "properties": {
            "Messages": {
                "type": "array",
                "minItems": 1,
                "maxItems": 50,
                "items": {
                    "type": "object",
                    "required": ["From", "To"],
                    "properties": {
                        "From": ADDRESS,
                        "To": {"type": "array", "minItems": 1, "maxItems": 1, "items": ADDRESS},
                        "ReplyTo": ADDRESS,
                        "Subject": TEXT,
                        "HTMLPart": TEXT,
                        "TextPart": TEXT,
                        "Headers": {
                            "type": "object",
                            "propertyNames": {
                                "not": {
                                    "enum": [
                                        "Date",
                                        "List-Id",
                                        "Message-Id",
                                        "User-Agent",
                                        "X-Feedback-Id",
                                    ]
                                }
                            },
                            "additionalProperties": TEXT,
                        },
                        "CustomID": TEXT,
                        "EventPayload": TEXT,
                        "TemplateLanguage": {"type": "boolean"},
                        "TrackOpens": TRACKING,
                        "TrackClicks": TRACKING,
                    },
                    "additionalProperties": False,
                },
            }
        },
        "additionalProperties": False,
    }
)


class FakeMailjet(FakeProvider):
    """
    `errors` says by address which error a message gets instead of being accepted.
    """

    paths = ("/v3.1/send", "/v3/REST/message", "/v3/REST/sender")
    spec = "mailjet-rest.yaml"
    withheld = frozenset({"List-Id"})
    outcomes: ClassVar = {
        # What is wrong with one message stands beside it: this is wrong with the call.
        "400": Meant(RETRY, pauses=True),
        "422": Meant(RETRY, pauses=True),
    }

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.errors: dict[str, dict[str, Any]] = {}

    def opened(self, http: HttpClient, **values: Any) -> MailjetProvider:
        return mailjet_at(self.base_url, http, **values)

    def wrong_in(self, request: Received, specs: Path) -> list[str]:
        if request.method == "GET":
            return super().wrong_in(request, specs)
        errors = SEND.iter_errors(json.loads(request.body))
        return [f"{error.json_path}: {error.message[:200]}" for error in errors]

    def take(self, request: Received) -> Answer:
        if request.path.startswith("/v3/REST/sender"):
            return reply_of({"Count": 2, "Data": [], "Total": 2})
        if request.method == "GET":
            return self._found(request)
        entries = [self._entry(item) for item in json.loads(request.body)["Messages"]]
        is_whole = all(entry["Status"] == "success" for entry in entries)
        return reply_of({"Messages": entries}, status=200 if is_whole else 400)

    def _entry(self, item: dict[str, Any]) -> dict[str, Any]:
        (to,) = [each["Email"] for each in item["To"]]
        if to in self.refused:
            self.errors[to] = error("mj-0013", f'"{to}" is an invalid email.', "To[0].Email")
        if to in self.errors:
            return {"Status": "error", "Errors": [self.errors[to]]}
        self.accepted.append(item)
        values = {"Email": to, "MessageID": FIRST + len(self.accepted), "MessageUUID": "1ab23cd4"}
        return {"Status": "success", "CustomID": item["CustomID"], "To": [values]}

    def _found(self, request: Received) -> Answer:
        asked = parse_qs(urlsplit(request.path).query)
        found = [
            {
                "ID": FIRST + n,
                "CustomID": item["CustomID"],
                # A contact's address is kept in lower case.
                "ContactAlt": item["To"][0]["Email"].lower(),
            }
            for n, item in enumerate(self.accepted, 1)
            if [item["CustomID"]] == asked["CustomID"]
        ]
        return reply_of({"Count": len(found), "Data": found, "Total": len(found)})

    def error(self, status: int, **headers: str) -> Answer:
        body = {"ErrorCode": "mj-0002", "ErrorMessage": "Words of theirs.", "StatusCode": status}
        return reply_of(body, status=status, headers=with_dashes(headers))

    def refuse_sender(self, request: Received) -> Answer:
        count = len(json.loads(request.body)["Messages"])
        found = error("mj-0013", '"desk" is an invalid email address.', "From.Email")
        entries = [{"Status": "error", "Errors": [found]}] * count
        return reply_of({"Messages": entries}, status=400)

    def arrived(self) -> list[Arrived]:
        return [_arrived(item) for item in self.accepted]


# Their numbers are larger than what a double holds.
FIRST = 1152921504606846976


def error(code: str, words: str, *about: str, status: int = 400) -> dict[str, Any]:
    return {
        "ErrorCode": code,
        "StatusCode": status,
        "ErrorMessage": words,
        "ErrorRelatedTo": list(about),
    }


def _arrived(item: dict[str, Any]) -> Arrived:
    return Arrived(
        to=item["To"][0]["Email"],
        to_name=item["To"][0].get("Name", ""),
        sender=(item["From"]["Name"], item["From"]["Email"]),
        subject=item["Subject"],
        html=item["HTMLPart"],
        text=item["TextPart"],
        headers=item.get("Headers", {}),
        reply_to=item["ReplyTo"]["Email"] if "ReplyTo" in item else None,
        labels=json.loads(item["EventPayload"]),
    )


def mailjet_at(base_url: str, http: HttpClient, **values: Any) -> MailjetProvider:
    defaults: dict[str, Any] = {
        "api_key": "key",
        "api_secret": "secret",
        "deadline_s": 30.0,
        "clock": lambda: NOW,
    }
    return MailjetProvider("bulk", base_url=base_url, http=http, **(defaults | values))
