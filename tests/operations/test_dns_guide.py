"""
`newsletter doctor --dns` compares DNS with what each provider asks for, against a real DNS server.
"""

from __future__ import annotations

import base64
import datetime as dt
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from dns_server import ZoneServer
from installation import Installation

from newsletter.errors import Refused
from newsletter.isolation.dns import ALL_LOOKUPS_S, open_lookup
from newsletter.mail.mime.dkim import public_key_of
from newsletter.model.dns_record import OPEN, RecordPurpose
from newsletter.operations.dns_guide.dkim import compare_key, rsa_bits
from newsletter.operations.dns_guide.dmarc import (
    compare_alignment,
    compare_policy,
    find_policy,
)
from newsletter.operations.dns_guide.report import OwnNames, report_dns
from newsletter.operations.dns_guide.row import DnsRow, DnsVerdict
from newsletter.operations.dns_guide.spf import compare_spf
from newsletter.settings.plugins import PROVIDERS, declared

RIGHT, MISSING, DIFFERENT = DnsVerdict.RIGHT, DnsVerdict.MISSING, DnsVerdict.DIFFERENT
UNKNOWN = DnsVerdict.NOT_LOOKED_UP
Report = Callable[..., list[DnsRow]]
NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)
DMARC = '_dmarc.example.org. IN TXT "v=DMARC1; p=reject; rua=mailto:dmarc@example.org"'


