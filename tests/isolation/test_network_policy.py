"""
The table of addresses that must not be contacted, and how hosts are resolved.
"""

from __future__ import annotations

import threading

import pytest

from newsletter.errors import SettingsError
from newsletter.isolation.network_policy import (
    Allowed,
    Deadline,
    addresses_of,
    look_up,
    read_address,
    reason_to_refuse,
)

REFUSED = """
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.254 127.0.0.1 127.1.2.3
    127.255.255.255 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170
    192.0.2.7 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.9
    203.0.113.5 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
    :: ::1 ::2 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe
    ::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::8.8.8.8 64:ff9b:1::a00:1 100::1 2001::1
    2001:0:53aa:64c::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:a00:1::1
    2002:808:808::1 3fff::1 3fff:fff::1 4000::1 5f00::1 fc00::1 fd12:3456::1 fdff::1 fe80::1
    fe80::1%eth0 febf::1 fec0::1 feff::1 ff00::1 ff02::1 ff0e::1
    ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff
"""
PUBLIC = """
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.1 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1
    169.253.255.255 169.255.0.1 172.15.255.255 172.32.0.1 192.0.1.1 192.167.255.255 192.169.0.1
    198.17.255.255 198.20.0.1 223.255.255.255 ::ffff:8.8.8.8 2001:200::1 2001:4860:4860::8888
    2003::1 2606:4700::1111 2a00:1450::1 3ffe::1
"""


@pytest.mark.parametrize("text", REFUSED.split())
def test_an_address_that_is_not_public_is_refused_with_its_reason(text: str) -> None:
    reason = reason_to_refuse(read_address(text))
    assert reason is not None
    assert reason.startswith(("a ", "an ", "this "))


@pytest.mark.parametrize("text", PUBLIC.split())
def test_a_public_address_is_not_refused(text: str) -> None:
    assert reason_to_refuse(read_address(text)) is None


def test_an_allowed_network_includes_mapped_addresses() -> None:
    allowed = Allowed(["127.0.0.0/8", "fd00::/8"])
    asked = ("127.9.9.9", "::ffff:127.0.0.1", "fd00::1", "10.0.0.1", "::1", "fc00::1")
    assert [read_address(text) in allowed for text in asked] == [True] * 3 + [False] * 3


@pytest.mark.parametrize("cidr", ["intranet", "10.0.0.1/8", "10.0.0.0/33", ""])
def test_the_error_for_an_invalid_network_names_its_setting(cidr: str) -> None:
    with pytest.raises(SettingsError, match=r"^\[limits\] fetch_networks: "):
        Allowed([cidr])


@pytest.mark.parametrize("spelling", ["0x7f000001", "2130706433", "127.1", "0177.0.0.1"])
def test_every_spelling_of_loopback_is_checked_after_resolving(spelling: str) -> None:
    found = addresses_of(spelling, 80, resolve=look_up, deadline=Deadline(5))
    assert [str(address) for address in found] == ["127.0.0.1"]


def test_a_resolver_that_hangs_is_left_at_the_deadline() -> None:
    over = threading.Event()

    def hang(host: str, port: int) -> list[str]:
        over.wait(10)
        return ["8.8.8.8"]

    with pytest.raises(TimeoutError):
        addresses_of("slow.example", 80, resolve=hang, deadline=Deadline(0.05))
    over.set()


def test_a_host_whose_label_is_too_long_is_not_found() -> None:
    with pytest.raises(OSError, match="no such host"):
        addresses_of("a" * 70 + ".example", 80, resolve=look_up, deadline=Deadline(5))
