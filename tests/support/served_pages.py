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
    web = make_web(made.app, stopping=threading.Event())
    config = uvicorn.Config(web, port=port, lifespan="off", ws="none", log_config=None)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield made
    finally:
        server.should_exit = True
        thread.join()
        made.close()
