"""
The workflow for n8n tags people who confirm, by webhooks and the API of a real `newsletter serve`.

Its nodes run in `n8n_workflow.mjs`, because n8n itself is too large to install for a test.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_server import make_installation, new_token
from receivers import allow_loopback
from reverse_proxies import free_port
from serving import Served, command, wait_until

ROOT = Path(__file__).resolve().parents[2]
WORKFLOW = ROOT / "examples" / "n8n" / "tag-confirmed.json"
RUNNER = ROOT / "tests" / "support" / "n8n_workflow.mjs"
# The versions of the nodes that n8n 1.x and 2.x import.
KNOWN = {"webhook": 2, "code": 2, "if": 2.2, "httpRequest": 4.2, "respondToWebhook": 1.1}


def workflow() -> dict[str, Any]:
    return dict(json.loads(WORKFLOW.read_text("utf-8")))


def test_the_workflow_can_be_imported() -> None:
    nodes = {node["name"]: node for node in workflow()["nodes"]}
    kinds = {node["type"].rpartition(".")[2]: node["typeVersion"] for node in nodes.values()}
    assert kinds == KNOWN
    assert len({node["id"] for node in nodes.values()}) == len(nodes)
    targets = {
        target["node"]
        for connection in workflow()["connections"].values()
        for branch in connection["main"]
        for target in branch
    }
    assert set(workflow()["connections"]) | targets == set(nodes)
    assert targets == set(nodes) - {"Receive a webhook"}


@contextmanager
def running(folder: Path, *, port: int, secret: str, url: str, token: str) -> Iterator[str]:
    """
    Run the workflow as a person completes it: with the secret and the address of the newsletter.
    """
    text = WORKFLOW.read_text("utf-8").replace("whsec_REPLACE_THIS", secret)
    (folder / "workflow.json").write_text(text.replace("https://news.example.org", url))
    with subprocess.Popen(
        ["node", RUNNER, folder / "workflow.json", str(port)],
        env={**os.environ, "TOKEN": token},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield f"http://127.0.0.1:{port}/webhook/newsletter"
        finally:
            process.terminate()


@pytest.mark.ci
@pytest.mark.skipif(shutil.which("node") is None, reason="no Node")
def test_people_who_confirm_are_tagged_and_forged_requests_are_refused(tmp_path: Path) -> None:
    port, headers = free_port(), {"Authorization": f"Bearer {make_installation(tmp_path)}"}
    token = new_token(tmp_path, "n8n", "people:read", "people:write")
    allow_loopback(tmp_path)
    url = f"http://127.0.0.1:{port}/webhook/newsletter"
    secret = str(command(tmp_path, "webhook", "add", "n8n", url)["secret"])
    with (
        Served(tmp_path) as served,
        httpx.Client(base_url=f"{served.address}/api/v1", headers=headers, timeout=60) as api,
        running(tmp_path, port=port, secret=secret, url=served.address, token=token),
    ):
        assert api.put("/subscribers/ada+n8n@example.org", json={"lists": ["daily"]}).is_success
        confirm = {"lists": ["daily"], "consent": "in a test"}
        assert api.put("/subscribers/ada+n8n@example.org", json=confirm).is_success

        def tags() -> list[str]:
            return list(api.get("/subscribers/ada+n8n@example.org").json()["tags"])

        wait_until(lambda: tags() == ["welcome"])
        forged = {"webhook-id": "evt_1", "webhook-timestamp": "1", "webhook-signature": "v1,AA=="}
        assert httpx.post(url, content=b"{}", headers=forged).status_code == 401
    attempts = command(tmp_path, "webhook", "attempts", "n8n")
    # The last event may come when the receiver has ended.
    assert {each["status"] for each in attempts} - {None} == {204}
