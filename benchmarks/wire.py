"""
Reach the sink: its process, and bare connections of httpx, which are the lower bound of the cost of
sending.
"""

from __future__ import annotations

import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

import httpx

from newsletter.providers.http_client import HttpClient

# As many as the product opens by default.
CONNECTIONS = 4
_CERTIFICATE = (
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem "
    "-out cert.pem -subj /CN=sink -addext subjectAltName=IP:127.0.0.1"
)


@dataclass(frozen=True, kw_only=True)
class Wire:
    """
    A running sink: where it listens, and the file of its certificate.
    """

    url: str
    certificate: Path

    @property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.certificate)

    def http(self) -> HttpClient:
        """
        Return the product's own HTTP client for the sink.
        """
        return HttpClient(CONNECTIONS, tls=self.tls)

    def counted(self) -> int:
        """
        Return how many recipients the sink was given since the last call.
        """
        return int(httpx.get(f"{self.url}/counted", verify=self.tls).json())

    def post_bare(self, path: str, bodies: Iterable[Callable[[], bytes]]) -> None:
        """
        Makes every body and posts it, over connections of nothing but httpx.
        """
        free: SimpleQueue[httpx.Client] = SimpleQueue()
        headers = {"Content-Type": "application/json"}

        def post(body: Callable[[], bytes]) -> None:
            client = free.get()
            client.post(f"{self.url}{path}", content=body(), headers=headers).raise_for_status()
            free.put(client)

        with ExitStack() as open_ones, ThreadPoolExecutor(CONNECTIONS) as pool:
            for _ in range(CONNECTIONS):
                client = httpx.Client(verify=self.tls, trust_env=False, timeout=60)
                free.put(open_ones.enter_context(client))
            list(pool.map(post, bodies))


@contextmanager
def running_sink() -> Iterator[Wire]:
    """
    Run the sink in a process of its own on a free port of this machine.
    """
    openssl = shutil.which("openssl")
    assert openssl is not None, "no openssl program to make a certificate with"
    with tempfile.TemporaryDirectory() as name:
        subprocess.run([openssl, *_CERTIFICATE.split()], cwd=name, check=True, capture_output=True)
        program = Path(__file__).with_name("sink.py")
        with subprocess.Popen([sys.executable, program, name], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            try:
                yield Wire(url=f"https://127.0.0.1:{port}", certificate=Path(name) / "cert.pem")
            finally:
                process.kill()


def split(count: int, size: int) -> Iterator[range]:
    """
    Return the numbers from 1 to *count*, in batches.
    """
    for start in range(1, count + 1, size):
        yield range(start, min(start + size, count + 1))


def require_counted(wire: Wire, readers: int, who: str) -> None:
    """
    Require that a run gave the sink every reader, and nobody twice.
    """
    counted = wire.counted()
    assert counted == readers, f"{who}: the sink counted {counted}, not {readers}"
