"""
An installation with two lists, where all that belongs to the second one is called `harbour`.
"""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass
from typing import Any

from api_client import ApiClient
from http_server import ScriptedServer
from installation import Installation

from newsletter.actions.people.files import drafts
from newsletter.actions.people.files.uploads import UploadedFile
from newsletter.model.access import OPERATOR
from newsletter.model.issue import IssueState
from newsletter.store.tables import issue
from newsletter.workers.file_jobs import FileJobWorker

OWN, OWN_TOO, OTHER = "daily", "daily-too", "harbour"
# A text that all names on the other list contain.
MARK = "harbour"
BOTH = "both@example.org"
PERSON = "harbour@example.org"
PENDING = "harbour-pending@example.org"
_CONSENT = {"consent": "in a test"}
# States into which the API alone brings no issue.
_SET = frozenset({IssueState.FREEZING, IssueState.MISSED})


@dataclass(frozen=True, kw_only=True)
class OtherList:
    """
    By their names, the objects of the other list, and such as do not exist.
    """

    objects: dict[str, Any]
    nothing: dict[str, Any]


# What cases name, with what does not exist of that kind.
_NOTHING: dict[str, Any] = {
    "list": "nonesuch",
    "person": "nobody@example.org",
    "pending": "nobody@example.org",
    "field": "nonesuch",
    "tag": "nonesuch",
    "segment": "nonesuch",
    "segment_of_both": "nonesuch",
    "segment_of_none": "nonesuch",
    "suppressed": "nobody@example.org",
    "domain": "@example.net",
    "request": 999_999,
    "import": 999_999,
    "draft": 999_999,
    "export": 999_999,
    "notice": 999_999,
    "source": "nonesuch",
    "brief": 999_999,
    "key": "nonesuch",
    "issue_to_both": 999_999,
    "schedule": "nonesuch",
    "schedule_of_both": "nonesuch",
    "member": "nobody@example.org",
    "token": 999_999,
    "webhook": "nonesuch",
    **{f"issue_{state}": 999_999 for state in IssueState},
}


def make_other_list(
    installation: Installation, api: ApiClient, server: ScriptedServer
) -> OtherList:
    """
    Make an object of each kind for the other list, by an API without limits.
    """
    maker = _Maker(installation, api)
    maker.make_people()
    maker.make_publishing()
    maker.make_staff(server)
    assert set(maker.objects) == set(_NOTHING)
    own = {"own_issue": maker.own_issue}
    return OtherList(objects=maker.objects | own, nothing=_NOTHING | own)


