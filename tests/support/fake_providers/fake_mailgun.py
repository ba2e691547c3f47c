"""
Fake Mailgun: it takes a form, fills in `%recipient.name%` for each reader, and keeps a log that can
be searched by tag and time.
"""

from __future__ import annotations

import base64
import datetime as dt
import email
import email.policy
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from urllib.parse import parse_qs, urlsplit

from endings import Meant
from fake_provider import Arrived, FakeProvider, read_mailbox, reply_of, with_dashes
from http_server import Answer, Received
from provider_samples import NOW, RETRY
from published import wrong_in_form

from newsletter.providers.http_client import HttpClient
from newsletter.providers.mailgun.provider import MailgunProvider

DOMAIN = "mg.example.org"
PAGE = 300
_PLACE = re.compile(r"%recipient\.([A-Za-z0-9_]+)%")
# What an option may come to, all together (openapi, "Send an email").
_MOST_OPTIONS = 16_384


class _Logged(NamedTuple):
    """
    What its log keeps of a message.
    """

    at: dt.datetime
    tag: str
    labels: Mapping[str, str]

    @classmethod
    def of(cls, found: Arrived, at: dt.datetime) -> _Logged:
        return cls(at, found.headers["(tag)"], found.labels)


class FakeMailgun(FakeProvider):
    """
    `keeps_tags`: whether its log has the tags of a call, among those of `others`, `page` of them at
    a time; `domain` is its answer about the domain.
    """

    paths = (f"/v3/{DOMAIN}/messages", f"/v3/{DOMAIN}/events", f"/v4/domains/{DOMAIN}")
    spec = "mailgun.yaml"
    spec_paths: ClassVar = {
        f"/v3/{DOMAIN}/messages": "/v3/{domain_name}/messages",
        f"/v3/{DOMAIN}/events": "/v3/{domain_name}/events",
        f"/v4/domains/{DOMAIN}": "/v4/domains/{name}",
    }
    takes_the_others = False
    outcomes: ClassVar = {
        # It refuses calls with a 400; this is the work of something in between.
        "422": Meant(RETRY, pauses=True),
    }

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.keeps_tags = True
        self.page = PAGE
        self._log: list[_Logged] = []
        self.others: list[dict[str, Any]] = []
        self.domain: dict[str, Any] = {"name": DOMAIN, "state": "active", "type": "custom"}

    def opened(self, http: HttpClient, **values: Any) -> MailgunProvider:
        return mailgun_at(self.base_url, http, **values)

    def wrong_in(self, request: Received, specs: Path) -> list[str]:
        """
        Return what is not documented, what would show readers to each other, and what is too long.
        """
        path = self.spec_paths[urlsplit(request.path).path]
        if request.method == "GET":
            # The address of a next page is its own, whatever is in it.
            return [] if "&p=" in request.path else super().wrong_in(request, specs)
        form = read_form(request)
        wrong = wrong_in_form(form, specs / self.spec, path)
        variables = json.loads(dict(form)["recipient-variables"])
        if [read_mailbox(value)[1] for name, value in form if name == "to"] != list(variables):
            wrong.append("somebody without variables, who would see the others")
        options = sum(len(name) + len(value) for name, value in form if name[1:2] == ":")
        if options > _MOST_OPTIONS or len(variables) > 1_000:
            wrong.append(f"{options} bytes of options, {len(variables)} readers")
        return wrong

    def take(self, request: Received) -> Answer:
        values = request.headers.get("authorization", "").removeprefix("Basic ")
        if base64.b64decode(values) != b"api:key-1":
            return self.error(401)
        if request.path.startswith("/v4/"):
            return reply_of({"domain": self.domain})
        if request.method == "GET":
            return self._logged(request)
        form = read_form(request)
        if self.refused.intersection(read_mailbox(v)[1] for name, v in form if name == "to"):
            return _refusal("to parameter is not a valid address. please check documentation", 400)
        variables = json.loads(dict(form)["recipient-variables"])
        self.accepted += [(form, to, own) for to, own in variables.items()]
        now = self.clock()
        self._log += [_Logged.of(_arrived(form, to, own), now) for to, own in variables.items()]
        return reply_of({"id": f"<{len(self.accepted)}@{DOMAIN}>", "message": "Queued."})

    def _logged(self, request: Received) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        begin, end = int(asked["begin"]), int(asked["end"])
        assert begin < end
        ours = [self._entry(each) for each in self._log if begin < each.at.timestamp() < end]
        is_of_mails = "accepted" in asked["event"].split(" OR ")
        entries = [*self.others, *ours] if is_of_mails else self.reports
        found = [e for e in entries if asked.get("tags") in (None, *e.get("tags", ()))]
        start = int(asked.get("p", 0))
        page = found[start : start + self.page]
        following = f"{self.base_url}{request.path.partition('&p=')[0]}&p={start + self.page}"
        return reply_of({"items": page, "paging": {"next": following}})

    def _entry(self, one: _Logged) -> dict[str, Any]:
        tags = [one.tag] if self.keeps_tags else []
        return {"event": "accepted", "tags": tags, "user-variables": dict(one.labels)}

    def error(self, status: int, **headers: str) -> Answer:
        return _refusal("Words of theirs.", status, **headers)

    def refuse_sender(self, request: Received) -> Answer:
        return _refusal("'from' parameter is not a valid address. please check documentation", 400)

    def arrived(self) -> list[Arrived]:
        return [_arrived(form, to, own) for form, to, own in self.accepted]


def _refusal(words: str, status: int, **headers: str) -> Answer:
    return reply_of({"message": words}, status=status, headers=with_dashes(headers))


def _arrived(form: Sequence[tuple[str, str]], to: str, own: Mapping[str, str]) -> Arrived:
    values = {name: filled(value, own) for name, value in form if name != "recipient-variables"}
    shown = next(v for n, v in form if n == "to" and (v == to or v.endswith(f"<{to}>")))
    headers = {name[2:]: value for name, value in values.items() if name.startswith("h:")}
    return Arrived(
        to=to,
        to_name=read_mailbox(shown)[0],
        sender=read_mailbox(dict(form)["from"]),
        subject=values["subject"],
        html=values["html"],
        text=values["text"],
        headers=headers | {"(tag)": values["o:tag"]},
        reply_to=headers.get("Reply-To"),
        labels={name[2:]: value for name, value in values.items() if name.startswith("v:")},
    )


def filled(text: str, own: Mapping[str, str]) -> str:
    """
    Fill in the places of *text*. No page says whether that is done in one pass or name by name, so
    both must give the same.
    """
    at_once = _PLACE.sub(lambda match: own.get(match[1], match[0]), text)
    one_by_one = text
    for name, value in own.items():
        one_by_one = one_by_one.replace(f"%recipient.{name}%", value)
    assert at_once == one_by_one
    return at_once


def read_form(request: Received) -> list[tuple[str, str]]:
    """
    Read the fields of a form with other code than wrote it.
    """
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + request.body, policy=email.policy.HTTP)
    fields = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        raw = part.get_payload(decode=True)
        assert isinstance(raw, bytes)
        fields.append((str(name), raw.decode()))
    return fields


def mailgun_at(base_url: str, http: HttpClient, **values: Any) -> MailgunProvider:
    defaults: dict[str, Any] = {
        "domain": DOMAIN,
        "api_key": "key-1",
        "deadline_s": 30.0,
        "clock": lambda: NOW,
    }
    return MailgunProvider("bulk", base_url=base_url, http=http, **(defaults | values))
