"""
The guide on outgoing webhooks: its receivers work, and its examples have the keys that are sent.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from corrected_issue import edit, send, sent
from installation import Installation
from receivers import receiving

from newsletter import pipeline
from newsletter.actions.issues import issue_delivery
from newsletter.actions.operations import webhook_attempts, webhooks
from newsletter.actions.people.files import exports
from newsletter.actions.people.files.work_export import work
from newsletter.app import utc_now
from newsletter.issues.corrections import make_correction
from newsletter.model.access import OPERATOR
from newsletter.model.outgoing import OutgoingKind
from newsletter.web.api.bodies.webhook_events import described_webhooks, event_model
from subscribers.filters.model import PeopleFilter

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "guides" / "outgoing-webhooks.md").read_text("utf-8")
NODE_MODULES = ROOT / "tests" / "proof" / "node_modules"
LONGEST_S = 60.0


def block(language: str, *, after: str) -> str:
    found = re.search(rf"```{language}\n(.*?)\n```", GUIDE.partition(after)[2], re.DOTALL)
    assert found is not None
    return found[1]


EXAMPLES: dict[str, dict[str, Any]] = json.loads(block("json", after="by example:"))


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def running(command: list[str], folder: Path, *, secret: str, port: int) -> Iterator[Any]:
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        ends_at = time.monotonic() + LONGEST_S
        while time.monotonic() < ends_at and process.poll() is None:
            with socket.socket() as tried:
                if tried.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("language", ["python", "js"])
def test_the_receiver_of_the_guide_verifies_and_prints(
    installation: Installation, tmp_path: Path, language: str
) -> None:
    command = [sys.executable, "receiver.py"]
    if language == "js":
        if not (NODE_MODULES / "svix").is_dir() or shutil.which("node") is None:
            pytest.skip("no Node or no svix for it: make tests/proof/node_modules")
        command = ["node", "receiver.mjs"]
        (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    (tmp_path / command[1]).write_text(block(language, after="A receiver should:"))
    installation.now, port = utc_now(), free_port()
    url = f"http://127.0.0.1:{port}/"
    secret = webhooks.add(installation.app, "crm", url, by=OPERATOR).secret or ""
    with running(command, tmp_path, secret=secret, port=port) as process:
        result = webhook_attempts.test(installation.app, "crm", by=OPERATOR)
        # After the second, nothing is signed with the first any more.
        webhooks.edit(installation.app, "crm", new_secret=True, by=OPERATOR)
        webhooks.edit(installation.app, "crm", new_secret=True, by=OPERATOR)
        forged = webhook_attempts.test(installation.app, "crm", by=OPERATOR)
        printed = process.stdout.readline()
    assert (result.status, forged.status) == (204, 400)
    assert re.match(r"evt_[0-9a-f]{24}_1 webhook\.test \{.webhook.:", printed)


def test_every_kind_is_in_the_guide() -> None:
    table = GUIDE.partition("## The kinds\n")[2].partition("The `data` of each")[0]
    assert set(re.findall(r"^\| `([a-z._]+)`", table, re.MULTILINE)) == set(OutgoingKind)
    assert set(EXAMPLES) == set(OutgoingKind)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_sent_has_the_keys_of_the_examples(installation: Installation) -> None:
    with receiving(installation) as receiver:
        first = sent(installation)
        edit(installation, title="The Loud Harbour")
        send(installation, make_correction(installation.app.publishing, first))
        installation.unsubscribe("reader0001@example.org")
        work(installation.app, exports.start(installation.app, PeopleFilter(), by=OPERATOR).id)
        paused = installation.add_issue("The Long Quay")
        pipeline.publish_issue(installation.app.publishing, paused)
        issue_delivery.pause(installation.app, paused, reason="a wrong date", by=OPERATOR)
        receiver.send()
    for each in receiver.data():
        assert set(each) - {"type"} == set(EXAMPLES[each["type"]])
    assert len(set(receiver.types())) == 7
    for request in receiver.requests:
        event_model(OutgoingKind(json.loads(request.body)["type"])).model_validate_json(
            request.body
        )


def test_the_document_describes_every_kind_as_the_guide_does() -> None:
    content = described_webhooks({}, ref="#/")
    assert set(content) == set(OutgoingKind)
    for kind, data in EXAMPLES.items():
        body = {"type": kind, "timestamp": "2026-11-24T06:00:00+00:00", "data": data}
        event_model(OutgoingKind(kind)).model_validate_json(json.dumps(body))
