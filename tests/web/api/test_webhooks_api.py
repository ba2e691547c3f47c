"""
Outgoing webhooks by the API.
"""

from __future__ import annotations

from api_client import ApiClient, kind_of
from http_server import Answer, ScriptedServer
from installation import Installation
from web_samples import ADA


def test_a_webhook_is_made_sent_to_paused_and_removed(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list("daily")
    with ScriptedServer() as server:
        server.answer("/hook", lambda request: Answer())
        body = {"name": "crm", "url": server.url("/hook"), "lists": ["daily"]}
        made = api.post("/webhooks", body)
        assert made.status_code == 201, made.text
        assert made.json()["secret"].startswith("whsec_")
        assert kind_of(api.post("/webhooks", body)) == "refused"
        for _ in range(3):
            sent = api.post("/webhooks/crm/test").json()
            assert (sent["is_delivered"], sent["status"]) == (True, 200)
        first = api.get("/webhooks/crm/attempts?limit=2").json()
        assert [each["kind"] for each in first["items"]] == ["test", "test"]
        rest = api.get(f"/webhooks/crm/attempts?limit=2&cursor={first['next']}").json()
        assert len(rest["items"]) == 1
        assert rest["next"] is None
    installation.subscribe([ADA], "daily")
    assert api.get("/webhooks/crm/status").json()["events"]["delivered"] == 0
    assert api.post("/webhooks/crm/pause").json()["state"] == "paused"
    assert kind_of(api.post("/webhooks/crm/pause")) == "refused"
    assert api.post("/webhooks/crm/resume").json()["state"] == "active"
    assert api.post("/webhooks/crm/replay", {"failed": True}).json() == {"events": 0}
    assert kind_of(api.post("/webhooks/crm/replay", {})) == "invalid"
    assert kind_of(api.post("/webhooks/crm/replay", {"event": "evt_none"})) == "not-found"
    secret = api.post("/webhooks/crm/secret").json()["secret"]
    assert secret != made.json()["secret"]
    changed = api.patch("/webhooks/crm", {"kinds": ["subscriber.left"], "lists": []}).json()
    assert (changed["kinds"], changed["lists"]) == (["subscriber.left"], None)
    assert api.delete("/webhooks/crm").status_code == 204
    assert kind_of(api.get("/webhooks/crm/attempts")) == "not-found"
