"""
The shared samples for plain CSV: the generic files, and that nobody is subscribed again.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from origins import STAFF

from subscribers.erasure import erase
from subscribers.import_export.importer import import_csv
from subscribers.model import ImportReport, MailingList
from subscribers.people import subscriber_by_address
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

KEYS = KeyRing(b"a secret of at least sixteen bytes")
GENERIC = {
    "nasty-addresses.csv": ImportReport(
        product="generic",
        created=8,
        duplicate=1,
        invalid=10,
        by_status={"active": 7, "unsubscribed": 1},
        words={"Opt-in: yes": {"active": 7}, "Opt-in: no": {"unsubscribed": 1}},
    ),
    "excel-semicolon-sep-hint.csv": ImportReport(
        product="generic", created=4, by_status={"active": 4}
    ),
    "one-column-no-header.txt": ImportReport(product="generic", created=5, by_status={"active": 5}),
    "ragged.csv": ImportReport(product="generic", created=3, invalid=1, by_status={"active": 3}),
}


@pytest.fixture
def samples(shared: Path) -> Path:
    return shared / "samples" / "imports"


def run(
    engine: sa.Engine, path: Path, mailing_list: MailingList, folder: Path, now: dt.datetime
) -> ImportReport:
    return import_csv(
        engine,
        path,
        mailing_list=mailing_list,
        consent="moved here",
        dry_run=False,
        now=now,
        keyring=KEYS,
        errors_path=folder / "errors.csv",
        by=STAFF,
    )


@pytest.mark.parametrize("name", GENERIC)
def test_a_generic_file_is_counted_as_expected(
    engine: sa.Engine,
    weekly: MailingList,
    samples: Path,
    tmp_path: Path,
    now: dt.datetime,
    name: str,
) -> None:
    expected = json.loads((samples / "expected.json").read_text())[f"generic/{name}"]

    report = run(engine, samples / "generic" / name, weekly, tmp_path, now)

    assert report.rows == expected["rows"]
    details = dict.fromkeys(("import", "errors_file", "columns", "ignored_columns", "first_errors"))
    assert {**report.as_json(), **details} == {**GENERIC[name].as_json(), **details}


def test_names_in_a_windows_file_keep_their_letters(
    engine: sa.Engine, weekly: MailingList, samples: Path, tmp_path: Path, now: dt.datetime
) -> None:
    run(engine, samples / "generic" / "excel-semicolon-sep-hint.csv", weekly, tmp_path, now)

    with engine.connect() as connection:
        found = subscriber_by_address(connection, parse_address("oisin.vandijk81@example.com"))
    assert found.name == "Oisín van Dijk"


def test_the_scenario_subscribes_nobody_again(
    engine: sa.Engine, weekly: MailingList, samples: Path, tmp_path: Path, now: dt.datetime
) -> None:
    folder = samples / "scenario-no-resubscribe"
    expected = json.loads((folder / "expected.json").read_text())
    erased = "rosa.garcia40@example.net"
    (tmp_path / "people.csv").write_text(f"email\n{erased}\n")
    run(engine, tmp_path / "people.csv", weekly, tmp_path, now)
    with engine.begin() as connection:
        erase(connection, parse_address(erased), keyring=KEYS, now=now, by=STAFF)
    run(engine, folder / "before.csv", weekly, tmp_path, now)
    before = {address: shown(engine, address) for address in expected["kept_as_they_were"]}

    report = run(engine, folder / "import.csv", weekly, tmp_path, now)

    assert (report.rows, report.created) == (expected["rows"], expected["created"])
    assert (report.updated, report.unchanged) == (1, 2)
    assert (report.kept_suppressed, report.refused) == (3, len(expected["refused"]))
    assert before == {address: shown(engine, address) for address in expected["kept_as_they_were"]}
    assert shown(engine, "zofia.ozturk61@example.com")[:2] == ("NewName", ["active"])
    assert shown(engine, "uma.obrien67@example.net")[:2] == ("Uma", ["active"])
    assert shown(engine, "mei.silva27@example.org")[:2] == ("Fresh", ["active"])


def shown(engine: sa.Engine, address: str) -> tuple[str, list[str], list[str]]:
    with engine.connect() as connection:
        found = subscriber_by_address(connection, parse_address(address))
    return (
        found.name,
        [subscription.state.value for subscription in found.subscriptions],
        [held.reason.value for held in found.suppressions],
    )
