"""
An installation on SQLite with something in every table that matters and an issue half sent, to be
moved to PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from dataclasses import replace as changed

import sqlalchemy as sa
from installation import Installation
from origins import STAFF

from newsletter import pipeline
from newsletter.issues import approval
from newsletter.issues.notices import new_notice, queue_notice
from newsletter.model.delivery import (
    Attempt,
    BatchResult,
    Capabilities,
    LookUp,
    Receipt,
    ReceiptKind,
)
from newsletter.model.image import ImageCopy, ImageInfo
from newsletter.model.issue import IssueState
from newsletter.model.mail import Mail, Recipient
from newsletter.store.content import images
from newsletter.store.database import Database
from newsletter.store.issues import issues
from subscribers.database.bulk_insert import insert_many
from subscribers.database.tables import metadata, subscriber, subscription
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address

ACCEPTED = Receipt(kind=ReceiptKind.ACCEPTED)
NEVER = Receipt(kind=ReceiptKind.RETRY, reason="it never came")


@dataclass
class Remembering:
    """
    A provider that takes everybody, and can be asked whom it took.
    """

    taken: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    name: str = "outbox"
    capabilities = Capabilities(max_recipients=1000, max_bytes=10**9, look_up=LookUp.OWN_ID)

    def send(self, mail: Mail, recipients: Sequence[Recipient], key: str) -> BatchResult:
        self.keys.add(key)
        self.taken += [recipient.email for recipient in recipients]
        return BatchResult(receipts=(ACCEPTED,) * len(recipients))

    def look_up(self, attempt: Attempt) -> BatchResult:
        found = ACCEPTED if attempt.key in self.keys else NEVER
        return BatchResult(receipts=(found,) * len(attempt.recipients))


def furnish(installation: Installation, *, readers: int) -> list[str]:
    """
    Fill the installation and return the addresses of those who will get an issue, sorted.
    """
    installation.add_list()
    installation.add_source("site", "folder", "briefs")
    installation.add_schedule()
    addresses = [f"reader{number}@example.org" for number in range(1, readers + 1)]
    rows = [(n, a, a, "Zoë", installation.now) for n, a in enumerate(addresses, 1)]
    listed = [
        (n, n, 1, "active", installation.now, installation.now) for n in range(1, readers + 1)
    ]
    drawn = ImageInfo(id="ab" * 12, kind="image/png", width=2, height=3, weight=4)
    with installation.app.database.write() as connection:
        names = ("id", "email", "email_key", "name", "created_at")
        insert_many(connection, subscriber, names, rows)
        names = ("id", "subscriber_id", "list_id", "state", "since", "created_at")
        insert_many(connection, subscription, names, listed)
        for address in addresses[::100]:
            suppress(
                connection,
                parse_address(address),
                reason=SuppressionReason.BOUNCE,
                now=installation.now,
                by=STAFF,
            )
        images.save_image(
            connection,
            drawn,
            copy=ImageCopy("image/png", b"\x89PNG\0\xff"),
            address="https://example.org/a.png",
            now=installation.now,
        )
    return sorted(set(addresses) - set(addresses[::100]))


def send_half(installation: Installation) -> tuple[int, int]:
    """
    Make an issue that was paused while being sent, with one batch in a call whose sender died, and
    one that is sending and of which nothing was sent yet.
    """
    half, whole = installation.add_issue("The Quiet Quay"), installation.add_issue("The Loud Quay")
    approval.approve(installation.app.publishing, half)
    for number in (half, whole):
        pipeline.publish_issue(installation.app.publishing, number)
    sender = installation.app.dispatcher("dead")
    for is_last in (False, False, False, True):
        begun = sender.prepare_next(half)
        assert begun is not None
        result = sender.submit(begun)
        if not is_last:
            sender.record_result(begun, result)
    with installation.app.database.write() as connection:
        issues.move_issue(connection, half, IssueState.PAUSED, pause_reason="wrong picture")
        sent = issues.load_issue(connection, half)
    notice = changed(new_notice(sent, "address-changed", ["editor@example.org"]), id=0)
    queue_notice(installation.app.publishing, notice, {"list_name": "Daily"})
    return half, whole


def rows_of(database: Database) -> dict[str, list[tuple[object, ...]]]:
    """
    Return every row of every table, as the program reads them, without the database's identity.
    """
    tables = [
        table
        for table in metadata.sorted_tables
        if table.name not in ("database_identity", "kill_switch")
    ]
    with database.read() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in tables
        }