class _Maker:
    def __init__(self, installation: Installation, api: ApiClient) -> None:
        self.installation, self.api = installation, api
        self.objects: dict[str, Any] = {}

    def _post(self, path: str, body: Any = None) -> Any:
        made = self.api.post(path, body)
        assert made.is_success, (path, made.text)
        return made.json()

    def _work(self) -> None:
        FileJobWorker(self.installation.app, wait=lambda _seconds: False).work_due()

    def make_people(self) -> None:
        for slug in (OWN, OWN_TOO, OTHER):
            self._post("/lists", {"slug": slug, "name": slug.title(), "visibility": "public"})
        self._post("/fields", {"name": "berth", "type": "text", "labels": {"en": "Berth"}})
        own = {"address": "own@example.org", "lists": [OWN], **_CONSENT}
        self._post("/subscribers", own)
        theirs = {"name": "Harbour Person", "tags": ["harbour-tag"], "fields": {"berth": "harbour"}}
        self._post("/subscribers", {"address": PERSON, "lists": [OTHER], **theirs, **_CONSENT})
        self._post("/subscribers", {"address": BOTH, "lists": [OWN, OTHER], **_CONSENT})
        self._post("/subscribers", {"address": PENDING, "lists": [OTHER]})
        self._post(f"/subscribers/{PERSON}/notes", {"text": "sails from the harbour"})
        segments = {
            "segment": ("harbour-fans", "tag has harbour-tag", OTHER),
            "segment_of_both": ("harbour-both", f"on list {OTHER}", OWN),
            "segment_of_none": ("harbour-all", "tag has harbour-tag", None),
        }
        for name, (called, rule, slug) in segments.items():
            self._post("/segments", {"name": called, "rule": rule, "list": slug})
            self.objects[name] = called
        suppressed = "harbour-suppressed@example.org"
        self._post("/suppressions", {"address": suppressed, "list": OTHER, "note": "harbour"})
        self._post("/suppressions", {"address": "@harbour.example", "note": "harbour"})
        asked = self._post("/privacy-requests", {"kind": "access", "address": PERSON})
        files = [{"name": "harbour.csv", "text": "email\nharbour-2@example.org\nharbour\n"}]
        imported = self._post("/imports", {"files": files, "list": OTHER, "consent": "harbour"})
        exported = self._post("/exports", {"which": {"list": OTHER, "text": "harbour"}})
        draft = UploadedFile(
            name="harbour-3.csv", content=io.BytesIO(b"email\nharbour-3@example.org")
        )
        drafted = drafts.prepare(self.installation.app, draft, OTHER, by=OPERATOR)
        self._work()
        self._post(f"/lists/{OTHER}/ask-again", {"audience": "all", "per_day": 1})
        notice = {"address": PERSON, "subject": "Your harbour", "text": "The harbour waits."}
        self.objects |= {
            "list": OTHER,
            "person": PERSON,
            "pending": PENDING,
            "field": "berth",
            "tag": "harbour-tag",
            "suppressed": suppressed,
            "domain": "@harbour.example",
            "request": asked["id"],
            "import": imported["id"],
            "draft": drafted,
            "export": exported["id"],
            "notice": self._post("/notices", notice)["id"],
        }

    def make_publishing(self) -> None:
        source = {
            "name": "site",
            "kind": "feed",
            "location": "https://example.org/feed/",
        }
        self._post("/sources", source)
        brief = {"title": "The harbour brief", "body": "Nobody left the harbour."}
        kept = self.api.put("/briefs/keys/harbour-key", brief).json()
        schedule = {
            "cron": "0 6 * * *",
            "timezone": "UTC",
            "lists": [OTHER],
            "sources": ["site"],
        }
        self._post("/schedules", {"name": "harbour-morning", **schedule})
        self._post("/schedules", {"name": "harbour-both", **schedule, "lists": [OWN, OTHER]})
        self.objects |= {
            "source": "site",
            "brief": kept["id"],
            "key": "harbour-key",
            "schedule": "harbour-morning",
            "schedule_of_both": "harbour-both",
            "issue_to_both": self._issue(kept["id"], [OWN, OTHER]),
            **{f"issue_{state}": self._issue(kept["id"], [OTHER]) for state in IssueState},
        }
        self._bring_into_states()
        self.own_issue = self._post("/issues", {"lists": [OWN], "subject": "Mine"})["id"]
        self._post("/schedules", {"name": "own", **schedule, "lists": [OWN]})

    def _issue(self, brief: int, lists: list[str]) -> int:
        draft = {"lists": lists, "briefs": [brief], "subject": "The harbour"}
        return int(self._post("/issues", draft)["id"])

    def _bring_into_states(self) -> None:
        path = {state: f"/issues/{self.objects[f'issue_{state}']}" for state in IssueState}
        later = (self.installation.now + dt.timedelta(hours=2)).isoformat()
        self._post(f"{path[IssueState.APPROVED]}/approve")
        self._post(f"{path[IssueState.SCHEDULED]}/send", {"at": later})
        self._post(f"{path[IssueState.SUBMITTED]}/send", {})
        self._post(f"{path[IssueState.CANCELLED]}/cancel")
        self.installation.submit_all()
        self._post(f"{path[IssueState.SENDING]}/send", {})
        self._post(f"{path[IssueState.PAUSED]}/send", {})
        self._post(f"{path[IssueState.PAUSED]}/pause", {"reason": "the harbour is closed"})
        with self.installation.app.database.write() as connection:
            for state in _SET:
                number = self.objects[f"issue_{state}"]
                connection.execute(issue.update().where(issue.c.id == number).values(state=state))
        for state in IssueState:
            assert self.api.get(path[state]).json()["state"] == state

    def make_staff(self, server: ScriptedServer) -> None:
        member = {"address": "harbour-master@example.org", "role": "editor", "lists": [OTHER]}
        self._post("/staff", member)
        token = {"name": "harbour", "scopes": ["people:read"], "lists": [OTHER]}
        server.answer("/harbour")
        webhook = {"name": "harbour-hook", "url": server.url("/harbour"), "lists": [OTHER]}
        self._post("/webhooks", webhook)
        self._post("/webhooks/harbour-hook/test")
        self.objects |= {
            "member": member["address"],
            "token": self._post("/tokens", token)["token"]["id"],
            "webhook": "harbour-hook",
        }
