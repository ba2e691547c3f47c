"""
Ports of web processes on this machine.
"""

from __future__ import annotations

import socket
import time


def free_port() -> int:
    """
    Find a port at which nobody listens.
    """
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def wait_for_port(port: int) -> None:
    """
    Wait until somebody listens at *port*.
    """
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the pages did not come up")
