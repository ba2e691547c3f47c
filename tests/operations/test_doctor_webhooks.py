"""
What `doctor` says about the secrets with which webhooks are verified.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from event_samples import SECRET
from installation import Installation

from newsletter.isolation.sandbox import Sandbox
from newsletter.operations.doctor import Check, run_checks


@pytest.mark.parametrize(
    ("kind", "secret", "is_right"),
    [
        ("resend", SECRET, True),
        ("resend", f"{SECRET} {SECRET}", True),
        ("resend", "whsec_x!", False),
        ("resend", "https://resend.com/webhooks", False),
        ("sendgrid", "MFkwEwYHKoZIzj0CAQYIKoZI", False),
        ("mailgun", "0123456789abcdef0123456789abcdef", True),
        ("mailgun", "k3y", False),
        ("postmark", "hook:s3cret", True),
        ("postmark", "s3cret", False),
        ("brevo", "hook:", False),
    ],
)
def test_doctor_notices_a_webhook_secret_that_cannot_be_one(
    kind: str,
    secret: str,
    is_right: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    warm_sandbox: Sandbox,
    now: dt.datetime,
) -> None:
    monkeypatch.setitem(os.environ, "NL_KEY", "k")
    monkeypatch.setitem(os.environ, "NL_HOOK", secret)
    own = {"kind": kind, "api_key": "env:NL_KEY", "webhook_secret": "env:NL_HOOK"}
    if kind == "mailgun":
        own["domain"] = "news.example.org"
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    installation = Installation(
        tmp_path, url, now=now, sandbox=warm_sandbox, provider={"second": own}
    )
    check = _webhooks(installation)
    installation.close()
    assert check.ok is is_right
    assert is_right or check.detail.startswith("[provider.second] webhook_secret ")
    assert secret not in check.detail


def _webhooks(installation: Installation) -> Check:
    (check,) = [one for one in run_checks(installation.app) if one.name == "webhooks"]
    return check
