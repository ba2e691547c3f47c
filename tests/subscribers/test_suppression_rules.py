"""
Suppressions of domains and hashes, of those that expire, and files of all of them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from origins import STAFF
from people_samples import ImportText, Join, MakeList

from subscribers.errors import InvalidAddress
from subscribers.history.model import HistoryEvent
from subscribers.history.records import history_of
from subscribers.suppression.bulk import NewSuppression, count_suppressed, suppress_all
from subscribers.suppression.files import export_suppressions, import_suppressions
from subscribers.suppression.model import SuppressionReason
from subscribers.suppression.reach import count_released, count_stopped
from subscribers.suppression.records import find_suppressed, suppress, suppressions_of
from subscribers.suppression.rules import add_rule, end_expired, lift, parse_rule, shown_rule
from subscribers.tokens import KeyRing
from subscribers.validation.address import Address, parse_address

KEYS = KeyRing(b"k" * 32)
DAY = dt.timedelta(days=1)
ADA, BEA = parse_address("ada@example.org"), parse_address("bea@mail.example.org")
CARL = parse_address("carl@example.com")
MANUAL = NewSuppression()


def reasons(connection: sa.Connection, *addresses: Address) -> list[str]:
    return [
        " ".join(each.reason for each in suppressions_of(connection, address))
        for address in addresses
    ]


@pytest.mark.parametrize(
    ("typed", "key", "shown"),
    [
        ("@Example.org", "@example.org", "@example.org"),
        (" *@example.org", "@example.org", "@example.org"),
        ("*.example.org", "@.example.org", "*.example.org"),
        ("@bücher.example.org", "@xn--bcher-kva.example.org", "@xn--bcher-kva.example.org"),
        ("A" * 64, f"@sha256:{'a' * 64}", "a" * 64),
        ("0" * 32, f"@md5:{'0' * 32}", "0" * 32),
    ],
)
def test_domains_and_hashes_are_read_as_people_write_them(typed: str, key: str, shown: str) -> None:
    assert parse_rule(typed) == key
    assert shown_rule(key) == shown


@pytest.mark.parametrize("typed", ["ada@example.org", "example", "", "a" * 63])
def test_anything_else_is_no_rule(typed: str) -> None:
    assert parse_rule(typed) is None


@pytest.mark.parametrize("typed", ["@", "@example", "*.", "@exa mple.org", "@a@b.example.org"])
def test_a_domain_that_is_none_is_refused(typed: str) -> None:
    with pytest.raises(InvalidAddress, match="is not a valid domain"):
        parse_rule(typed)


def test_whom_a_domain_stops_and_lets_go_is_counted_before(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    daily, weekly = make_list("daily"), make_list("weekly")
    for address in (ADA, BEA, CARL):
        join(address.email, daily)
    join(ADA.email, weekly)

    def counts(key: str, scope: str = "", most: int = 9) -> tuple[int | None, int | None]:
        return (
            count_stopped(connection, key, scope=scope, most=most),
            count_released(connection, key, scope=scope, most=most),
        )

    assert counts("@example.org") == (1, 0)
    assert counts("@.example.org") == (1, 0)
    assert counts("@example.org", "weekly") == (1, 0)
    assert counts("@.example.org", "weekly") == (0, 0)
    assert counts("@.org", most=1) == (None, 0)
    assert counts(CARL.key) == (1, 0)
    assert counts(f"@md5:{'0' * 32}") == (0, 0)
    add_rule(connection, "@example.org", MANUAL, by=STAFF, now=now)
    assert counts("@example.org") == (0, 1)
    for slug, released in (("daily", 1), ("weekly", 0)):
        suppress_all(connection, [ADA.key], NewSuppression(scope=slug), by=STAFF, now=now)
        assert counts("@example.org") == (0, released), "while a list is left"


def test_a_domain_is_suppressed_without_the_domains_below_it(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    for address in (ADA, BEA, CARL):
        join(address.email, weekly)
    add_rule(connection, "@example.org", MANUAL, by=STAFF, now=now)
    assert reasons(connection, ADA, BEA, CARL) == ["manual", "", ""]
    add_rule(connection, "@.example.org", MANUAL, by=STAFF, now=now)
    assert reasons(connection, ADA, BEA, CARL) == ["manual", "manual", ""]


def test_a_rule_applies_to_who_comes_later(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    digest = hashlib.sha256(ADA.key.encode()).hexdigest()
    for rule in (f"@sha256:{digest}", "@example.com"):
        add_rule(connection, rule, MANUAL, by=STAFF, now=now)
    joined = [join(each.email, weekly).state for each in (ADA, BEA, CARL)]
    assert joined == ["pending", "active", "pending"]
    assert reasons(connection, ADA, BEA, CARL) == ["manual", "", "manual"]


def test_an_import_obeys_rules(
    engine: sa.Engine, import_text: ImportText, now: dt.datetime
) -> None:
    with engine.begin() as connection:
        add_rule(connection, "@example.org", MANUAL, by=STAFF, now=now)
    report = import_text(f"email\n{ADA.email}\n{CARL.email}\n", keyring=KEYS)
    assert (report.created, report.refused + report.kept_suppressed) == (1, 1)


def test_a_lifted_rule_takes_its_suppressions_with_it_and_no_other(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    for address in (ADA, parse_address("bo@example.org")):
        join(address.email, weekly)
    add_rule(connection, "@example.org", MANUAL, by=STAFF, now=now)
    suppress(connection, ADA, reason=SuppressionReason.BOUNCE, by=STAFF, now=now)
    assert lift(connection, "@example.org", scope="", by=STAFF, now=now, why="moved to us")
    assert reasons(connection, ADA, parse_address("bo@example.org")) == ["bounce", ""]
    entry = history_of(connection, parse_address("bo@example.org"))[-1]
    assert (entry.what, entry.detail["why"]) == (HistoryEvent.RELEASED, "moved to us")
    assert not lift(connection, "@example.org", scope="", by=STAFF, now=now)


def test_a_release_names_a_list_that_does_not_exist(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    join(ADA.email, make_list())
    later = NewSuppression(scope="later")
    add_rule(connection, "@example.org", later, by=STAFF, now=now)
    assert lift(connection, "@example.org", scope="later", by=STAFF, now=now)
    assert history_of(connection, ADA)[-1].detail == {"reason": "manual", "list": "later"}


def test_a_suppression_ends_with_its_time(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    weekly = make_list()
    join(ADA.email, weekly)
    until = NewSuppression(expires_at=now + DAY, note="on leave")
    suppress_all(connection, [ADA.key], until, by=STAFF, now=now)
    assert end_expired(connection, now=now + DAY / 2) == 0
    assert reasons(connection, ADA) == ["manual"]
    assert end_expired(connection, now=now + DAY) == 1
    assert reasons(connection, ADA) == [""]
    assert history_of(connection, ADA)[-1].origin.through == "expiry"


def test_a_rule_outlasts_the_suppression_of_one_address_that_is_lifted(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    join(ADA.email, make_list())
    suppress(connection, ADA, reason=SuppressionReason.MANUAL, by=STAFF, now=now)
    add_rule(connection, "@example.org", MANUAL, by=STAFF, now=now)
    assert lift(connection, ADA.key, scope="", by=STAFF, now=now)
    assert [each.rule for each in suppressions_of(connection, ADA)] == ["@example.org"]


def test_a_rule_outlasts_another_one_for_the_same_address(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    join(ADA.email, make_list())
    digest = hashlib.sha256(ADA.key.encode()).hexdigest()
    for rule in ("@example.org", f"@sha256:{digest}"):
        add_rule(connection, rule, MANUAL, by=STAFF, now=now)
    assert lift(connection, "@example.org", scope="", by=STAFF, now=now)
    assert [each.rule for each in suppressions_of(connection, ADA)] == [f"@sha256:{digest}"]


def test_a_rule_outlasts_the_suppression_of_one_address_that_ends(
    connection: sa.Connection, make_list: MakeList, join: Join, now: dt.datetime
) -> None:
    join(ADA.email, make_list())
    for key, days in ((ADA.key, 1), ("@example.org", 2)):
        new = NewSuppression(expires_at=now + days * DAY)
        suppress_all(connection, [key], new, by=STAFF, now=now)
    assert end_expired(connection, now=now + DAY) == 1
    assert [each.rule for each in suppressions_of(connection, ADA)] == ["@example.org"]
    assert end_expired(connection, now=now + 2 * DAY) == 2
    assert suppressions_of(connection, ADA) == []


def test_a_bounce_outlasts_a_suppression_that_ends(
    connection: sa.Connection, now: dt.datetime
) -> None:
    until = NewSuppression(expires_at=now + DAY)
    suppress_all(connection, [ADA.key], until, by=STAFF, now=now)
    suppress(connection, ADA, reason=SuppressionReason.BOUNCE, by=STAFF, now=now)
    assert end_expired(connection, now=now + DAY) == 0
    assert reasons(connection, ADA) == ["bounce"]


Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(text: str) -> Path:
        path = tmp_path / "suppressed.csv"
        path.write_text(text)
        return path

    return write_file


def test_a_file_of_hashes_suppresses_who_is_known(
    engine: sa.Engine, import_text: ImportText, write: Write, now: dt.datetime
) -> None:
    import_text(f"email\n{ADA.email}\n{BEA.email}\n{CARL.email}\n")
    ada = hashlib.sha256(ADA.key.encode()).hexdigest().upper()
    bea = hashlib.md5(BEA.key.encode(), usedforsecurity=False).hexdigest()
    done = import_suppressions(engine, write(f"hash\n{ada}\n{bea}\n"), MANUAL, by=STAFF, now=now)
    assert (done.hashes, done.added, done.invalid) == (2, 2, 0)
    with engine.begin() as connection:
        assert reasons(connection, ADA, BEA, CARL) == ["manual", "manual", ""]


def test_a_file_of_another_product_is_read_whatever_its_columns(
    engine: sa.Engine, write: Write, now: dt.datetime
) -> None:
    file = write(
        'Id;Email Address;Reason\n1;"Ada@Example.org";hard bounce\n2;nobody;x\n3;@example.com;\n'
        f"4;{BEA.email};\n"
    )
    bounce = NewSuppression(reason=SuppressionReason.BOUNCE)
    tried = import_suppressions(engine, file, bounce, by=STAFF, now=now, dry_run=True)
    with engine.begin() as connection:
        assert reasons(connection, ADA, BEA) == ["", ""]
    done = import_suppressions(engine, file, bounce, by=STAFF, now=now)
    assert (done.addresses, done.domains, done.hashes, done.added) == (2, 1, 0, 3)
    assert (done.invalid, done.first_invalid) == (1, (3,))
    assert tried.invalid == done.invalid
    with engine.begin() as connection:
        assert reasons(connection, ADA, BEA) == ["bounce", "bounce"]


def test_an_export_as_hashes_is_an_import_elsewhere(
    engine: sa.Engine, write: Write, now: dt.datetime
) -> None:
    hashed, plain = io.StringIO(), io.StringIO()
    with engine.begin() as connection:
        suppress_all(connection, [ADA.key, "@example.com"], MANUAL, by=STAFF, now=now)
        assert export_suppressions(connection, hashed, is_hashed=True) == (1, 1)
        assert export_suppressions(connection, plain) == (2, 0)
        lift(connection, ADA.key, scope="", by=STAFF, now=now)
    assert ADA.key not in hashed.getvalue()
    assert plain.getvalue().splitlines()[1].startswith("@example.com,manual,,")
    import_suppressions(engine, write(hashed.getvalue()), MANUAL, by=STAFF, now=now)
    with engine.begin() as connection:
        found = find_suppressed(connection, [ADA.key], list_slug="weekly", keyring=KEYS)
    assert found == {ADA.key: SuppressionReason.MANUAL}


def test_who_stays_suppressed_as_they_are_is_counted_as_it_then_happens(
    connection: sa.Connection, now: dt.datetime
) -> None:
    reason, keys = SuppressionReason, [ADA.key, BEA.key, CARL.key]
    suppress(connection, ADA, reason=reason.UNSUBSCRIBED, now=now, by=STAFF)
    suppress(connection, BEA, reason=reason.COMPLAINT, now=now, by=STAFF)
    for new in (
        NewSuppression(expires_at=now + DAY),
        NewSuppression(expires_at=now + 2 * DAY, rule="@example.org"),
        MANUAL,
        NewSuppression(reason=reason.UNSUBSCRIBED),
    ):
        stay = count_suppressed(connection, keys, new)
        assert suppress_all(connection, keys, new, by=STAFF, now=now) == len(keys) - stay
