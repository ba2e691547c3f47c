"""
Pending people are confirmed from a file, and nobody else.
"""

from __future__ import annotations

import datetime as dt
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import ImportText, everything, states

from subscribers.bulk.confirm_file import ConfirmReport, confirm_file
from subscribers.database import tables
from subscribers.errors import ImportRefused
from subscribers.lists import add_list
from subscribers.model import MailingList
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import suppress
from subscribers.validation.address import parse_address


def confirm(engine: sa.Engine, path: Path, now: dt.datetime, **chosen: Any) -> ConfirmReport:
    values = {
        "mailing_list": None,
        "evidence": "paper forms",
        "dry_run": False,
        "by": STAFF,
        "now": now,
    }
    return confirm_file(engine, path, **{**values, **chosen})


@pytest.fixture
def forms(tmp_path: Path) -> Path:
    path = tmp_path / "forms.csv"
    path.write_text("email,city\nada@example.org,Ulm\nnew@example.org,Rom\n", encoding="utf-8")
    return path


def test_a_pending_person_in_the_file_becomes_active_with_evidence(
    engine: sa.Engine, import_text: ImportText, forms: Path, now: dt.datetime
) -> None:
    import_text("email\nada@example.org\nbea@example.org\n", consent=None)

    report = confirm(engine, forms, now)

    assert report == ConfirmReport(confirmed=1, unknown=1)
    assert states(engine) == {"ada@example.org": "active", "bea@example.org": "pending"}
    with engine.connect() as connection:
        proof = connection.execute(sa.select(tables.consent)).one()
    assert (proof.text, proof.source) == ("paper forms", "forms.csv line 2")
    assert (proof.recorded_at, proof.given_at) == (now, now)
    assert json.loads(proof.evidence)["city"] == "Ulm"


def test_confirming_again_changes_nothing(
    engine: sa.Engine, import_text: ImportText, forms: Path, now: dt.datetime
) -> None:
    import_text("email\nada@example.org\n", consent=None)
    confirm(engine, forms, now)
    before = everything(engine)

    assert confirm(engine, forms, now) == ConfirmReport(already_active=1, unknown=1)
    assert everything(engine) == before


def test_confirming_never_brings_back_who_unsubscribed_or_is_suppressed(
    engine: sa.Engine, import_text: ImportText, tmp_path: Path, now: dt.datetime
) -> None:
    import_text("email,status\nleft@example.org,unsubscribed\n")
    import_text("email\nhard@example.org\nhere@example.org\nada@example.org\n", consent=None)
    with engine.begin() as connection:
        for name, scope in (("hard", ""), ("here", "weekly"), ("ada", "other")):
            address = parse_address(f"{name}@example.org")
            reason = SuppressionReason.UNSUBSCRIBED
            suppress(connection, address, reason=reason, scope=scope, now=now, by=STAFF)
    path = tmp_path / "all.csv"
    path.write_text("left@example.org\nhard@example.org\nhere@example.org\nada@example.org\n")

    report = confirm(engine, path, now)

    assert report == ConfirmReport(confirmed=1, kept_unsubscribed=1, kept_suppressed=2)
    assert states(engine) == {
        "left@example.org": "ended",
        "hard@example.org": "pending",
        "here@example.org": "pending",
        "ada@example.org": "active",
    }


def test_a_row_that_says_no_anywhere_in_the_file_confirms_nobody(
    engine: sa.Engine, import_text: ImportText, tmp_path: Path, now: dt.datetime
) -> None:
    people = "".join(f"p{number}@example.org\n" for number in range(1_500))
    import_text(f"email\nada@example.org\n{people}", consent=None)
    path = tmp_path / "export.csv"
    rows = "".join(f"p{number}@example.org,pending\n" for number in range(1_500))
    path.write_text(
        f"email,status\nada@example.org,active\n{rows}ada@example.org,unsubscribed\nx,active\n"
    )

    report = confirm(engine, path, now)

    assert report == ConfirmReport(confirmed=1_500, refused=1, invalid=1)
    assert states(engine)["ada@example.org"] == "pending"


def test_only_the_named_list_is_confirmed(
    engine: sa.Engine, import_text: ImportText, weekly: MailingList, forms: Path, now: dt.datetime
) -> None:
    with engine.begin() as connection:
        daily = add_list(connection, "daily", name="Daily", now=now)
    for each in (weekly, daily):
        import_text("email\nada@example.org\n", consent=None, mailing_list=each)

    assert confirm(engine, forms, now, mailing_list=daily).confirmed == 1
    again = confirm(engine, forms, now)
    assert again == ConfirmReport(confirmed=1, already_active=1, unknown=1)


def test_a_dry_run_of_a_confirmation_writes_nothing(
    engine: sa.Engine, import_text: ImportText, forms: Path, now: dt.datetime
) -> None:
    import_text("email\nada@example.org\n", consent=None)
    before = everything(engine)

    assert confirm(engine, forms, now, dry_run=True) == ConfirmReport(confirmed=1, unknown=1)
    assert everything(engine) == before


def test_a_confirmation_needs_evidence(engine: sa.Engine, forms: Path, now: dt.datetime) -> None:
    with pytest.raises(ImportRefused, match="how they agreed"):
        confirm(engine, forms, now, evidence=" ")


def test_people_in_an_archive_are_confirmed(
    engine: sa.Engine, import_text: ImportText, tmp_path: Path, now: dt.datetime
) -> None:
    import_text("email\nada@example.org\nbea@example.org\ncyd@example.org\n", consent=None)
    archive = tmp_path / "forms.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("one.csv", "email\nada@example.org\nbea@example.org\n")
        out.writestr("two.csv", "email,status\nbea@example.org,unsubscribed\ncyd@example.org,\n")

    report = confirm(engine, archive, now)

    assert (report.confirmed, report.refused) == (2, 1)
    assert states(engine)["bea@example.org"] == "pending"
    with engine.connect() as connection:
        sources = set(connection.scalars(sa.select(tables.consent.c.source)))
    assert sources == {"one.csv line 2", "two.csv line 3"}
