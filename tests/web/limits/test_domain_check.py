"""
What the domain of an address tells, asked of a DNS server on this machine.
"""

from __future__ import annotations

from collections.abc import Iterator

import dns.resolver
import pytest
from proof.zone import served

from newsletter.settings.signup import SignupSettings, Strictness
from newsletter.web.limits.domain_check import DISPOSABLE, NO_MAIL, DomainCheck, is_disposable

ZONE = {
    "mail.example": "mail.example. IN MX 10 mx.mail.example.",
    "web.example": "web.example. IN A 192.0.2.1",
    "six.example": "six.example. IN AAAA 2001:db8::1",
    "none.example": "none.example. IN MX 0 .",
    "text.example": 'text.example. IN TXT "nothing else"',
}


@pytest.fixture(scope="module")
def resolver() -> Iterator[dns.resolver.Resolver]:
    with served(ZONE) as port:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], port
        yield resolver


@pytest.mark.parametrize(
    ("domain", "warnings"),
    [
        ("mail.example", ()),
        ("web.example", ()),
        ("six.example", ()),
        ("none.example", (NO_MAIL,)),
        ("text.example", (NO_MAIL,)),
        ("nowhere.example", (NO_MAIL,)),
    ],
)
def test_a_domain_that_accepts_no_mail_is_noticed(
    resolver: dns.resolver.Resolver, domain: str, warnings: tuple[str, ...]
) -> None:
    check = DomainCheck(SignupSettings(mx_lookup="warn"), resolver)
    assert check.is_slow
    assert check.warnings(domain) == warnings


def test_a_server_that_does_not_answer_is_no_reason_to_refuse(
    resolver: dns.resolver.Resolver,
) -> None:
    nobody = dns.resolver.Resolver(configure=False)
    # Nobody listens there.
    nobody.nameservers, nobody.port = ["127.0.0.1"], 9
    check = DomainCheck(SignupSettings(mx_lookup="refuse"), nobody)
    assert check.warnings("mail.example") == ()


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("mailinator.com", True),
        ("MAILINATOR.com", True),
        ("anything.mailinator.com", True),
        ("example.org", False),
        ("com", False),
    ],
)
def test_throw_away_domains_are_known(domain: str, expected: bool) -> None:
    assert is_disposable(domain) is expected


def test_nothing_is_looked_up_unless_the_settings_ask_for_it() -> None:
    check = DomainCheck(SignupSettings(disposable_domains="off"))
    assert not check.is_slow
    assert check.warnings("mailinator.com") == ()


@pytest.mark.parametrize(
    ("choice", "expected"), [("off", False), ("warn", False), ("refuse", True)]
)
def test_only_what_the_settings_refuse_is_refused(choice: Strictness, expected: bool) -> None:
    settings = SignupSettings(disposable_domains=choice, mx_lookup="warn")
    check = DomainCheck(settings)
    assert check.refuses((DISPOSABLE, NO_MAIL)) is expected
    assert not check.refuses((NO_MAIL,))
    assert not check.refuses(())
