from __future__ import annotations

import datetime as dt
import json

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import ImportText, states

from subscribers.consent import consents_of
from subscribers.database import tables
from subscribers.errors import UnknownSubscriber
from subscribers.lists import find_list
from subscribers.model import MailingList, OptIn
from subscribers.people import subscriber_by_address
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.records import list_suppressions, suppress
from subscribers.tokens import KeyRing
from subscribers.validation.address import parse_address

KEYS = KeyRing(b"a secret of at least sixteen bytes")


def test_rows_become_active_with_proof_of_their_consent(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    report = import_text(
        "Email Address,First Name,Last Name,OPTIN_TIME,City\n"
        "Ada@Example.org,Ada,Lovelace,2020-01-01 00:00:00,Ulm\n"
    )

    assert (report.rows, report.created, report.by_status) == (1, 1, {"active": 1})
    with engine.connect() as connection:
        ada = subscriber_by_address(connection, parse_address("ada@example.org"))
        proof = consents_of(connection, ada.subscriptions[0].id)[0]
    assert (ada.email, ada.name, ada.created_at.year) == ("Ada@example.org", "Ada Lovelace", 2020)
    assert (proof.text, proof.source) == ("a form", "people.csv line 2")
    assert (proof.given_at, proof.recorded_at) == (ada.created_at, now)
    assert json.loads(proof.evidence or "")["City"] == "Ulm"


def test_the_consent_given_for_a_whole_file_is_dated_by_its_import(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    import_text("email\nada@example.org\n", consent="signed at the fair")

    with engine.connect() as connection:
        assert connection.execute(sa.select(tables.consent.c.given_at)).scalar_one() == now


def test_the_unknown_time_of_a_consent_in_the_file_stays_unknown(
    engine: sa.Engine, import_text: ImportText
) -> None:
    import_text("email,consent\nada@example.org,a form\n")

    with engine.connect() as connection:
        assert connection.execute(sa.select(tables.consent.c.given_at)).scalar_one() is None


def test_without_consent_people_are_pending_on_a_double_opt_in_list(
    engine: sa.Engine, import_text: ImportText, weekly: MailingList
) -> None:
    import_text("email\na@example.org\n", consent=None)
    with engine.begin() as connection:
        lists = tables.mailing_list
        connection.execute(lists.update().values(opt_in=OptIn.SINGLE.value))
        single = find_list(connection, weekly.slug)
    import_text("email\nb@example.org\n", consent=None, mailing_list=single)

    assert states(engine) == {"a@example.org": "pending", "b@example.org": "active"}


def test_only_the_status_active_makes_a_person_active(
    engine: sa.Engine, import_text: ImportText
) -> None:
    words = ("Subscribed", "unsubscribed", "cleaned", "junk", "blocklisted", "pending", "", "odd")
    rows = "".join(f"p{number}@example.org,{word}\n" for number, word in enumerate(words))

    report = import_text("email,status\n" + rows)

    assert states(engine) == {
        "p0@example.org": "active",
        "p1@example.org": "ended",
        "p2@example.org": "ended",
        "p3@example.org": "ended",
        "p4@example.org": "ended",
        "p5@example.org": "pending",
        "p6@example.org": "pending",
    }
    assert report.refused == 1
    with engine.connect() as connection:
        held = {found.address: found.reason for found in list_suppressions(connection)}
    assert held == {
        "p2@example.org": SuppressionReason.BOUNCE,
        "p3@example.org": SuppressionReason.COMPLAINT,
        "p4@example.org": SuppressionReason.UNKNOWN,
    }


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("Opt-in", "no"),
        ("subscribed_to_emails", "false"),
        ("email_disabled", "true"),
        ("UNSUB_TIME", "2024-01-01 00:00:00"),
        ("CLEAN_TIME", "2024-01-01 00:00:00"),
        ("Is this subscriber blacklisted", "1"),
        ("state", "cancelled"),
    ],
)
def test_a_row_that_says_no_in_any_column_does_not_become_active(
    engine: sa.Engine, import_text: ImportText, column: str, cell: str
) -> None:
    import_text(f"email,{column}\nada@example.org,{cell}\n")

    assert states(engine) == {"ada@example.org": "ended"}


@pytest.mark.parametrize("leaver_first", [True, False])
def test_the_more_serious_of_two_rows_counts_however_far_apart(
    engine: sa.Engine, import_text: ImportText, leaver_first: bool
) -> None:
    ends = ["left@example.org,unsubscribed\n", "left@example.org,active\n"]
    first, last = ends if leaver_first else reversed(ends)
    between = "".join(f"p{number}@example.org,active\n" for number in range(1_500))

    report = import_text("email,status\n" + first + between + last)

    assert states(engine)["left@example.org"] == "ended"
    assert (report.created, report.duplicate) == (1_501, 1)


@pytest.mark.parametrize("word", ["nonsubscribed", "odd", "deleted"])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_word_that_is_refused_counts_however_far_apart_the_rows_are(
    engine: sa.Engine, import_text: ImportText, word: str, is_first: bool
) -> None:
    rows = [f"out@example.org,{word}\n", "out@example.org,active\n"]
    first, last = rows if is_first else reversed(rows)
    between = "".join(f"p{number}@example.org,active\n" for number in range(1_500))
    text = "email,status\n" + first + between + last

    tried = import_text(text, dry_run=True)
    report = import_text(text)

    assert states(engine).get("out@example.org") == (None if is_first else "ended")
    assert (report.duplicate, report.by_status["active"]) == (1, 1_500)
    assert (tried.rows, tried.by_status) == (report.rows, report.by_status)


@pytest.mark.parametrize("rows", [("odd", "odd"), ("active", "odd"), ("odd", "active")])
def test_a_word_that_is_refused_ends_no_subscription_from_before_the_import(
    engine: sa.Engine, import_text: ImportText, rows: tuple[str, str]
) -> None:
    import_text("email\nada@example.org\n")
    between = "".join(f"p{number}@example.org,active\n" for number in range(1_500))
    text = f"email,status\nada@example.org,{rows[0]}\n{between}ada@example.org,{rows[1]}\n"

    tried = import_text(text, dry_run=True)
    report = import_text(text)

    assert states(engine)["ada@example.org"] == "active"
    assert tried.by_status == report.by_status == {"active": 1_501}


def test_a_suppressed_unknown_person_is_not_added(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    ada = parse_address("ada@example.org")
    with engine.begin() as connection:
        suppress(connection, ada, reason=SuppressionReason.MANUAL, now=now, by=STAFF)

    report = import_text("email\nADA@example.org\n")

    assert report.kept_suppressed == 1
    with engine.connect() as connection, pytest.raises(UnknownSubscriber):
        subscriber_by_address(connection, ada)
