"""
Run a real `newsletter serve` for its API alone, and call it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

import httpx
from serving import Served, command

from newsletter.model.access import Permission


def make_installation(folder: Path, *, url: str | None = None) -> str:
    """
    Make an installation in *folder* with one list, without limits on requests, and return a token
    that may do everything.
    """
    command(folder, "init", ".")
    settings = folder / "newsletter.toml"
    text = settings.read_text()
    if url is not None:
        text = text.replace("sqlite:///newsletter.db", url)
    no_limits = ("reads_per_minute", "writes_per_minute", "bulk_per_minute")
    limits = "\n".join(f"{name} = 0" for name in no_limits)
    settings.write_text(f"{text}\n[api]\n{limits}\n")
    if url is not None:
        command(folder, "migrate")
    command(folder, "list", "add", "daily", "--name", "Daily")
    return new_token(folder, "all", *Permission)


def new_token(folder: Path, name: str, *scopes: str) -> str:
    """
    Return the text of a new token.
    """
    options = [part for scope in scopes for part in ("--scope", scope)]
    return str(command(folder, "token", "add", name, *options)["token"])


def number_of_token(folder: Path, name: str) -> int:
    """
    Return the number of the token of a name.
    """
    found = command(folder, "token", "list")
    return next(int(each["id"]) for each in found if each["name"] == name)


class ApiServer:
    """
    `with ApiServer(folder, token) as api:` runs `newsletter serve`; it can be killed and started
    again.
    """

    def __init__(self, folder: Path, token: str) -> None:
        self.folder = folder
        self.headers = {"Authorization": f"Bearer {token}"}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.served.__exit__(None, None, None)
        self.client.close()

    def start(self) -> None:
        """
        Start the process, and wait until it listens.
        """
        self.served = Served(self.folder, "--only", "web").__enter__()
        self.client = httpx.Client(
            base_url=f"{self.served.address}/api/v1", headers=self.headers, timeout=60
        )

    def kill(self) -> None:
        """
        Kill the process without any warning.
        """
        self.served.process.kill()

    def restart(self) -> None:
        """
        Start it again after a kill.
        """
        self.__exit__()
        self.start()

    def call(self, method: str, path: str, body: Any) -> httpx.Response:
        """
        Make one request; *body* is None if it has none.
        """
        json = {} if body is None else {"json": body}
        return self.client.request(method, path, **json)

    def send(self, method: str, path: str, body: Any, key: str) -> httpx.Response:
        """
        Send one write with an idempotency key.
        """
        return self.client.request(method, path, json=body, headers={"Idempotency-Key": key})
