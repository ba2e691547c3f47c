"""
Everything from the token to the webhook by the API alone, against a real `newsletter serve`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
from api_server import make_installation
from http_server import ScriptedServer
from receivers import allow_loopback
from serving import Served, mailed, wait_until
from standardwebhooks import Webhook


class Program:
    """
    Calls the API with one token; each write has a key of its own, and is sent twice.
    """

    def __init__(self, address: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self.client = httpx.Client(base_url=f"{address}/api/v1", headers=headers, timeout=60)
        self.keys = 0

    def get(self, path: str) -> Any:
        response = self.client.get(path)
        assert response.status_code == 200, response.text
        return response.json()

    def write(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        self.keys += 1
        own = {"Idempotency-Key": f"key-{self.keys}", **headers}
        first, again = (self.client.request(method, path, json=body, headers=own) for _ in range(2))
        assert first.is_success, first.text
        assert again.status_code == first.status_code
        assert again.headers["idempotency-replayed"] == "true"
        return first.json()

    def version(self, path: str) -> str:
        return str(self.client.get(path).headers["etag"])


def test_a_program_publishes_from_the_token_to_the_webhook(tmp_path: Path) -> None:
    token = make_installation(tmp_path)
    allow_loopback(tmp_path)
    with ScriptedServer() as receiver, Served(tmp_path) as served:
        receiver.answer("/hook")
        program = Program(served.address, token)
        hook = {"name": "desk", "url": receiver.url("/hook"), "kinds": ["issue.submitted"]}
        made = program.client.post("/webhooks", json=hook)
        assert made.status_code == 201, made.text
        program.write(
            "POST", "/lists", {"slug": "weekly", "name": "Weekly", "needs_approval": True}
        )
        people = {
            "list": "weekly",
            "consent": "ticked the box at the checkout",
            "rows": [{"address": "ada@example.org"}],
        }
        assert program.write("POST", "/bulk/subscribers", people)["counts"] == {"created": 1}
        brief = {"title": "The Quieter Quay", "body": "The board **decided** on Tuesday."}
        number = program.write("PUT", "/briefs/keys/quay-2026-03-04", brief)["id"]
        draft = {"lists": ["weekly"], "briefs": [number], "subject": "The quieter quay"}
        issue = f"/issues/{program.write('POST', '/issues', draft)['id']}"

        preview = program.get(f"{issue}/preview")
        assert preview["subject"] == "The quieter quay"
        assert "The board" in preview["text"]
        assert program.get(f"{issue}/check")["errors"] == 0
        refused = program.client.post(f"{issue}/send", json={})
        assert refused.status_code == 409
        assert "needs an approval" in refused.json()["detail"]
        version = program.version(issue)
        approved = program.write("POST", f"{issue}/approve", **{"If-Match": version})
        assert approved["is_approved"]
        assert program.write("POST", f"{issue}/send", {})["state"] == "sending"

        wait_until(lambda: program.get(f"{issue}/status")["state"] == "submitted")
        status = program.get(f"{issue}/status")
        assert (status["audience"], status["accepted"]) == (1, 1)
        recipients = program.get(f"{issue}/recipients")["items"]
        assert [each["address"] for each in recipients] == ["ada@example.org"]
        wait_until(lambda: bool(receiver.requests))
        program.client.close()
    assert mailed(tmp_path) == ["ada@example.org"]
    (request,) = receiver.requests
    signed = {name: request.headers[name] for name in request.headers if name[:8] == "webhook-"}
    Webhook(made.json()["secret"]).verify(request.body, signed)
    event = json.loads(request.body)
    assert event["type"] == "issue.submitted"
    assert event["data"] == {"issue_id": int(issue.rpartition("/")[2]), "lists": ["weekly"]}