def pem_of(bits: int = 2048) -> str:
    return (
        rsa.generate_private_key(65537, bits)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


PEM = pem_of()
KEY = public_key_of(PEM, place="test")


def txt(name: str, text: str) -> str:
    """
    Return a TXT record in the form of a zone file, in strings of at most 200 characters.
    """
    parts = [text[at : at + 200] for at in range(0, len(text), 200)]
    return f"{name}. IN TXT " + " ".join(f'"{part}"' for part in parts)


def key_at(name: str) -> str:
    return txt(f"{name}._domainkey.example.org", f"v=DKIM1; k=rsa; p={KEY}")


# The whole zone of example.org for each kind, as its own pages describe it, and what only the
# operator knows. The names and targets that a provider makes are invented.
ZONES: dict[str, tuple[dict[str, object], tuple[str, ...], OwnNames]] = {
    "resend": (
        {},
        (
            key_at("resend"),
            txt("send.example.org", "v=spf1 include:amazonses.com ~all"),
            "send.example.org. IN MX 10 feedback-smtp.eu-west-1.amazonses.com.",
            txt("amazonses.com", "v=spf1 ip4:192.0.2.0/24 -all"),
        ),
        OwnNames(),
    ),
    "postmark": (
        {},
        (key_at("20260301pm"), "pm-bounces.example.org. IN CNAME pm.mtasv.net."),
        OwnNames(selectors=("20260301pm",)),
    ),
    "ses": (
        {"region": "eu-west-1"},
        (
            "abc._domainkey.example.org. IN CNAME abc.dkim.amazonses.com.",
            "def._domainkey.example.org. IN CNAME def.dkim.eu-west-1.amazonses.com.",
            "mail.example.org. IN MX 10 feedback-smtp.eu-west-1.amazonses.com.",
            txt("mail.example.org", "v=spf1 include:amazonses.com ~all"),
            txt("amazonses.com", "v=spf1 ip4:192.0.2.0/24 -all"),
        ),
        OwnNames(selectors=("abc", "def"), return_paths=("mail.example.org",)),
    ),
    "mailgun": (
        {"domain": "mg.example.org", "region": "eu"},
        (
            txt("mg.example.org", "v=spf1 include:mailgun.org ~all"),
            txt("mailgun.org", "v=spf1 include:_spf.mailgun.org -all"),
            txt("_spf.mailgun.org", "v=spf1 ip4:192.0.2.0/24 -all"),
            txt("mx._domainkey.mg.example.org", f"k=rsa; p={KEY}"),
            "mg.example.org. IN MX 10 mxa.eu.mailgun.org.",
            "mg.example.org. IN MX 10 mxb.eu.mailgun.org.",
        ),
        OwnNames(selectors=("mx",)),
    ),
    "sendgrid": (
        {},
        (
            "s1._domainkey.example.org. IN CNAME s1.domainkey.u123.wl456.sendgrid.net.",
            "s2._domainkey.example.org. IN CNAME s2.domainkey.u123.wl456.sendgrid.net.",
            "em789.example.org. IN CNAME u123.wl456.sendgrid.net.",
        ),
        OwnNames(return_paths=("em789.example.org",)),
    ),
    "mailjet": (
        {},
        (
            key_at("mailjet"),
            txt("example.org", "v=spf1 a include:spf.mailjet.com ~all"),
            txt("spf.mailjet.com", "v=spf1 ip4:192.0.2.0/24 -all"),
        ),
        OwnNames(),
    ),
    "brevo": (
        {},
        (
            "brevo1._domainkey.example.org. IN CNAME b1.example-org.dkim.brevo.com.",
            "brevo2._domainkey.example.org. IN CNAME b2.example-org.dkim.brevo.com.",
            txt("example.org", "brevo-code:0123456789abcdef"),
        ),
        OwnNames(),
    ),
    "sparkpost": (
        {"region": "eu"},
        (key_at("scph0326"), "bounces.example.org. IN CNAME eu.sparkpostmail.com."),
        OwnNames(selectors=("scph0326",), return_paths=("bounces.example.org",)),
    ),
    "smtp": (
        {
            "host": "mail.example.org",
            "bounce_address": "bounces@mail.example.org",
            "dkim_selector": "s1",
            "dkim_key": "file:dkim.pem",
        },
        (
            key_at("s1"),
            txt("mail.example.org", "v=spf1 ip4:192.0.2.10 -all"),
            "mail.example.org. IN MX 10 mail.example.org.",
        ),
        OwnNames(),
    ),
}


@pytest.fixture(scope="module")
def names() -> Iterator[ZoneServer]:
    """
    The one DNS server of these tests.
    """
    server = ZoneServer()
    yield server
    server.close()


@pytest.fixture
def database_url(tmp_path: Path, sqlite_template: Path) -> str:
    """
    One database is enough: these tests are about DNS.
    """
    file = tmp_path / "newsletter.db"
    file.write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{file}"


@pytest.fixture
def report(tmp_path: Path, database_url: str, names: ZoneServer) -> Report:
    """
    Return a function that reports on a default sender at example.org, with a provider of some kind.
    """

    def reported(
        kind: str,
        zone: Iterable[str],
        *,
        own: OwnNames | None = None,
        failing: Iterable[str] = (),
        **keys: object,
    ) -> list[DnsRow]:
        (tmp_path / "dkim.pem").write_text(PEM)
        installation = Installation(
            tmp_path,
            database_url,
            now=NOW,
            provider={"main": {"kind": kind, **keys}},
            delivery={"provider": "main"},
        )
        lookup = open_lookup(names.serve(*zone, failing=failing))
        rows = report_dns(installation.app, lookup, own or OwnNames())
        installation.close()
        return rows

    return reported


def verdicts(rows: Iterable[DnsRow]) -> dict[RecordPurpose, set[DnsVerdict]]:
    found: dict[RecordPurpose, set[DnsVerdict]] = {}
    for row in rows:
        found.setdefault(row.purpose, set()).add(row.verdict)
    return found


def test_every_kind_that_reaches_people_says_what_it_needs() -> None:
    assert set(ZONES) | {"outbox"} == set(declared(PROVIDERS))


@pytest.mark.parametrize("kind", ZONES)
def test_a_domain_that_is_set_up_is_right(report: Report, kind: str) -> None:
    keys, zone, own = ZONES[kind]
    rows = report(kind, (*zone, DMARC), own=own, **keys)
    assert [(row.name, row.advice) for row in rows if row.verdict is not RIGHT] == []
    assert not any(row.is_problem for row in rows)
    assert set(own.return_paths) <= {row.name for row in rows}
    assert {RecordPurpose.DKIM, RecordPurpose.DMARC, RecordPurpose.ALIGNMENT} <= set(verdicts(rows))


@pytest.mark.parametrize("kind", ZONES)
def test_a_domain_without_records_lacks_them(report: Report, kind: str) -> None:
    keys, _, _ = ZONES[kind]
    rows = report(kind, ("elsewhere.example. IN A 192.0.2.1",), **keys)
    for row in rows:
        if row.purpose is RecordPurpose.ALIGNMENT:
            continue
        is_open = OPEN in row.name
        assert row.verdict is (UNKNOWN if is_open else MISSING)
        assert row.advice.startswith("Copy it from " if is_open else "Add this ")
        assert row.found == ()
    assert any(row.is_problem for row in rows)


@pytest.mark.parametrize("kind", ZONES)
def test_a_name_server_that_fails_is_no_verdict(report: Report, kind: str) -> None:
    keys, zone, own = ZONES[kind]
    names = {record.split(". IN ")[0] for record in (*zone, DMARC)}
    rows = report(kind, zone, own=own, failing=names, **keys)
    looked_up = [row for row in rows if row.purpose is not RecordPurpose.ALIGNMENT]
    assert {row.verdict for row in looked_up} == {UNKNOWN}
    assert all(row.is_problem and row.advice.startswith("Try again") for row in looked_up)


def test_a_server_of_a_provider_needs_what_the_provider_says(report: Report) -> None:
    keys = {"host": "smtp.postmarkapp.com", "events": "postmark"}
    rows = report("smtp", (DMARC,), **keys)
    assert "pm-bounces.example.org" in {row.name for row in rows}


def test_the_key_that_signs_must_be_the_one_that_is_published(report: Report) -> None:
    keys, zone, _ = ZONES["smtp"]
    other = public_key_of(pem_of(), place="test")
    stale = txt("s1._domainkey.example.org", f"v=DKIM1; p={other}")
    rows = report("smtp", (stale, *zone[1:], DMARC), **keys)
    (row,) = [row for row in rows if row.purpose is RecordPurpose.DKIM]
    assert (row.verdict, row.expected) == (DIFFERENT, f"v=DKIM1; k=rsa; p={KEY}")


def test_a_record_of_an_earlier_form_counts_too(report: Report) -> None:
    zone = (key_at("mail"), txt("example.org", "brevo-code:1"), DMARC)
    rows = report("brevo", zone)
    assert verdicts(rows)[RecordPurpose.DKIM] == {RIGHT}


def test_a_target_that_points_elsewhere_is_different(report: Report) -> None:
    zone = (key_at("x"), "pm-bounces.example.org. IN CNAME pm.mtasv.net.evil.example.", DMARC)
    rows = report("postmark", zone)
    assert verdicts(rows)[RecordPurpose.RETURN_PATH] == {DIFFERENT}


def test_bounces_need_a_server_that_takes_them(report: Report) -> None:
    keys, zone, _ = ZONES["smtp"]
    nothing = "mail.example.org. IN MX 0 ."
    rows = report("smtp", (*zone[:2], nothing, DMARC), **keys)
    assert verdicts(rows)[RecordPurpose.INCOMING] == {DIFFERENT}


def test_every_list_s_own_domain_is_there_once(
    tmp_path: Path, database_url: str, names: ZoneServer
) -> None:
    from newsletter.model.mail import Sender
    from newsletter.store.issues.list_settings import ListSettings, set_list_settings
    from subscribers.lists import find_list

    installation = Installation(
        tmp_path,
        database_url,
        now=NOW,
        provider={"main": {"kind": "postmark"}},
        delivery={"provider": "main"},
    )
    for slug in ("daily", "weekly", "press"):
        installation.add_list(slug)
    with installation.app.database.write() as connection:
        own = ListSettings(sender=Sender("Press", "press@bücher.example"))
        set_list_settings(connection, find_list(connection, "press").id, own)
    rows = report_dns(installation.app, open_lookup(names.serve(DMARC)), OwnNames())
    installation.close()
    assert [row.domain for row in rows] == ["example.org"] * 4 + ["xn--bcher-kva.example"] * 4


INCLUDED = txt("provider.example", "v=spf1 ip4:192.0.2.0/24 -all")
NESTED = [
    txt(f"n{number}.example", f"v=spf1 include:n{number + 1}.example -all") for number in range(12)
]


@pytest.mark.parametrize(
    ("records", "expected", "words"),
    [
        ([], MISSING, "Add this TXT record"),
        (["google-site-verification=x"], MISSING, "Add"),
        (["v=spf10 -all"], MISSING, "Add"),
        (["v=spf1 include:provider.example ~all"], RIGHT, ""),
        (["V=SPF1 a mx include:Provider.Example -all"], RIGHT, ""),
        (["v=spf1 ~all"], DIFFERENT, "Add include:provider.example"),
        (["v=spf1 include:provider.example ~all", "v=spf1 -all"], DIFFERENT, "merge"),
        (["v=spf1 include:provider.example +all"], DIFFERENT, "every server in the world"),
        (["v=spf1 include:provider.example all"], DIFFERENT, "every server in the world"),
        (["v=spf1 include:provider.example include:gone.example ~all"], DIFFERENT, "gone.example"),
        (["v=spf1 include:provider.example includes:x ~all"], DIFFERENT, "do not understand"),
        (["v=spf1 include:provider.example include: ~all"], DIFFERENT, "names no domain"),
        (["v=spf1 include:n2.example include:provider.example ~all"], DIFFERENT, "12 look-ups"),
        (["v=spf1 redirect=_spf.example.org"], RIGHT, ""),
        (["v=spf1 include:provider.example exists:%{i}._spf.example.org ~all"], RIGHT, ""),
    ],
)
def test_an_spf_record_must_be_one_valid_and_allow_the_provider(
    names: ZoneServer, records: list[str], expected: DnsVerdict, words: str
) -> None:
    zone = [
        *(txt("example.org", text) for text in records),
        INCLUDED,
        *NESTED,
        txt("n12.example", "v=spf1 -all"),
        txt("_spf.example.org", "v=spf1 include:provider.example -all"),
    ]
    wanted = "v=spf1 include:provider.example ~all"
    found = compare_spf(open_lookup(names.serve(*zone)), "example.org", wanted)
    assert (found.verdict, words in found.advice) == (expected, True)


def test_an_spf_record_that_includes_itself_ends(names: ZoneServer) -> None:
    zone = [txt("example.org", "v=spf1 include:example.org -all")]
    found = compare_spf(open_lookup(names.serve(*zone)), "example.org", "v=spf1 … ~all")
    assert found.verdict in (RIGHT, DIFFERENT)


SHORT = public_key_of(pem_of(1024), place="test")
TINY = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALTnzOwqhAFAkUFlOyEJ4HmVwR1vV3kmGx4p9D4xZ5m9aTgvW6mOE1Y/Zr7yq3lYkK3dKsD0l0nVd6Mk9Zl1+e8CAwEAAQ=="  # noqa: E501
ED25519 = base64.b64encode(
    ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()
).decode()


@pytest.mark.parametrize(
    ("records", "expected", "words"),
    [
        ((), MISSING, "Add"),
        (("v=spf1 -all",), DIFFERENT, "no DKIM key"),
        ((f"v=DKIM1; k=rsa; p={KEY}",), RIGHT, ""),
        ((f"p={KEY}",), RIGHT, ""),
        ((f"k=rsa; t=s; p={KEY[:100]} {KEY[100:]}",), RIGHT, ""),
        ((f"v=DKIM1; t=y; p={KEY}",), RIGHT, "t=y"),
        ((f"v=DKIM1; p={SHORT}",), RIGHT, "1024 bits"),
        ((f"v=DKIM1; p={TINY}",), DIFFERENT, "512 bits"),
        (("v=DKIM1; p=",), DIFFERENT, "revoked"),
        (("v=DKIM1; p=nonsense",), DIFFERENT, "cannot be read"),
        ((f"v=DKIM1; p={KEY[:-40]}",), DIFFERENT, "cannot be read"),
        ((f"p={KEY}", f"p={SHORT}"), DIFFERENT, "2 keys"),
        ((f"v=DKIM1; k=ed25519; p={ED25519}",), RIGHT, "RSA key too"),
        ((f"v=DKIM1; k=ed25519; p={KEY}",), DIFFERENT, "cannot be read"),
    ],
)
def test_a_key_must_be_there_valid_and_long_enough(
    records: tuple[str, ...], expected: DnsVerdict, words: str
) -> None:
    found = compare_key(records, "v=DKIM1; k=rsa; p=…")
    assert (found.verdict, words in found.advice) == (expected, True)


@pytest.mark.parametrize("cut", range(0, 290, 7))
def test_a_key_that_is_cut_off_breaks_nothing(cut: int) -> None:
    der = base64.b64decode(KEY)
    assert rsa_bits(base64.b64encode(der[:cut]).decode()) is None
    assert rsa_bits(KEY) == 2048


@pytest.mark.parametrize(
    ("records", "domain", "expected", "words"),
    [
        ([], "example.org", MISSING, "Gmail, Yahoo and Microsoft"),
        (["v=DMARC1; p=reject"], "example.org", RIGHT, ""),
        (["v=DMARC1;p=none; rua=mailto:x@example.org"], "example.org", RIGHT, "p=quarantine"),
        (["v=DMARC1; p=reject"], "a.b.example.org", RIGHT, ""),
        (["v=DMARC1; p=reject; sp=none"], "news.example.org", RIGHT, "p=quarantine"),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], "example.org", DIFFERENT, "2 DMARC records"),
        (["v=DMARC1; rua=mailto:x@example.org"], "example.org", DIFFERENT, "p="),
        (["v=DMARC1; p=block"], "example.org", DIFFERENT, "p="),
        (["v=spf1 -all"], "example.org", MISSING, "Add"),
    ],
)
def test_a_policy_must_be_one_and_say_what_to_do(
    names: ZoneServer, records: list[str], domain: str, expected: DnsVerdict, words: str
) -> None:
    zone = [txt("_dmarc.example.org", text) for text in records] or [INCLUDED]
    found = compare_policy(find_policy(open_lookup(names.serve(*zone)), domain), domain)
    assert (found.verdict, words in found.advice) == (expected, True)


