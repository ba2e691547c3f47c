"""
Fake Resend: it honours idempotency keys for 24 hours, and names each refused message by its
position.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import json
from typing import Any

from fake_provider import Arrived, FakeProvider, read_mailbox, reply_of, with_dashes
from http_server import Answer, Received
from provider_samples import NOW

from newsletter.providers.http_client import HttpClient
from newsletter.providers.resend.provider import ResendProvider

KEY_LIFE = dt.timedelta(hours=24)
NEVER = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
NAMES = {
    400: "validation_error",
    401: "missing_api_key",
    403: "invalid_api_key",
    404: "not_found",
    422: "validation_error",
    429: "rate_limit_exceeded",
}


class FakeResend(FakeProvider):
    paths = ("/emails/batch",)
    spec = "resend.json"

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._answers: dict[str, tuple[dt.datetime, bytes, Answer]] = {}

    def opened(self, http: HttpClient, **values: Any) -> ResendProvider:
        return provider_at(self.base_url, http, **values)

    def take(self, request: Received) -> Answer:
        key = request.headers["idempotency-key"]
        at, body, response = self._answers.get(key, (NEVER, b"", Answer()))
        if self.clock() - at < KEY_LIFE:
            return response if body == request.body else error(409, "invalid_idempotent_request")
        items = json.loads(request.body)
        if not 1 <= len(items) <= 100:
            return error(422, "validation_error")
        response = self._accept(items)
        self._answers[key] = (self.clock(), request.body, response)
        return response

    def _accept(self, items: list[dict[str, Any]]) -> Answer:
        data, errors = [], []
        for index, item in enumerate(items):
            (to,) = item["to"]
            if to.startswith('"'):
                # It refuses quoted names in `to` (the notes of django-anymail's Resend backend).
                errors.append({"index": index, "message": "Invalid `to` field"})
            elif read_mailbox(to)[1] in self.refused:
                errors.append({"index": index, "message": f"Invalid `to`: {item['to'][0]}"})
            else:
                self.accepted.append(item)
                data.append({"id": f"re-{len(self.accepted)}"})
        return reply_of({"data": data, "errors": errors})

    def error(self, status: int, **headers: str) -> Answer:
        return error(status, NAMES.get(status, "application_error"), **headers)

    def refuse_sender(self, request: Received) -> Answer:
        return error(422, "validation_error", "Invalid `from` field. It needs an email address.")

    def arrived(self) -> list[Arrived]:
        return [_arrived(item) for item in self.accepted]


def _arrived(item: dict[str, Any]) -> Arrived:
    to_name, to = read_mailbox(*item["to"])
    return Arrived(
        to=to,
        to_name=to_name,
        sender=email.utils.parseaddr(item["from"]),
        subject=item["subject"],
        html=item["html"],
        text=item["text"],
        headers=item["headers"],
        reply_to=item.get("reply_to"),
        labels={tag["name"]: tag["value"] for tag in item["tags"]},
    )


def error(status: int, name: str, message: str = "", **headers: str) -> Answer:
    body = {"statusCode": status, "name": name, "message": message}
    return reply_of(body, status=status, headers=with_dashes(headers))


def provider_at(base_url: str, http: HttpClient, **values: Any) -> ResendProvider:
    defaults: dict[str, Any] = {"api_key": "re_secret", "deadline_s": 30.0, "clock": lambda: NOW}
    return ResendProvider("bulk", base_url=base_url, http=http, **(defaults | values))
