"""
Run nginx and Caddy on the loopback interface with the configuration that the guide shows: only
names, ports and certificates are replaced.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from serving import wait_until

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "behind-a-proxy.md"
_NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""
_CADDY = """
{{
    admin off
    auto_https off
    default_bind 127.0.0.1
    storage file_system {folder}
}}
{site}
"""


@contextlib.contextmanager
def proxy(kind: str, folder: Path, *, upstream: str) -> Iterator[str]:
    """
    Run the proxy of this *kind*, nginx or caddy, before the server at *upstream*, and return the
    address of the proxy.
    """
    program = shutil.which(kind)
    if program is None:
        pytest.skip(f"no {kind}: install the package of Debian")
    port = free_port()
    shown = _shown(kind).replace("127.0.0.1:8000", upstream.removeprefix("http://"))
    file = folder / f"{kind}.conf"
    if kind == "nginx":
        server = shown.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
        file.write_text(_NGINX.format(folder=folder, server=server))
        command = [program, "-p", str(folder), "-e", f"{folder}/error.log", "-c", str(file)]
    else:
        site = shown.replace("news.example.org {", f"http://news.example.org:{port} {{")
        file.write_text(_CADDY.format(folder=folder, site=site))
        command = [program, "run", "--config", str(file), "--adapter", "caddyfile"]
    with _running(command, folder, port):
        yield f"http://127.0.0.1:{port}"


def _shown(kind: str) -> str:
    """
    Return the configuration that the guide shows for this *kind* of proxy.
    """
    section = re.split(r"^## ", GUIDE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (own,) = (text for text in section if text.lower().startswith(f"{kind}\n"))
    return own.split("```")[1].partition("\n")[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextlib.contextmanager
def _running(command: Sequence[str], folder: Path, port: int) -> Iterator[None]:
    with (folder / "proxy.log").open("w") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            env={"HOME": str(folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        try:
            wait_until(lambda: process.poll() is not None or _listens(port))
            assert process.poll() is None, (folder / "proxy.log").read_text()
            yield
        finally:
            process.terminate()
            process.wait(timeout=30)


def _listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