@pytest.mark.parametrize(
    ("domain", "signing", "tags", "expected"),
    [
        ("example.org", "example.org", "adkim=s", RIGHT),
        ("example.org", "mg.example.org", "", RIGHT),
        ("news.example.org", "mg.example.org", "", RIGHT),
        ("example.org", "mg.example.org", "adkim=s", DIFFERENT),
        ("example.org", "example.net", "", DIFFERENT),
        ("example.org", "notexample.org", "", DIFFERENT),
    ],
)
def test_the_signing_domain_must_be_aligned(
    names: ZoneServer, domain: str, signing: str, tags: str, expected: DnsVerdict
) -> None:
    zone = [txt("_dmarc.example.org", f"v=DMARC1; p=reject; {tags}")]
    policy = find_policy(open_lookup(names.serve(*zone)), domain)
    assert compare_alignment(policy, domain, signing).verdict is expected


def test_look_ups_end_when_no_server_answers(names: ZoneServer) -> None:
    now_s = 0.0
    lookup = open_lookup(names.serve(DMARC))
    lookup.monotonic_s = lambda: now_s
    assert not lookup.records("example.org", "TXT").problem
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        lookup.resolver.port = silent.getsockname()[1]
        now_s = ALL_LOOKUPS_S - 0.05
        assert lookup.records("example.net", "TXT").problem == "no name server answered in time"
    now_s = ALL_LOOKUPS_S
    problem = "the look-ups took too long altogether"
    assert lookup.records("example.com", "TXT").problem == problem


def test_a_name_is_looked_up_once_and_odd_names_break_nothing(names: ZoneServer) -> None:
    lookup = open_lookup(names.serve(txt("example.org", "one\x07two")))
    assert lookup.records("example.org", "TXT") is lookup.records("EXAMPLE.ORG.", "TXT")
    assert lookup.records("example.org", "TXT").records == ("one\N{REPLACEMENT CHARACTER}two",)
    for name in ("a..b", "x" * 70 + ".example", "", "*.example", "\N{SNOWMAN}.example"):
        lookup.records(name, "TXT")


@pytest.mark.parametrize("text", ["dns.example", "1.2.3", "127.0.0.1:0", "127.0.0.1:x", "[::1"])
def test_a_name_server_is_an_address(text: str) -> None:
    with pytest.raises(Refused, match="is not an IP address: write one such as "):
        open_lookup(text)


def test_a_name_server_may_have_a_port() -> None:
    assert open_lookup("[::1]:5353").resolver.port == 5353
    assert open_lookup("2001:db8::1").resolver.nameservers == ["2001:db8::1"]
