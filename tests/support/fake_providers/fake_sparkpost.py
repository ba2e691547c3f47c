"""
Fake SparkPost: it counts the readers it left out without naming them, fills in its template
language, and overwrites our List-Unsubscribe with its own.
"""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from endings import Meant
from fake_provider import Arrived, FakeProvider, reply_of, with_dashes
from http_server import Answer, Received
from provider_samples import NOW, RETRY

from newsletter.providers.http_client import HttpClient
from newsletter.providers.sparkpost.provider import SparkpostProvider

_PLACE = re.compile(r"\{\{\{(\w+)\}\}\}|\{\{(\w+)\}\}")
SEARCH = "/api/v1/events/message"
_ATTRIBUTE = re.compile(r"^ +\+ (\w+) \(", re.MULTILINE)
FREE = ("metadata", "substitution_data", "headers")


class FakeSparkpost(FakeProvider):
    paths = ("/api/v1/transmissions", "/api/v1/account", SEARCH)
    spec = "sparkpost-transmissions.apib"
    withheld = frozenset({"List-Unsubscribe"})
    names_the_refused = False
    # It builds the To header from the name in quotes, and has a template language.
    not_in_names = '"\\{}'
    outcomes: ClassVar = {
        # A refusal for some reader says so in its words; another may be everybody's.
        "400": Meant(RETRY, pauses=True),
        "422": Meant(RETRY, pauses=True),
    }

    def opened(self, http: HttpClient, **given: Any) -> SparkpostProvider:
        return sparkpost_at(self.base_url, http, **given)

    def wrong_in(self, request: Received, specs: Path) -> list[str]:
        """
        Return the names that no page of its API Blueprint has, and what that limits in prose. The
        account is in none of the files.
        """
        if request.path.startswith(SEARCH):
            blueprint = (specs / "sparkpost-events.apib").read_text("utf-8")
            (names,) = re.findall(r"\[GET /v1/events/message\{\?(ab_tests[^}]*)\}\]", blueprint)
            asked = parse_qs(urlsplit(request.path).query)
            return [f"?{name} is not described" for name in asked if name not in names.split(",")]
        if request.method == "GET":
            return []
        body, known = json.loads(request.body), _known(specs)
        readers = body["recipients"]
        faults = [f"{name} is not described" for name in sorted(_names(body) - known)]
        if any(set(each["address"].get("name", "")) & set(self.not_in_names) for each in readers):
            faults.append("a name that would break its header")
        if any(len(json.dumps(each["substitution_data"])) > 100_000 for each in readers):
            faults.append("more data than a reader may have")
        if any(not re.match(r"[A-Za-z_]", n) for r in readers for n in r["substitution_data"]):
            faults.append("a name of a value that it does not read")
        return faults

    def take(self, request: Received) -> Answer:
        if request.path == "/api/v1/account":
            return reply_of({"results": {"status": "active", "company_name": "Coast"}})
        if request.path.startswith(SEARCH):
            return self._found(request)
        body = json.loads(request.body)
        kept = [r for r in body["recipients"] if r["address"]["email"] not in self.refused]
        left_out = len(body["recipients"]) - len(kept)
        if not kept:
            return refusal("5002", "At least one valid recipient is required")
        self.accepted += [(body, reader) for reader in kept]
        results: dict[str, Any] = {
            "id": "11668787484950529",
            "total_accepted_recipients": len(kept),
            "total_rejected_recipients": left_out,
        }
        if left_out:
            results["rcpt_to_errors"] = [{"message": "invalid data", "code": "1300"}]
        return reply_of({"results": results})

    def _found(self, request: Received) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        kinds, count = asked["events"].split(","), int(asked["per_page"])
        start = 0 if asked["cursor"] == "initial" else int(asked["cursor"])
        found = [one for one in self.reports if one["type"] in kinds]
        later = request.path.rpartition("cursor=")[0] + f"cursor={start + count}"
        links = {"next": later} if start + count < len(found) else {}
        page = found[start : start + count]
        return reply_of({"results": page, "total_count": len(found), "links": links})

    def error(self, status: int, **headers: str) -> Answer:
        return refusal("1900", "Words of theirs.", status=status, **headers)

    def refuse_sender(self, request: Received) -> Answer:
        return refusal("7001", "Invalid domain: Unconfigured Sending Domain <example.org>")

    def arrived(self) -> list[Arrived]:
        return [_arrived(given, reader) for given, reader in self.accepted]


def _arrived(given: dict[str, Any], reader: dict[str, Any]) -> Arrived:
    content = given["content"]
    values = given["substitution_data"] | reader["metadata"] | reader["substitution_data"]
    headers = {name: filled(value, values) for name, value in content["headers"].items()}
    headers.pop("List-Unsubscribe", None)
    return Arrived(
        to=reader["address"]["email"],
        to_name=reader["address"].get("name", ""),
        sender=(filled(content["from"].get("name", ""), values), content["from"]["email"]),
        subject=filled(content["subject"], values),
        html=filled(content["html"], values, escapes=True),
        text=filled(content["text"], values),
        headers=headers,
        reply_to=content.get("reply_to"),
        labels=reader["metadata"],
    )


def filled(template: str, values: Mapping[str, str], *, escapes: bool = False) -> str:
    """
    Fill in *template* once. Anything that SparkPost would read differently is an error here.
    """
    without = _PLACE.sub(" ", template)
    assert not re.search(r"\{\{|\}\}|\[\[", without), template

    def value(match: re.Match[str]) -> str:
        if match[1]:
            return values[match[1]]
        return html.escape(values[match[2]]) if escapes else values[match[2]]

    return _PLACE.sub(value, template)


@functools.cache
def _known(specs: Path) -> frozenset[str]:
    """
    Return every attribute that its pages on transmissions and on recipients document.
    """
    pages = ("sparkpost-transmissions.apib", "sparkpost-recipient-lists.apib")
    found = [_ATTRIBUTE.findall((specs / page).read_text("utf-8")) for page in pages]
    return frozenset(name for names in found for name in names)


def _names(node: Any) -> set[str]:
    if isinstance(node, list):
        return set().union(*map(_names, node))
    if not isinstance(node, dict):
        return set()
    return set(node).union(*(_names(v) for name, v in node.items() if name not in FREE))


def refusal(code: str, words: str, *, status: int = 400, **headers: str) -> Answer:
    body = {"errors": [{"message": words, "code": code}]}
    return reply_of(body, status=status, headers=with_dashes(headers))


def sparkpost_at(base_url: str, http: HttpClient, **given: Any) -> SparkpostProvider:
    defaults: dict[str, Any] = {"api_key": "14ac5499", "deadline_s": 30.0, "clock": lambda: NOW}
    return SparkpostProvider("bulk", base_url=base_url, http=http, **(defaults | given))
