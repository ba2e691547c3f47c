"""
Test the HTTP client over TLS: the certificate is checked, and a large request is sent completely.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from http_server import Answer as Reply
from http_server import ScriptedServer

from newsletter.providers.http_client import HttpClient, HttpFailure, HttpResponse


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """
    Return a self-signed certificate for 127.0.0.1, and its key.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl program to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    words = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem "
        "-out cert.pem -subj /CN=sink -addext subjectAltName=IP:127.0.0.1"
    )
    subprocess.run([openssl, *words.split()], cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def server(certificate: tuple[Path, Path]) -> Iterator[ScriptedServer]:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(*certificate)
    with ScriptedServer(tls=served) as server:
        server.answer("/size", lambda request: Reply(body=str(len(request.body)).encode()))
        yield server


def test_a_trusted_server_gets_two_large_requests_over_one_connection(
    certificate: tuple[Path, Path], server: ScriptedServer
):
    with HttpClient(1, tls=ssl.create_default_context(cafile=certificate[0])) as http:
        answers = [http.post(server.url("/size"), bytes(9_000_000), {}, 10.0) for _ in range(2)]
    assert [response.body for response in answers if isinstance(response, HttpResponse)] == [
        b"9000000"
    ] * 2


def test_an_untrusted_server_never_gets_the_request(server: ScriptedServer):
    with HttpClient(1) as http:
        response = http.post(server.url("/size"), b"secret", {}, 10.0)
    assert isinstance(response, HttpFailure)
    assert (response.may_have_arrived, server.requests) == (False, [])
    assert "CERTIFICATE_VERIFY_FAILED" in response.reason
