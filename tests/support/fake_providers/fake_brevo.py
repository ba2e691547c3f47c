"""
Fake Brevo: it takes or refuses a call as a whole, refuses a known key without saying what the first
call was answered, and fills in its template language as Django does.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from endings import Meant
from fake_provider import Arrived, FakeProvider, read_mailbox, reply_of, with_dashes
from http_server import Answer, Received
from provider_samples import NOW, RETRY

from newsletter.providers.brevo.provider import BrevoProvider
from newsletter.providers.http_client import HttpClient

CODES = {
    401: "unauthorized",
    402: "not_enough_credits",
    403: "permission_denied",
    422: "unprocessable_entity",
}
ACCOUNT = {
    "email": "desk@example.org",
    "plan": [{"type": "payAsYouGo", "credits": 5000, "creditsType": "sendLimit"}],
    "relay": {"enabled": True},
}
EVENTS = "/v3/smtp/statistics/events"
_TOKEN = re.compile(r"(\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\})", re.DOTALL)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class FakeBrevo(FakeProvider):
    """
    `keys` are those that were used.
    """

    paths = ("/v3/smtp/email", "/v3/account", EVENTS)
    spec = "brevo.yaml"
    spec_paths: ClassVar = {path: path.removeprefix("/v3") for path in paths}
    takes_the_others = False
    longest_name = 70
    decodes_list_id = True
    outcomes: ClassVar = {
        # A refusal for some reader says so in its words; another may be everybody's.
        "400": Meant(RETRY, pauses=True),
        "422": Meant(RETRY, pauses=True),
    }

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.keys: set[str] = set()

    def opened(self, http: HttpClient, **values: Any) -> BrevoProvider:
        return brevo_at(self.base_url, http, **values)

    def wrong_in(self, request: Received, specs: Path) -> list[str]:
        """
        Compare with its description, and with what that says in prose only.
        """
        wrong = super().wrong_in(request, specs)
        if request.method == "GET":
            return wrong
        values = json.loads(request.body)
        versions = values["messageVersions"]
        sizes = [len(json.dumps(version["params"])) for version in versions]
        faults = {
            "more versions than a call may have": len(versions) > 1_000,
            "more than one reader a version": any(len(each["to"]) != 1 for each in versions),
            "values that are too large": max(sizes) > 100_000 or sum(sizes) > 1_000_000,
            "a name that is too long": any(
                len(each.get("name", "")) > self.longest_name
                for each in (values["sender"], *(version["to"][0] for version in versions))
            ),
            "a key that is no UUID": not _UUID.fullmatch(values["headers"]["idempotencyKey"]),
            "a List-Id that it would decode": any(
                "=?" in each["headers"].get("List-Id", "") for each in versions
            ),
            "a header outside ASCII": not all(
                value.isascii() for each in versions for value in each["headers"].values()
            ),
        }
        return wrong + [fault for fault, is_there in faults.items() if is_there]

    def take(self, request: Received) -> Answer:
        if urlsplit(request.path).path == "/v3/account":
            return reply_of(ACCOUNT)
        if request.method == "GET":
            return self._found(request)
        values = json.loads(request.body)
        key = values["headers"]["idempotencyKey"]
        if key in self.keys:
            return refusal(
                "duplicate_parameter", "Email for the idempotency key has already been processed"
            )
        versions = values["messageVersions"]
        if self.refused & {each["to"][0]["email"] for each in versions}:
            return refusal("invalid_parameter", "email is not valid in to")
        self.keys.add(key)
        first = len(self.accepted)
        self.accepted += [(values, version) for version in versions]
        return reply_of(
            {"messageIds": [f"<brevo-{n + 1}@x>" for n in range(first, len(self.accepted))]},
            status=201,
        )

    def _found(self, request: Received) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        start, count = int(asked["offset"]), int(asked["limit"])
        found = [one for one in self.reports if one["event"] == asked["event"]]
        # Where there is none, it leaves the list out.
        return reply_of({"events": found[start : start + count]} if found else {"count": 0})

    def error(self, status: int, **headers: str) -> Answer:
        code = CODES.get(status, "bad_request")
        return refusal(code, "Words of theirs.", status=status, **headers)

    def refuse_sender(self, request: Received) -> Answer:
        return refusal("invalid_parameter", "valid sender email required")

    def arrived(self) -> list[Arrived]:
        return [_arrived(values, version) for values, version in self.accepted]


def _arrived(values: dict[str, Any], version: dict[str, Any]) -> Arrived:
    params, headers = version["params"], dict(version["headers"])
    return Arrived(
        to=version["to"][0]["email"],
        to_name=_shown(version["to"][0].get("name", "")),
        sender=(_shown(values["sender"].get("name", "")), values["sender"]["email"]),
        subject=filled(values["subject"], params),
        html=filled(values["htmlContent"], params),
        text=filled(values["textContent"], params),
        labels=json.loads(headers.pop("X-Mailin-custom")),
        headers=headers,
        reply_to=values["replyTo"]["email"] if "replyTo" in values else None,
    )


def _shown(name: str) -> str:
    """
    Return the name that readers see. One with punctuation and characters outside ASCII is dropped.
    """
    if not name.isascii() and any(not c.isalnum() and c != " " for c in name):
        return ""
    return read_mailbox(f"{name} <x@example.org>")[0] if name.startswith("=?") else name


def filled(template: str, params: Mapping[str, str]) -> str:
    """
    Render *template* as Django would. Any other tag would lose the email, so it is an error.
    """
    escapes, found = True, []
    for token in _TOKEN.split(template):
        if token.startswith("{{"):
            value = params[token[2:-2].strip().removeprefix("params.")]
            found.append(html.escape(value) if escapes else value)
        elif token.startswith(("{%", "{#")):
            assert token in ("{% autoescape off %}", "{% endautoescape %}"), token
            escapes = token == "{% endautoescape %}"
        else:
            assert "{{" not in token, token
            found.append(token)
    return "".join(found)


def refusal(code: str, words: str, *, status: int = 400, **headers: str) -> Answer:
    return reply_of({"code": code, "message": words}, status=status, headers=with_dashes(headers))


def brevo_at(base_url: str, http: HttpClient, **values: Any) -> BrevoProvider:
    defaults: dict[str, Any] = {"api_key": "xkeysib-1", "deadline_s": 30.0, "clock": lambda: NOW}
    return BrevoProvider("bulk", base_url=base_url, http=http, **(defaults | values))
