"""
To whom a correction goes: those who got the issue, and can still be mailed.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from corrected_issue import edit, send, sent
from installation import Installation
from origins import STAFF

from newsletter import pipeline
from newsletter.delivery.freeze import EmptyAudience
from newsletter.errors import Refused
from newsletter.issues import approval
from newsletter.issues.corrections import make_correction
from newsletter.model.delivery import DeliveryState
from newsletter.model.issue import AudienceRule, IssueState
from newsletter.store.database import Database
from newsletter.store.delivery import freeze as freezing
from newsletter.store.tables import batch, delivery, exclusion
from subscribers.erasure import erase
from subscribers.model import MailingList
from subscribers.people import subscriber_by_address
from subscribers.subscriptions.end import unsubscribe
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address


def mailed_to(installation: Installation, issue_id: int) -> list[str]:
    with installation.app.database.read() as connection:
        found = sa.select(delivery.c.email).where(delivery.c.issue_id == issue_id)
        return sorted(connection.scalars(found))


def left_out(installation: Installation, issue_id: int) -> dict[int, str]:
    with installation.app.database.read() as connection:
        rows = sa.select(exclusion.c.subscriber_id, exclusion.c.reason).where(
            exclusion.c.issue_id == issue_id
        )
        return {row.subscriber_id: row.reason for row in connection.execute(rows)}


def number_of(installation: Installation, address: str) -> int:
    with installation.app.database.read() as connection:
        return subscriber_by_address(connection, parse_address(address)).id


def test_a_correction_goes_to_those_who_got_the_issue_and_to_nobody_else(
    installation: Installation,
) -> None:
    issue_id = sent(installation)
    installation.subscribe(["late@example.org"])
    edit(installation, title="The Quieter Harbour")
    made = make_correction(installation.app.publishing, issue_id)
    assert installation.state(made) == IssueState.DRAFT
    send(installation, made)
    assert mailed_to(installation, made) == [f"reader000{n}@example.org" for n in range(3)]
    new = [mail for mail in installation.mails() if str(mail["Subject"]).startswith("Correction: ")]
    assert len(new) == 3
    body = str(new[0].get_body(("plain",)).get_content())  # type: ignore[union-attr]
    assert "We have corrected “The Quieter Harbour” since we sent it to you." in body
    assert "Corrected March 5, 2026" in body


def test_whoever_left_since_is_left_out_with_the_reason(installation: Installation) -> None:
    issue_id = sent(installation, readers=4)
    edit(installation, title="The Quieter Harbour")
    names = [f"reader000{n}@example.org" for n in range(4)]
    numbers = [number_of(installation, name) for name in names]
    with installation.app.database.write() as connection:
        person = subscriber_by_address(connection, parse_address(names[0]))
        unsubscribe(
            connection,
            person.subscriptions[0].id,
            reason="by the reader",
            now=installation.now,
            by=STAFF,
        )
        bounce = SuppressionReason.BOUNCE
        suppress(connection, parse_address(names[1]), reason=bounce, now=installation.now, by=STAFF)
        keys = installation.app.links.keys
        erase(connection, parse_address(names[2]), keyring=keys, now=installation.now, by=STAFF)
    made = make_correction(installation.app.publishing, issue_id)
    send(installation, made)
    assert mailed_to(installation, made) == [names[3]]
    assert left_out(installation, made) == {
        numbers[0]: "ended: by the reader",
        numbers[1]: "suppressed: bounce",
        numbers[2]: "erased",
    }


@pytest.mark.parametrize(
    ("state", "gets_it"),
    [
        (DeliveryState.ACCEPTED, True),
        (DeliveryState.UNCERTAIN, True),
        (DeliveryState.REJECTED, False),
        (DeliveryState.SKIPPED, False),
        (DeliveryState.CANCELLED, False),
    ],
)
@pytest.mark.parametrize("by_batch", [True, False])
def test_who_may_have_got_the_issue_gets_its_correction(
    installation: Installation, state: DeliveryState, gets_it: bool, by_batch: bool
) -> None:
    issue_id = sent(installation, readers=1)
    edit(installation, title="The Quieter Harbour")
    is_open = by_batch and state is DeliveryState.UNCERTAIN
    table, values = (batch, {"outcome": state}) if by_batch else (delivery, {"state": state})
    with installation.app.database.write() as connection:
        connection.execute(sa.update(table).values(**({"state": state} if is_open else values)))
    made = make_correction(installation.app.publishing, issue_id)
    if gets_it:
        pipeline.publish_issue(installation.app.publishing, made)
        assert mailed_to(installation, made) == ["reader0000@example.org"]
    else:
        with pytest.raises(EmptyAudience):
            pipeline.publish_issue(installation.app.publishing, made)


def test_who_a_correction_goes_to_is_part_of_its_approval(installation: Installation) -> None:
    issue_id = sent(installation)
    edit(installation, title="The Quieter Harbour")
    made = make_correction(installation.app.publishing, issue_id)
    approval.approve(installation.app.publishing, made)
    with installation.app.database.write() as connection:
        rule = {"lists": ["daily"], "minus": [], "addresses": []}
        connection.execute(
            sa.text("UPDATE issue SET audience = :rule WHERE id = :id").bindparams(
                sa.bindparam("rule", rule, sa.JSON), id=made
            )
        )
    changed = approval.changes_since(installation.app.publishing, made)
    assert "-To: daily: readers of issue 1" in changed
    assert "+To: daily" in changed
    with pytest.raises(Refused, match="changed since it was approved"):
        pipeline.publish_issue(installation.app.publishing, made)


def test_the_freeze_of_a_correction_takes_as_many_statements_for_any_number(
    installation: Installation,
) -> None:
    issue_id = sent(installation, readers=2)
    ran: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        ran.append(statement)

    def freeze() -> int:
        ran.clear()
        made = make_correction(installation.app.publishing, issue_id)
        sa.event.listen(installation.app.database.engine, "before_cursor_execute", note)
        assert pipeline.publish_issue(installation.app.publishing, made) == people
        sa.event.remove(installation.app.database.engine, "before_cursor_execute", note)
        installation.submit_all()
        return len(ran)

    people = 2
    edit(installation, title="Second")
    few = freeze()
    installation.subscribe([f"more{n}@example.org" for n in range(60)])
    issue_id, people = installation.add_issue("Another"), 62
    send(installation, issue_id)
    edit(installation, 2, title="Third")
    assert freeze() == few


def test_old_audience_rules_and_new_ones_are_read(installation: Installation) -> None:
    assert AudienceRule.from_json({"lists": ["a"], "minus": []}) == AudienceRule(lists=("a",))
    rule = AudienceRule(lists=("a",), minus=("b",), sent_to_issue=3)
    assert AudienceRule.from_json(dataclasses.asdict(rule)) == rule


def test_who_got_an_issue_is_found_by_an_index(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "x.db")
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    ran: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        ran.append((statement, values))

    with database.read() as connection:
        sa.event.listen(connection, "before_cursor_execute", note)
        freezing.count_audience(
            connection,
            AudienceRule(lists=("daily",), sent_to_issue=3),
            [MailingList(id=1, slug="daily", name="Daily")],
            [],
            now=dt.datetime(2026, 3, 4, tzinfo=dt.UTC),
        )
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {ran[-1][0]}", ran[-1][1]).all()
    database.close()
    steps = [str(step[-1]) for step in plan]
    ours = [step for step in steps if "delivery" in step]
    # The statement around the counts has no table.
    assert [step for step in steps if step.startswith("SCAN")] == ["SCAN CONSTANT ROW"]
    assert len(ours) == 1
    assert re.search(r"SEARCH delivery USING .*INDEX \w+ \(issue_id=\?", ours[0])
