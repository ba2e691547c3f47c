"""
A real OpenID Connect provider, npm's `oidc-provider`, and a person who logs in there.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest

TESTS = Path(__file__).resolve().parents[1]
LIBRARY = TESTS / "proof/node_modules/oidc-provider/lib/index.js"
CLIENT_SECRET = "a secret/with+signs"
CALLBACK = "/admin/login/oidc/callback"
_MOST_STEPS = 20


@contextmanager
def running_provider(accounts: Mapping[str, Mapping[str, Any]], *, base_url: str) -> Iterator[str]:
    """
    Run a provider that knows these accounts, for the site at *base_url*, and yield its issuer.
    Without Node or the library, the test is skipped.
    """
    node = shutil.which("node")
    if node is None or not LIBRARY.is_file():
        pytest.skip("no oidc-provider: install node and npm, then make tests/proof/node_modules")
    script = TESTS / "access/provider.mjs"
    command = [node, script, LIBRARY.as_uri(), f"{base_url}{CALLBACK}", json.dumps(accounts)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def log_in_there(url: str, account: str, *, base_url: str) -> str:
    """
    Open *url* at the provider, log in as *account*, agree, and return the path of the site that
    the browser is sent back to, with its query.
    """
    with httpx.Client(timeout=30) as client:
        response = client.get(url)
        for _ in range(_MOST_STEPS):
            if response.is_redirect:
                following = urljoin(str(response.url), response.headers["location"])
                if following.startswith(base_url):
                    return following.removeprefix(base_url)
                response = client.get(following)
                continue
            page = response.text
            action = html.unescape(re.findall(r'<form[^>]*action="([^"]+)"', page)[0])
            (prompt,) = re.findall(r'name="prompt" value="(\w+)"', page)
            values = {"prompt": prompt, "login": account, "password": "any"}
            response = client.post(urljoin(str(response.url), action), data=values)
    raise AssertionError(f"no way back after {_MOST_STEPS} steps")
