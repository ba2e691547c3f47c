"""
How many emails strangers can cause, counted in a database that all processes share.
"""

from __future__ import annotations

import datetime as dt
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
from installation import Installation

from newsletter.operations.alerts import find_alerts
from newsletter.operations.restore_guard import Marker
from newsletter.settings.signup import SignupSettings
from newsletter.store.tables import signup_attempt, signup_refusal
from newsletter.web.limits.signup_limits import SignupLimits, fold_address, network_of
from newsletter.workers.housekeeping import Housekeeping

MINUTE, HOUR, DAY = dt.timedelta(minutes=1), dt.timedelta(hours=1), dt.timedelta(days=1)


class Form:
    """
    The form of one process, and a clock for it.
    """

    def __init__(self, installation: Installation, **limits: int) -> None:
        self.installation = installation
        most = {name: 10_000 for name in SignupSettings.model_fields if name.endswith(UNITS)}
        settings = SignupSettings(**(most | limits))
        self.limits = SignupLimits(settings, installation.app.links.keys)

    def admits(self, email: str, address: str = "8.8.8.8", **values: Any) -> bool:
        with self.installation.app.database.write() as connection:
            return self.limits.admit(
                connection,
                email_key=email,
                address=address,
                now=self.installation.now,
                **values,
            )


UNITS = ("_day", "_hour", "_minute")


def rows(installation: Installation, table: sa.Table) -> list[sa.Row[tuple[object, ...]]]:
    with installation.app.database.read() as connection:
        return list(connection.execute(sa.select(table)))


def test_a_person_gets_three_confirmations_a_day_however_the_address_is_written(
    installation: Installation,
) -> None:
    form = Form(installation, person_per_day=3)
    spellings = ["ada.byron@gmail.com", "adabyron@gmail.com", "a.dabyron+x@googlemail.com"]
    assert [form.admits(one, f"8.8.8.{n}") for n, one in enumerate(spellings)] == [True] * 3
    assert not form.admits("adabyron+other@gmail.com")
    assert form.admits("ada.byron@example.org")
    assert form.admits("adabyron@example.org")


def test_a_full_limit_of_joining_does_not_keep_a_person_from_the_settings(
    installation: Installation,
) -> None:
    form = Form(installation, person_per_day=1)
    found = [form.admits("ada@example.org", purpose=what) for what in ("join", "join", "find")]
    assert found == [True, False, True]


def test_whoever_keeps_trying_does_not_extend_the_limit(installation: Installation) -> None:
    form = Form(installation, person_per_day=3)
    start = installation.now
    admitted = []
    for hour in range(50):
        installation.now = start + hour * HOUR
        if form.admits("ada@example.org"):
            admitted.append(hour)
    assert admitted == [0, 1, 2, 24, 25, 26, 48, 49]


def test_an_address_signs_up_ten_people_an_hour(installation: Installation) -> None:
    form = Form(installation, address_per_hour=10)
    found = [form.admits(f"p{n}@example.org", "8.8.8.8") for n in range(11)]
    assert found == [True] * 10 + [False]
    assert form.admits("p@example.org", "8.8.8.9")
    installation.now += HOUR
    assert form.admits("q@example.org", "8.8.8.8")


def test_of_ipv6_a_64_is_one_address_and_a_48_one_network(installation: Installation) -> None:
    form = Form(installation, address_per_hour=1, network_per_hour=2)
    sources = ["2a00:1:1:1::1", "2a00:1:1:1:ffff::2", "2a00:1:1:2::1", "2a00:1:1:3::1"]
    found = [form.admits(f"p{n}@example.org", one) for n, one in enumerate(sources)]
    assert found == [True, False, True, False]
    assert form.admits("q@example.org", "2a00:1:2:1::1")


def test_a_network_of_many_addresses_is_limited(installation: Installation) -> None:
    form = Form(installation, network_per_hour=5)
    found = [form.admits(f"p{n}@example.org", f"8.8.8.{n}") for n in range(6)]
    assert found == [True] * 5 + [False]
    assert form.admits("q@example.org", "8.8.9.1")


def test_a_domain_is_limited_but_not_a_large_mailbox_provider(installation: Installation) -> None:
    form = Form(installation, domain_per_hour=2)
    for domain, expected in (("example.org", [True, True, False]), ("gmail.com", [True] * 3)):
        sources = [(f"p{n}@{domain}", f"8.8.{n}.8") for n in range(3)]
        assert [form.admits(email, source) for email, source in sources] == expected


def test_everybody_together_is_limited_for_a_minute(installation: Installation) -> None:
    form = Form(installation, per_minute=60)
    found = [form.admits(f"p{n}@d{n}.example", f"8.{n}.8.8") for n in range(61)]
    assert found == [True] * 60 + [False]
    installation.now += MINUTE
    assert form.admits("q@example.org")


