"""
A whole installation in a folder, for tests of the pipeline: real database, real outbox, a clock
that the test sets.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from origins import STAFF

from newsletter.access.passwords import HashCost
from newsletter.app import App
from newsletter.isolation.sandbox import Sandbox
from newsletter.model.brief import Brief
from newsletter.model.identifiers import instance_in
from newsletter.model.issue import AudienceRule, IssueState
from newsletter.model.schedule import Schedule
from newsletter.model.source import SourceSettings
from newsletter.settings import Settings
from newsletter.store.content import briefs, sources
from newsletter.store.content.manual_briefs import store_by_hand
from newsletter.store.delivery.status.counts import count_deliveries
from newsletter.store.issues import issues
from newsletter.store.scheduling import schedules
from newsletter.workers.sender import run_until_done
from subscribers.import_export.importer import import_csv
from subscribers.lists import add_list, find_list
from subscribers.subscriptions.begin import subscribe
from subscribers.subscriptions.end import unsubscribe_address
from subscribers.validation.address import parse_address

SECRET = "a-secret-of-the-tests-only-0123456789abcdef"

# The least that Argon2 accepts.
CHEAP = HashCost(memory_kib=8, passes=1)
CONSENT = "asked in a test"
# From so many on, readers are imported.
MANY = 50


class Installation:
    """
    One installation. `now` is its clock.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        *,
        now: dt.datetime,
        sandbox: Sandbox | None = None,
        **settings: Any,
    ) -> None:
        self.folder = folder
        self.now = now
        self.steps: list[str] = []
        (folder / "secret.key").write_text(SECRET)
        defaults: dict[str, Any] = {
            "site": {"name": "The Institute", "base_url": "https://news.example.org"},
            "database": {"url": database_url},
            "sender": {"name": "The Desk", "address": "desk@example.org"},
            "limits": {"fetch_networks": ["127.0.0.0/8"]},
            # Most samples name pictures that are nowhere.
            "images": {"measure": False},
        }
        self.app = App(
            settings=Settings(**(defaults | settings), folder=folder),
            clock=lambda: self.now,
            on_step=self.steps.append,
            shared_sandbox=sandbox,
            hash_cost=CHEAP,
        )

    def close(self) -> None:
        self.app.close()

    def add_list(self, slug: str = "daily", **values: Any) -> None:
        with self.app.database.write() as connection:
            add_list(connection, slug, name=slug.title(), now=self.now, **values)

    def add_readers(self, count: int, slug: str = "daily") -> list[str]:
        addresses = [f"reader{number:04d}@example.org" for number in range(count)]
        if count < MANY:
            self.subscribe(addresses, slug)
        else:
            self._import(addresses, slug)
        return addresses

    def _import(self, addresses: Iterable[str], slug: str) -> None:
        """
        Subscribe them as `subscribe` does, ten times as fast.
        """
        file = self.folder / "readers.csv"
        file.write_text("\n".join(["email,name", *(f"{one},Ada Byron" for one in addresses)]))
        with self.app.database.read() as connection:
            mailing_list = find_list(connection, slug)
        import_csv(
            self.app.database.engine,
            file,
            mailing_list=mailing_list,
            consent=CONSENT,
            source="test",
            dry_run=False,
            now=self.now,
            by=STAFF,
        )
        file.unlink()

    def subscribe(self, addresses: Iterable[str], slug: str = "daily") -> None:
        with self.app.database.write() as connection:
            for address in addresses:
                subscribe(
                    connection,
                    parse_address(address),
                    mailing_list=find_list(connection, slug),
                    name="Ada Byron",
                    consent=CONSENT,
                    source="test",
                    now=self.now,
                    by=STAFF,
                )

    def unsubscribe(self, address: str, slug: str = "daily") -> None:
        with self.app.database.write() as connection:
            unsubscribe_address(
                connection,
                parse_address(address),
                mailing_list=find_list(connection, slug),
                reason="by the reader",
                now=self.now,
                by=STAFF,
            )

    def add_source(self, name: str, kind: str, location: str, **values: Any) -> None:
        settings = SourceSettings(id=0, name=name, kind=kind, location=location, **values)
        with self.app.database.write() as connection:
            sources.add_source(connection, settings, now=self.now)

    def add_schedule(self, name: str = "morning", **values: Any) -> Schedule:
        defaults: dict[str, Any] = {
            "id": 0,
            "name": name,
            "cron": "0 6 * * *",
            "timezone": "America/New_York",
            "audience": AudienceRule(lists=("daily",)),
            "sources": ("site",),
        }
        with self.app.database.write() as connection:
            schedules.add_schedule(connection, Schedule(**(defaults | values)), now=self.now)
            return schedules.find_schedule(connection, name)

    def add_issue(self, *titles: str, lists: Sequence[str] = ("daily",), **values: Any) -> int:
        from newsletter.issues.drafts import new_issue
        from newsletter.issues.selection import shown, template_for

        with self.app.database.write() as connection:
            kept = [
                store_by_hand(connection, _brief(title), key=title, now=self.now).id
                for title in titles or ("The Quiet Harbour",)
            ]
            draft = new_issue(
                self.app.publishing,
                connection,
                audience=AudienceRule(lists=tuple(lists)),
                template=template_for(None, len(kept)),
            )
            issue_id = issues.add_issue(connection, draft, shown(kept), now=self.now)
            if values:
                issues.edit_issue(connection, issue_id, **values)
        return issue_id

    def submit_all(self, *, until: Callable[[], bool] | None = None) -> None:
        """
        Submit until nothing is pending.
        """
        run_until_done(self.app, is_done=until or (lambda: not self.open_issues()))

    def open_issues(self) -> list[int]:
        with self.app.database.read() as connection:
            sending = issues.issues_in(connection, [IssueState.SENDING])
            return [i.id for i in sending if self.counts(i.id)["pending"]]

    def instance(self, issue_id: int) -> str:
        """
        Return the name of the installation in the labels of a frozen issue.
        """
        with self.app.database.read() as connection:
            return instance_in(
                self.app.instance, issues.load_issue(connection, issue_id).frozen_epoch
            )

    def state(self, issue_id: int) -> str:
        with self.app.database.read() as connection:
            return issues.load_issue(connection, issue_id).state

    def counts(self, issue_id: int) -> dict[str, Any]:
        with self.app.database.read() as connection:
            return count_deliveries(connection, issue_id).as_json()

    def stored_briefs(self) -> list[briefs.StoredBrief]:
        with self.app.database.read() as connection:
            return briefs.latest_briefs(connection, status=None, most=1000)

    def mails(self) -> list[EmailMessage]:
        """
        Return every mail in the outbox, parsed.
        """
        files = sorted((self.folder / "outbox").glob("*.eml"))
        return [_parsed(file.read_bytes()) for file in files]

    def mailed(self) -> list[str]:
        """
        Return the address of every mail in the outbox, sorted: a reader mailed twice appears twice.
        """
        return sorted(str(mail["To"].addresses[0].addr_spec) for mail in self.mails())


def _brief(title: str) -> Brief:
    return Brief(
        title=title,
        series="IntelBrief",
        date=dt.date(2026, 3, 4),
        takeaways=("The ferries stay.", "The tolls rise."),
        body_html="<p>Nobody left the quay.</p>",
        body_text="Nobody left the quay.",
    )


def _parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message
