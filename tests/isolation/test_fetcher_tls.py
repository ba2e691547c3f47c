"""
Certificates: a pinned connection still checks the name that was asked for.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
from pathlib import Path

import pytest
from http_server import ScriptedServer

from newsletter.errors import FetchError
from newsletter.isolation.fetcher import Fetcher


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """
    Return a self-signed certificate for feeds.example.org, and its key.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl program to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    words = (
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem "
        "-out cert.pem -subj /CN=feeds.example.org -addext subjectAltName=DNS:feeds.example.org"
    )
    subprocess.run(
        [openssl, *words.split()],
        cwd=folder,
        check=True,
        capture_output=True,
    )
    return folder / "cert.pem", folder / "key.pem"


def ask(certificate: tuple[Path, Path], host: str, *, trust: bool) -> tuple[bytes, list[str]]:
    """
    Return the body that *host* sent over TLS, and the server names requested.
    """
    names: list[str] = []
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(*certificate)
    served.sni_callback = lambda connection, name, context: names.append(name)
    trusted = ssl.create_default_context(cafile=certificate[0]) if trust else None
    fetcher = Fetcher(
        networks=["127.0.0.0/8"], tls=trusted, resolve=lambda host, port: ["127.0.0.1"]
    )
    with ScriptedServer(tls=served) as server:
        server.answer("/f", body=b"ok")
        return fetcher.get(server.url("/f", host=host), {}).body, names


def test_the_certificate_is_checked_against_the_name(certificate: tuple[Path, Path]) -> None:
    got = ask(certificate, "feeds.example.org", trust=True)
    assert got == (b"ok", ["feeds.example.org"])


@pytest.mark.parametrize(
    ("host", "trust", "reason"),
    [
        ("other.example.org", True, "Hostname mismatch"),
        ("feeds.example.org", False, "self-signed certificate"),
    ],
)
def test_a_certificate_that_does_not_fit_is_refused(
    certificate: tuple[Path, Path], host: str, trust: bool, reason: str
) -> None:
    with pytest.raises(FetchError, match=rf"^{host} could not be reached \(.*{reason}"):
        ask(certificate, host, trust=trust)