def test_forms_without_the_proof_that_they_ask_for_have_a_limit_of_their_own(
    installation: Installation,
) -> None:
    form = Form(installation, unproven_per_hour=2)
    found = [form.admits(f"p{n}@example.org", lacks_proof=True) for n in range(3)]
    assert found == [True, True, False]
    assert form.admits("q@example.org")
    installation.now += HOUR
    assert form.admits("p2@example.org", lacks_proof=True)


def test_many_at_once_do_not_exceed_a_limit(installation: Installation) -> None:
    form = Form(installation, address_per_hour=5)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(form.admits, [f"p{n}@example.org" for n in range(24)]))
    assert found.count(True) == 5


def test_processes_share_the_limits(installation: Installation) -> None:
    first, second = (Form(installation, address_per_hour=2) for _ in range(2))
    found = [form.admits(f"p{n}@example.org") for n, form in enumerate((first, second, first))]
    assert found == [True, True, False]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "172.18.0.2", "fd00::1"])
def test_a_private_address_is_limited_only_if_the_proxies_are_known(
    installation: Installation, address: str
) -> None:
    form = Form(installation, address_per_hour=1)
    assert [form.admits(f"p{n}@example.org", address) for n in range(2)] == [True, True]
    form.limits.has_proxies = True
    assert [form.admits(f"q{n}@example.org", address) for n in range(2)] == [True, False]


def test_what_is_no_address_is_not_limited(installation: Installation) -> None:
    form = Form(installation, address_per_hour=1, network_per_hour=1)
    form.limits.has_proxies = True
    found = [form.admits(f"p{n}@example.org", address) for n, address in enumerate(["", "", "x"])]
    assert found == [True, True, True]


def test_neither_email_nor_network_addresses_are_stored(installation: Installation) -> None:
    form = Form(installation)
    form.admits("ada@example.org")
    form.admits("ada@example.net")
    first, second = rows(installation, signup_attempt)
    assert "example" not in repr(first)
    assert "8.8" not in repr(first[2:])
    assert (first.address, first.network) == (second.address, second.network)
    assert first.person != second.person
    assert first.domain != second.domain


def test_housekeeping_deletes_what_is_a_day_old(installation: Installation) -> None:
    form, app = Form(installation, person_per_day=1), installation.app
    form.admits("ada@example.org")
    form.admits("ada@example.org")
    installation.now += DAY
    form.admits("bob@example.org")
    memory = Marker(app.database, installation.folder)
    Housekeeping(app, app.dispatcher("worker"), memory, lambda: False)()
    assert len(rows(installation, signup_attempt)) == 1
    assert rows(installation, signup_refusal) == []


def test_refusals_are_logged_once_a_minute_without_addresses(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    form = Form(installation, address_per_hour=1)
    for number in range(20):
        form.admits(f"p{number}@example.org")
        installation.now += dt.timedelta(seconds=10)
    records = [one for one in caplog.records if one.__dict__.get("event") == "signup.limited"]
    assert [one.getMessage() for one in records] == [
        f"refused sign-ups beyond the limits of [signup]: {count} by address_per_hour"
        for count in (1, 6, 6, 6)
    ]
    assert sum(row.count for row in rows(installation, signup_refusal)) == 19


def test_the_operator_is_alerted_only_when_many_sign_ups_are_refused(
    installation: Installation,
) -> None:
    form = Form(installation, person_per_day=1)

    def alerts() -> list[str]:
        with installation.app.database.read() as connection:
            return [one.key for one in find_alerts(connection, now=installation.now)]

    for _ in range(60):
        form.admits("ada@example.org")
    installation.now += MINUTE
    form.admits("ada@example.org")
    assert alerts() == []
    for _ in range(60):
        form.admits("ada@example.org")
    installation.now += MINUTE
    form.admits("ada@example.org")
    assert alerts() == ["sign-ups"]
    installation.now += 3 * HOUR
    assert alerts() == []


@pytest.mark.parametrize(
    ("email_key", "folded"),
    [
        ("ada+news@example.org", ("ada", "example.org")),
        ("a.da@example.org", ("a.da", "example.org")),
        ("a.d.a+x+y@googlemail.com", ("ada", "gmail.com")),
        ("+x@example.org", ("+x", "example.org")),
    ],
)
def test_a_person_is_counted_once(email_key: str, folded: tuple[str, str]) -> None:
    assert fold_address(email_key) == folded


def test_the_network_of_an_address() -> None:
    assert network_of("8.8.4.4") == ("8.8.4.4/32", "8.8.4.0/24")
    assert network_of("2a00:1:2:3::9") == ("2a00:1:2:3::/64", "2a00:1:2::/48")
