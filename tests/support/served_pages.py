"""
Serve the pages of an installation on this machine, for a browser.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from installation import Installation
from reverse_proxies import free_port

from newsletter.isolation.sandbox import Sandbox
from newsletter.web.application import make_web


@contextlib.contextmanager
def served_installation(
    folder: Path,
    sqlite_template: Path,
    sandbox: Sandbox,
    *,
    site: dict[str, Any] | None = None,
    **settings: Any,
) -> Iterator[Installation]:
    """
    Yield an empty installation whose pages are served while the block runs. Its clock is the
    machine's at the start.
    """
    shutil.copy(sqlite_template, folder / "newsletter.db")
    port = free_port()
    made = Installation(
        folder,
        f"sqlite:///{folder / 'newsletter.db'}",
        now=dt.datetime.now(dt.UTC),
        sandbox=sandbox,
        site={"name": "The Institute", "base_url": f"http://localhost:{port}", **(site or {})},
        **settings,
    )
    try:
        with served_pages(made, port=port):
            yield made
    finally:
        made.close()


@contextlib.contextmanager
def served_pages(installation: Installation, *, port: int = 0) -> Iterator[str]:
    """
    Yield the address at which the pages of *installation* are served while the block runs, at any
    free port for 0.
    """
    web = make_web(installation.app, stopping=threading.Event())
    config = uvicorn.Config(web, port=port, lifespan="off", ws="none", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
