"""
Fixtures: a provider of each kind, a fake Resend on the loopback with its adapter, and a server
certificate signed by a test authority.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from fake_resend import FakeResend
from flavours import FLAVOURS, KINDS, WiredProvider, wired_provider
from published import specs_beside

from newsletter.providers.http_client import HttpClient
from newsletter.providers.resend.provider import ResendProvider


@pytest.fixture(scope="session")
def specs() -> Path | None:
    """
    Return the folder of published API descriptions; calls are compared with them if it exists.
    """
    return specs_beside()


@pytest.fixture(params=KINDS)
def wired(
    request: pytest.FixtureRequest, tmp_path: Path, specs: Path | None
) -> Iterator[WiredProvider]:
    with wired_provider(request.param, tmp_path, specs) as wired:
        yield wired


@pytest.fixture(params=FLAVOURS)
def on_the_wire(
    request: pytest.FixtureRequest, tmp_path: Path, specs: Path | None
) -> Iterator[WiredProvider]:
    with wired_provider(request.param, tmp_path, specs) as wired:
        yield wired


@pytest.fixture
def fake(specs: Path | None) -> Iterator[FakeResend]:
    with FakeResend.running(specs) as fake:
        yield fake


@pytest.fixture
def http() -> Iterator[HttpClient]:
    with HttpClient(1) as http:
        yield http


@pytest.fixture
def resend(fake: FakeResend, http: HttpClient) -> ResendProvider:
    return fake.opened(http)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """
    Return a certificate for localhost that its own authority signed, and its key; the authority's
    certificate is beside them as `ca.pem`.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl program to make a certificate with")
    folder = tmp_path_factory.mktemp("smtp-tls")
    new = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    for words in (
        f"req -x509 {new} -days 2 -keyout ca.key -out ca.pem -subj /CN=authority",
        f"req -x509 {new} -days 2 -keyout key.pem -out cert.pem -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost -CA ca.pem -CAkey ca.key "
        "-addext basicConstraints=critical,CA:FALSE",
    ):
        subprocess.run([openssl, *words.split()], cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


@pytest.fixture
def served(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def trusting(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate[0].with_name("ca.pem"))
