"""
Test signatures for Amazon: they equal botocore's, and a server that verifies them accepts them.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import botocore.session
import httpx
import pytest
from fake_ses import CREDENTIALS, REGION, is_signed
from http_server import Received
from hypothesis import given
from hypothesis import strategies as st
from provider_samples import NOW

from newsletter.providers.ses.sigv4 import Credentials, signed_headers

PATH = "/v2/email/outbound-emails"
VISIBLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1)


@given(content=st.binary(), path=st.text("aZ09-_~ é+%", max_size=9), value=VISIBLE)
def test_a_signature_equals_botocore_s(content: bytes, path: str, value: str):
    url = httpx.URL(f"http://127.0.0.1:8080/{path}")
    headers = signed_headers(
        str(url),
        content,
        {"Content-Type": "application/json", "X-Other": f" {value}   b "},
        credentials=CREDENTIALS,
        region=REGION,
        service="ses",
        now=NOW,
    )
    received = Received(
        method="POST", path=url.raw_path.decode(), headers=httpx.Headers(headers), body=content
    )
    assert is_signed(received, "http://127.0.0.1:8080")


def test_no_secret_is_shown():
    shown = repr(CREDENTIALS)
    assert (CREDENTIALS.secret_access_key in shown, "token" in shown) == (False, False)


@dataclass(frozen=True, kw_only=True)
class Amazon:
    """
    Start Moto's server with one user and one verified sender.
    """

    url: str
    credentials: Credentials

    def answer_to(self, *, secret: str | None = None, sent: bytes | None = None) -> int:
        """
        Return the status of a mail that was signed with *secret*, and changed in transit if *sent*
        is given.
        """
        mail = {"Subject": {"Data": "S"}, "Body": {"Text": {"Data": "T"}}}
        content = json.dumps(
            {
                "FromEmailAddress": "news@example.org",
                "Destination": {"ToAddresses": ["ada@example.com"]},
                "Content": {"Simple": mail},
            }
        ).encode()
        headers = signed_headers(
            f"{self.url}{PATH}",
            content,
            {"Content-Type": "application/json"},
            credentials=Credentials(
                access_key_id=self.credentials.access_key_id,
                secret_access_key=secret or self.credentials.secret_access_key,
            ),
            region=REGION,
            service="ses",
            now=dt.datetime.now(dt.UTC),
        )
        response = httpx.post(f"{self.url}{PATH}", content=sent or content, headers=headers)
        return response.status_code


@pytest.fixture(scope="module")
def amazon() -> Iterator[Amazon]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    # The first four calls need no signature; they create the user.
    environment = {**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": "4"}
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_for(url)
            yield Amazon(url=url, credentials=_new_user(url))
        finally:
            process.terminate()


def _wait_for(url: str) -> None:
    for _ in range(400):
        try:
            httpx.get(f"{url}/moto-api/data.json")
            return
        except httpx.HTTPError:
            time.sleep(0.05)
    raise TimeoutError("moto's server did not start")


def _new_user(url: str) -> Credentials:
    session = botocore.session.get_session()
    values = {"endpoint_url": url, "aws_access_key_id": "x", "aws_secret_access_key": "y"}
    iam, ses = (session.create_client(name, REGION, **values) for name in ("iam", "sesv2"))
    allowed = {"Effect": "Allow", "Action": "ses:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.create_user(UserName="desk")
    iam.put_user_policy(UserName="desk", PolicyName="send", PolicyDocument=policy)
    key = iam.create_access_key(UserName="desk")["AccessKey"]
    ses.create_email_identity(EmailIdentity="news@example.org")
    for client in (iam, ses):
        client.close()
    return Credentials(access_key_id=key["AccessKeyId"], secret_access_key=key["SecretAccessKey"])


def test_a_server_that_verifies_signatures_accepts_ours(amazon: Amazon):
    assert amazon.answer_to() == 200


def test_it_accepts_no_other(amazon: Amazon):
    assert amazon.answer_to(secret="another") == 403
    assert amazon.answer_to(sent=b'{"FromEmailAddress": "eve@example.org"}') == 403
