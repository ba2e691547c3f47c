"""
Fake Postmark: it knows no key, finds messages by metadata, and answers for each message of a call.
"""

from __future__ import annotations

import email.utils
import json
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from endings import Meant
from fake_provider import Arrived, FakeProvider, read_mailbox, reply_of, with_dashes
from http_server import Answer, Received
from provider_samples import NOW, RETRY

from newsletter.providers.http_client import HttpClient
from newsletter.providers.postmark.provider import PostmarkProvider

# Their words for a call with HTTP 422 (https://postmarkapp.com/developer/api/overview).
CODES = {401: 10, 413: 0, 422: 300}


class FakePostmark(FakeProvider):
    """
    `errors` says by address which code and message an email gets instead of being accepted.
    """

    paths = ("/email/batch", "/messages/outbound", "/bounces")
    spec = "postmark.json"
    outcomes: ClassVar = {
        # Their refusals of a call come with 422; a 400 is the work of something in between.
        "400": Meant(RETRY, pauses=True),
    }

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.errors: dict[str, tuple[int, str]] = {}

    def opened(self, http: HttpClient, **values: Any) -> PostmarkProvider:
        return postmark_at(self.base_url, http, **values)

    def take(self, request: Received) -> Answer:
        if request.path.startswith("/bounces"):
            return self._bounced(request)
        if request.method == "GET":
            return self._found(request)
        items = json.loads(request.body)
        if not 1 <= len(items) <= 500:
            return refusal(410, "Too many batch messages.")
        return reply_of([self._entry(item) for item in items])

    def _entry(self, item: dict[str, Any]) -> dict[str, Any]:
        _, to = read_mailbox(item["To"])
        if to in self.refused:
            return {"ErrorCode": 406, "Message": f"{item['To']} is inactive."}
        if to in self.errors:
            code, words = self.errors[to]
            return {"ErrorCode": code, "Message": words}
        self.accepted.append(item)
        number = f"pm-{len(self.accepted)}"
        return {"ErrorCode": 0, "Message": "OK", "MessageID": number, "To": item["To"]}

    def _found(self, request: Received) -> Answer:
        asked = parse_qs(urlsplit(request.path).query)
        found = [
            {"MessageID": f"pm-{n}", "To": [{"Email": item["To"]}], "Metadata": item["Metadata"]}
            for n, item in enumerate(self.accepted, 1)
            if [item["Metadata"]["batch"]] == asked["metadata_batch"]
            and [item["MessageStream"]] == asked["messagestream"]
        ]
        return reply_of({"TotalCount": len(found), "Messages": found[: int(asked["count"][0])]})

    def _bounced(self, request: Received) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        start, count = int(asked["offset"]), int(asked["count"])
        assert start + count <= 10_000
        late = [one for one in self.reports if one["BouncedAt"] >= asked["fromdate"]]
        page = late[start : start + count] if asked["messagestream"] == "broadcast" else []
        return reply_of({"TotalCount": len(late), "Bounces": page})

    def error(self, status: int, **headers: str) -> Answer:
        return refusal(CODES.get(status, 0), "Words of theirs.", status=status, **headers)

    def refuse_sender(self, request: Received) -> Answer:
        return refusal(300, "Invalid 'From' address: 'desk'.")

    def arrived(self) -> list[Arrived]:
        return [_arrived(item) for item in self.accepted]


def _arrived(item: dict[str, Any]) -> Arrived:
    to_name, to = read_mailbox(item["To"])
    return Arrived(
        to=to,
        to_name=to_name,
        sender=email.utils.parseaddr(item["From"]),
        subject=item["Subject"],
        html=item["HtmlBody"],
        text=item["TextBody"],
        headers={header["Name"]: header["Value"] for header in item["Headers"]},
        reply_to=item.get("ReplyTo"),
        labels=item["Metadata"],
    )


def refusal(code: int, words: str = "", *, status: int = 422, **headers: str) -> Answer:
    body = {"ErrorCode": code, "Message": words}
    return reply_of(body, status=status, headers=with_dashes(headers))


def postmark_at(base_url: str, http: HttpClient, **values: Any) -> PostmarkProvider:
    defaults: dict[str, Any] = {"api_key": "server-token", "deadline_s": 30.0, "clock": lambda: NOW}
    return PostmarkProvider("bulk", base_url=base_url, http=http, **(defaults | values))
