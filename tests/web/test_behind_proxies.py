"""
Behind nginx and Caddy, as the guide configures them, the limits are for each reader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa
from reverse_proxies import proxy
from serving import Served, command

from newsletter.store.database import Database
from subscribers.database.request_tables import reader_request

pytestmark = pytest.mark.ci

SETTINGS = """
[site]
base_url = "https://news.example.org"

[sender]
address = "desk@example.org"

[web]
proxies = ["127.0.0.1"]

[signup]
address_per_hour = 2
"""
KINDS = ("nginx", "caddy")
# The first join renders the emails; on a machine with much to do, that takes a while.
PATIENCE_S = 120.0
_INPUT = re.compile(r'<input [^>]*name="([^"]*)" value="([^"]*)"')


class Reader(ExitStack):
    """
    Somebody at an address of their own, who asks the proxy.
    """

    def __init__(self, address: str, proxy_url: str) -> None:
        super().__init__()
        transport = httpx.HTTPTransport(local_address=address)
        headers = {"Host": "news.example.org"}
        client = httpx.Client(
            transport=transport, base_url=proxy_url, headers=headers, timeout=PATIENCE_S
        )
        self.client = self.enter_context(client)

    def join(self, email: str, **headers: str) -> str:
        """
        Send a form of another site, press the one button of the page that comes back, and return
        the page that answers.
        """
        sent = {"email": email, "website": ""}
        asked = self.client.post("/join/daily", data=sent, headers=headers)
        assert asked.status_code == 200, asked.text
        hidden = dict(_INPUT.findall(asked.text))
        answer = self.client.post("/join/daily", data=hidden, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.text


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("site")
    command(folder, "init", ".")
    (folder / "newsletter.toml").write_text(SETTINGS)
    command(folder, "list", "add", "daily", "--name", "Daily", "--visibility", "public")
    with Served(folder, "--only", "web") as served:
        yield served


def requests(served: Served) -> int:
    database = Database(f"sqlite:///{served.folder}/newsletter.db")
    with database.read() as connection:
        count = connection.scalar(sa.select(sa.func.count()).select_from(reader_request))
    database.close()
    return int(count or 0)


@pytest.mark.parametrize("kind", KINDS)
def test_limits_are_for_each_reader_whatever_their_headers_say(
    served: Served, tmp_path: Path, kind: str
) -> None:
    # The two proxies share the program, so their readers have different addresses.
    first, second = (f"127.0.{KINDS.index(kind)}.{n}" for n in (2, 3))
    before = requests(served)
    with ExitStack() as opened:
        url = opened.enter_context(proxy(kind, tmp_path, upstream=served.address))
        one, other = (opened.enter_context(Reader(each, url)) for each in (first, second))
        answers = [
            one.join(f"{kind}1@example.org"),
            one.join(f"{kind}2@example.org", **{"X-Forwarded-For": "8.8.8.8"}),
            one.join(f"{kind}3@example.org", **{"X-Forwarded-For": "8.8.4.4"}),
            one.join(f"{kind}4@example.org", Forwarded="for=8.8.4.4"),
            other.join(f"{kind}5@example.org"),
        ]
    assert requests(served) - before == 3
    assert len(set(answers)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_foreign_host_is_not_served_through_a_proxy(
    served: Served, tmp_path: Path, kind: str
) -> None:
    with proxy(kind, tmp_path, upstream=served.address) as url:
        own = httpx.get(url, headers={"Host": "news.example.org"})
        foreign = httpx.get(url, headers={"Host": "evil.example"})
    assert own.status_code == 200
    assert "evil.example" not in foreign.text
    # nginx passes it on, and gets an error page; Caddy has no page for it.
    assert (foreign.status_code, foreign.text) == (200, "") or foreign.status_code == 421
