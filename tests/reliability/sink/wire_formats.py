"""
The wire forms the sink speaks, each from the provider's public documentation: Resend's (a key that
is answered again), Postmark's (a search by metadata), and a plain one (Resend's without keys).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import parseaddr
from typing import Any, Protocol


class Refusal(Exception):
    """
    A call that was not taken at all.
    """

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


class Form(Protocol):
    has_keys: bool

    def key_of(self, headers: Mapping[str, str], items: Sequence[Any]) -> str: ...
    def addresses(self, items: Sequence[Any]) -> list[str]: ...
    def labels(self, items: Sequence[Any]) -> list[str]: ...
    def answer(self, line: Mapping[str, Any]) -> Any: ...
    def found(self, lines: Sequence[Any], asked: Mapping[str, str]) -> Any: ...
    def refusal(self, fault: str) -> Refusal: ...
    def refuse_whole(self, addresses: Sequence[str], script: Mapping[str, Any]) -> None: ...


def _refuse_whole(form: Form, addresses: Sequence[str], script: Mapping[str, Any]) -> None:
    if len(addresses) > script.get("most", len(addresses)):
        raise form.refusal("413")
    if set(addresses) & set(script.get("bad", [])):
        raise form.refusal("422")


class ResendForm:
    """
    https://resend.com/docs/api-reference/emails/send-batch-emails, with permissive validation.
    """

    RETRY_S = 2

    def __init__(self, *, has_keys: bool) -> None:
        self.has_keys = has_keys

    def key_of(self, headers: Mapping[str, str], items: Sequence[Any]) -> str:
        return headers.get("Idempotency-Key", "")

    def addresses(self, items: Sequence[Any]) -> list[str]:
        return [parseaddr(mailbox)[1] for item in items for mailbox in item["to"]]

    def labels(self, items: Sequence[Any]) -> list[str]:
        tags = (tag for item in items for tag in item["tags"])
        return [tag["value"] for tag in tags if tag["name"] == "delivery"]

    def answer(self, line: Mapping[str, Any]) -> Any:
        refused = line["refused"]
        taken = [n for n in range(len(line["to"])) if n not in refused]
        return {
            "data": [{"id": f"re-{line['key']}-{n}"} for n in taken],
            "errors": [{"index": n, "message": "Invalid `to` field."} for n in refused],
        }

    def found(self, lines: Sequence[Any], asked: Mapping[str, str]) -> Any:
        return {}

    def refusal(self, fault: str) -> Refusal:
        name = {
            "401": "invalid_api_key",
            "409": "concurrent_idempotent_requests",
            "409_other": "invalid_idempotent_request",
            "422": "validation_error",
            "429": "rate_limit_exceeded",
        }.get(fault, "application_error")
        status = int(fault[:3])
        headers = {"Retry-After": str(self.RETRY_S)} if status in (429, 503) else {}
        words = "Invalid `to` field." if fault == "422" else ""
        return Refusal(status, {"statusCode": status, "name": name, "message": words}, headers)

    def refuse_whole(self, addresses: Sequence[str], script: Mapping[str, Any]) -> None:
        _refuse_whole(self, addresses, script)


class PostmarkForm:
    """
    https://postmarkapp.com/developer/api/email-api and .../messages-api.
    """

    has_keys = False

    def key_of(self, headers: Mapping[str, str], items: Sequence[Any]) -> str:
        return str(items[0]["Metadata"]["batch"])

    def addresses(self, items: Sequence[Any]) -> list[str]:
        return [parseaddr(item["To"])[1] for item in items]

    def labels(self, items: Sequence[Any]) -> list[str]:
        return [item["Metadata"]["delivery"] for item in items]

    def answer(self, line: Mapping[str, Any]) -> Any:
        return [
            {"ErrorCode": 300, "Message": "Invalid 'To' address."}
            if n in line["refused"]
            else {"ErrorCode": 0, "Message": "OK", "MessageID": f"pm-{label}"}
            for n, label in enumerate(line["labels"])
        ]

    def found(self, lines: Sequence[Any], asked: Mapping[str, str]) -> Any:
        messages = [
            {"MessageID": f"pm-{label}", "Metadata": {"delivery": label, "batch": line["key"]}}
            for line in lines
            if line["key"] == asked["metadata_batch"]
            for n, (label, _) in enumerate(zip(line["labels"], line["to"], strict=False))
            if n not in line["refused"]
        ]
        start, count = int(asked["offset"]), int(asked["count"])
        return {"TotalCount": len(messages), "Messages": messages[start : start + count]}

    def refusal(self, fault: str) -> Refusal:
        status = int(fault[:3])
        code = {"401": 10, "422": 300}.get(fault, 0)
        return Refusal(status, {"ErrorCode": code, "Message": "Invalid 'To' address."})

    def refuse_whole(self, addresses: Sequence[str], script: Mapping[str, Any]) -> None:
        _refuse_whole(self, addresses, script)


FORMS: Mapping[str, Form] = {
    "resend": ResendForm(has_keys=True),
    "plain": ResendForm(has_keys=False),
    "postmark": PostmarkForm(),
}
