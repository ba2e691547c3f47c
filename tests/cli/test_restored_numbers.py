"""
A restore played against a provider that remembers keys and reports late: the next issue reaches
every reader once, no event touches another person, and no old link shows a new issue.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from event_samples import SECRET, bounce, resend_body, signed
from fake_provider import Arrived
from fake_resend import FakeResend
from postgres_databases import Databases
from running import Cli
from web_samples import TestClient

from newsletter.app import App
from newsletter.operations.restore_guard import verify_identity
from newsletter.settings import load_settings
from newsletter.web.application import make_web

READERS = [f"reader{number}@example.org" for number in range(6)]
URL = "NEWSLETTER_DATABASE__URL"
SETTINGS = """
[site]
name = "The Institute"
base_url = "https://news.example.org"
postal_address = "1 Quay Street, Bergen"
[sender]
name = "The Desk"
address = "desk@example.org"
[delivery]
provider = "mails"
[provider.mails]
kind = "resend"
base_url = "{url}"
api_key = "env:MAILS_KEY"
webhook_secret = "env:MAILS_SECRET"
"""


class Played:
    """
    An installation that mails through Resend, and is backed up and restored.
    """

    def __init__(self, cli: Cli, resend: FakeResend, folder: Path) -> None:
        self.cli, self.resend, self.folder = cli, resend, folder

    def write(self, subject: str) -> int:
        """
        Write a letter to all readers, and return its number.
        """
        words = ("issue", "new", "--list", "daily", "--subject", subject, "--intro", subject)
        return int(self.cli(*words, "--json").document["id"])

    def submit(self, number: int) -> Sequence[Arrived]:
        """
        Send an issue, and return what arrived.
        """
        before = len(self.resend.accepted)
        sent = self.cli("issue", "send", number, "--wait", "--yes", "--override", "a letter")
        assert sent.status == 0, sent.err
        return self.resend.arrived()[before:]

    def send(self, subject: str) -> tuple[int, Sequence[Arrived]]:
        """
        Send a new letter. Return its number, and what arrived.
        """
        number = self.write(subject)
        return number, self.submit(number)

    def subscribe(self, address: str) -> None:
        self.cli("subscriber", "add", address, "--list", "daily", "--consent", "asked")

    def ended(self, address: str) -> list[bool]:
        """
        Return of each subscription of *address* whether it has ended.
        """
        shown = self.cli("subscriber", "show", address, "--json").document
        return [one["state"] == "ended" for one in shown["lists"]]

    def status(self, number: int) -> dict[str, Any]:
        return dict(self.cli("issue", "status", number, "--json").document)

    def visit(self, url: str, method: str = "GET") -> tuple[int, str]:
        with self._app() as app, TestClient(make_web(app, stopping=threading.Event())) as client:
            answer = client.request(method, url.removeprefix(app.site.base_url))
        return answer.status_code, answer.text

    def report(self, *bodies: bytes) -> None:
        """
        Send signed webhooks, and have them processed.
        """
        now = dt.datetime.now(dt.UTC)
        with self._app() as app, TestClient(make_web(app, stopping=threading.Event())) as client:
            path = app.links.webhook("mails").removeprefix(app.site.base_url)
            for number, body in enumerate(bodies):
                headers = signed(body, at=now, secret=SECRET, name=f"msg_{number}")
                assert client.post(path, content=body, headers=headers).status_code == 200
            while app.event_processor.process_due():
                pass

    def suppressed(self) -> dict[str, str]:
        found = self.cli("suppression", "list", "--json").document
        return {one["address"]: one["reason"] for one in found}

    def _app(self) -> App:
        return App(settings=load_settings(self.folder / "newsletter.toml"))


@pytest.fixture
def resend() -> Iterator[FakeResend]:
    with FakeResend.running() as resend:
        resend.clock = lambda: dt.datetime.now(dt.UTC)
        yield resend


@pytest.fixture(params=["sqlite", "postgresql"])
def restoring(
    request: pytest.FixtureRequest,
    cli: Cli,
    office: Path,
    monkeypatch: pytest.MonkeyPatch,
    postgres_databases: Databases,
) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """
    Functions that back the database up and restore it: by the commands, or on PostgreSQL by its
    own programs, which make an equal database.
    """
    if request.param == "sqlite":

        def back_up() -> None:
            assert cli("backup", "kept.db").status == 0

        def restore() -> None:
            assert cli("restore", "kept.db", "--yes").status == 0

        yield back_up, restore
        return
    with ExitStack() as stack:
        monkeypatch.setenv(URL, stack.enter_context(postgres_databases.empty()))
        cli("migrate")
        cli("list", "add", "daily", "--name", "The Daily")
        kept: list[str] = []

        def dump() -> None:
            kept.append(stack.enter_context(postgres_databases.clone(os.environ[URL])))

        def load() -> None:
            monkeypatch.setenv(URL, stack.enter_context(postgres_databases.clone(kept[-1])))
            # As every sender does when it starts.
            with App(settings=load_settings(office / "newsletter.toml")) as app:
                verify_identity(app.database, app.settings.folder, now=app.clock())

        yield dump, load


@pytest.fixture
def played(
    cli: Cli,
    resend: FakeResend,
    office: Path,
    restoring: object,
    monkeypatch: pytest.MonkeyPatch,
) -> Played:
    """
    The installation with its readers.
    """
    monkeypatch.setenv("MAILS_KEY", "re_secret")
    monkeypatch.setenv("MAILS_SECRET", SECRET)
    (office / "newsletter.toml").write_text(SETTINGS.format(url=resend.base_url))
    (office / "people.csv").write_text("\n".join(["email", *READERS]))
    cli("subscriber", "import", "people.csv", "--list", "daily", "--consent", "asked")
    return Played(cli, resend, office)


def view_url(mail: Arrived) -> str:
    (found,) = set(re.findall(r"https://news\.example\.org/v/[\w.-]+", mail.html))
    return str(found)


def unsubscribe_url(mail: Arrived) -> str:
    return mail.headers["List-Unsubscribe"].strip("<>")


def late(kind: str, mail: Arrived, *, to: str | None = None) -> bytes:
    """
    Return a webhook about *mail* that comes after the restore.
    """
    values: dict[str, Any] = {}
    if kind == "email.bounced":
        values = bounce("Permanent", "General", "smtp; 550 5.1.1 no such user")
    at = dt.datetime.now(dt.UTC).isoformat()
    return resend_body(kind, label=mail.labels["delivery"], to=to or mail.to, at=at, **values)


def test_after_a_restore_the_next_issue_reaches_everybody_once_and_nothing_is_mixed_up(
    played: Played, restoring: tuple[Callable[[], None], Callable[[], None]]
) -> None:
    back_up, restore = restoring
    kept, kept_mails = played.send("Kept")
    back_up()
    lost, lost_mails = played.send("Lost")
    restore()
    assert played.cli("resume", "--only-copy", "--yes").status == 0
    new, new_mails = played.send("The next one")

    assert sorted(mail.to for mail in new_mails) == READERS
    assert played.status(new)["accepted"] == len(READERS)
    assert new > lost > kept
    for name in ("delivery", "batch", "issue"):
        named = [
            {mail.labels[name] for mail in mails} for mails in (kept_mails, lost_mails, new_mails)
        ]
        assert len(set.union(*named)) == sum(map(len, named)), name

    played.report(
        late("email.complained", lost_mails[0]),
        late("email.bounced", lost_mails[1]),
        late("email.delivered", lost_mails[2]),
        late("email.complained", lost_mails[3], to="stranger@example.net"),
        late("email.complained", new_mails[4], to="stranger@example.net"),
        late("email.delivered", new_mails[5]),
        late("email.delivered", kept_mails[5]),
    )
    assert played.suppressed() == {lost_mails[0].to: "complaint", lost_mails[1].to: "bounce"}
    outcomes = {number: played.status(number)["outcomes"] for number in (kept, new)}
    assert [sum(found.values()) for found in outcomes.values()] == [1, 1]

    assert played.visit(view_url(kept_mails[0]))[0] == 200
    status, page = played.visit(view_url(lost_mails[0]))
    assert (status, "no longer here" in page, "The next one" in page) == (410, True, False)
    assert "The next one" in played.visit(view_url(new_mails[0]))[1]
    for mail in (kept_mails[2], lost_mails[3]):
        assert played.visit(unsubscribe_url(mail), "POST")[0] == 200
        assert played.ended(mail.to) == [True]


def test_an_issue_made_before_the_backup_is_sent_under_new_names_after_a_restore(
    played: Played, restoring: tuple[Callable[[], None], Callable[[], None]]
) -> None:
    back_up, restore = restoring
    played.send("First")
    draft = played.write("Hello")
    back_up()
    lost_mails = played.submit(draft)
    restore()
    assert played.cli("resume", "--only-copy", "--yes").status == 0
    played.cli("issue", "edit", draft, "--subject", "Hello again")
    new_mails = played.submit(draft)
    assert sorted(mail.to for mail in new_mails) == READERS
    assert {mail.subject for mail in new_mails} == {"Hello again"}
    played.report(*(late("email.bounced", mail) for mail in lost_mails[:1]))
    assert not any(played.status(draft)["outcomes"].values())
    assert played.visit(view_url(lost_mails[0]))[0] == 200


def test_no_subscription_gets_the_number_of_one_that_was_lost(
    played: Played, restoring: tuple[Callable[[], None], Callable[[], None]]
) -> None:
    back_up, restore = restoring
    played.send("First")
    back_up()
    played.subscribe("ada@example.org")
    (old,) = [mail for mail in played.send("Lost")[1] if mail.to == "ada@example.org"]
    restore()
    assert played.cli("resume", "--only-copy", "--yes").status == 0
    played.subscribe("grace@example.org")
    status, page = played.visit(unsubscribe_url(old), "POST")
    assert (status, "open the link in the latest email" in page) == (410, True)
    assert played.ended("grace@example.org") == [False]


def test_a_backup_restored_twice_gives_no_name_twice(
    played: Played, restoring: tuple[Callable[[], None], Callable[[], None]]
) -> None:
    back_up, restore = restoring
    played.send("First")
    back_up()
    found: list[set[str]] = []
    for number in range(3):
        found.append({mail.labels["delivery"] for mail in played.send(f"Letter {number}")[1]})
        restore()
        assert played.cli("resume", "--only-copy", "--yes").status == 0
    assert len(set.union(*found)) == 3 * len(READERS)
