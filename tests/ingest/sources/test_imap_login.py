"""
Connecting to an IMAP server: addresses, networks, certificates and the login.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from imap_server import PASSWORD, ImapServer, make_certificate
from mails import mail

from newsletter.errors import SourceError
from newsletter.ingest.sources.imap.location import (
    ImapAddress,
    is_imap,
    modified_utf7,
    read_location,
)
from newsletter.ingest.sources.imap.source import ImapSource


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("tls"), "DNS:mail.example.org")


@pytest.fixture
def served(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


@pytest.fixture
def trusted(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate[0])


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    with ImapServer() as server:
        server.put(mail("a"))
        yield server


def count(server: ImapServer, *, scheme: str = "imap", host: str = "", **more: Any) -> int:
    """
    Return the number of mails that a first poll of the server finds.
    """
    defaults = {
        "networks": ["127.0.0.0/8"],
        "password": PASSWORD,
        "deadline_s": 5.0,
        "resolve": lambda host, port: ["127.0.0.1"],
    }
    place = f"{scheme}://sam%40example.org@{host or 'mail.example.org'}:{server.port}/"
    return len(ImapSource("desk", place, **(defaults | more)).fetch({}).items)


def test_a_mailbox_is_read_over_tls(served: ssl.SSLContext, trusted: ssl.SSLContext) -> None:
    names: list[str] = []
    served.sni_callback = lambda connection, name, context: names.append(name)
    with ImapServer(tls=served) as server:
        server.put(mail("a"))
        assert count(server, scheme="imaps", tls=trusted) == 1
    assert names == ["mail.example.org"]


def test_starttls_comes_before_the_login(served: ssl.SSLContext, trusted: ssl.SSLContext) -> None:
    with ImapServer(starttls=served) as server:
        server.put(mail("a"))
        assert count(server, tls=trusted) == 1
        assert server.commands[:4] == [
            "CAPABILITY",
            "STARTTLS",
            "CAPABILITY",
            "AUTHENTICATE PLAIN",
        ]


@pytest.mark.parametrize("scheme", ["imap", "imaps"])
@pytest.mark.parametrize(
    ("host", "is_trusted", "reason"),
    [("other.example.org", True, "Hostname mismatch"), ("", False, "self-signed certificate")],
)
def test_a_certificate_that_does_not_fit_is_refused(
    served: ssl.SSLContext,
    trusted: ssl.SSLContext,
    *,
    scheme: str,
    host: str,
    is_trusted: bool,
    reason: str,
) -> None:
    how = {"tls": served} if scheme == "imaps" else {"starttls": served}
    with (
        ImapServer(**how) as server,
        pytest.raises(SourceError, match=rf"has a certificate that is not trusted \(.*{reason}"),
    ):
        count(server, scheme=scheme, host=host, tls=trusted if is_trusted else None)
    assert server.asked("AUTHENTICATE") == []


def test_a_server_without_starttls_gets_no_password(imap: ImapServer) -> None:
    # On Linux 0.0.0.0 reaches this machine too, and is not a loopback address.
    there = {"resolve": lambda host, port: ["0.0.0.0"], "networks": ["0.0.0.0/8"]}
    with pytest.raises(
        SourceError, match="does not offer STARTTLS on this port, and a password is not sent"
    ):
        count(imap, **there)
    assert imap.commands == ["CAPABILITY"]


def test_a_server_that_refuses_starttls_gets_no_password(
    served: ssl.SSLContext, trusted: ssl.SSLContext
) -> None:
    with ImapServer(starttls=served) as server:
        server.scripted["STARTTLS"] = b"{tag} NO never\r\n"
        with pytest.raises(
            SourceError, match="closed the connection, or is not an IMAP server on this port"
        ):
            count(server, tls=trusted)
        assert server.asked("AUTHENTICATE") == []


def test_a_server_in_a_private_network_is_not_contacted(imap: ImapServer) -> None:
    line = (
        r"mail.example.org was not contacted because its address is 127.0.0.1 \(this machine\): "
        r"if you trust it, add its network to \[limits\] fetch_networks in newsletter\.toml, "
        "and restart newsletter"
    )
    with pytest.raises(SourceError, match=f"^{line}$"):
        count(imap, networks=[])
    assert imap.commands == []


def test_one_private_address_among_public_ones_is_refused(imap: ImapServer) -> None:
    both = ["127.0.0.1", "10.1.2.3"]
    with pytest.raises(SourceError, match=r"address is 10\.1\.2\.3 \(a private network\)"):
        count(imap, resolve=lambda host, port: both)


def test_a_port_where_nobody_listens_is_a_source_error() -> None:
    with ImapServer() as server:
        pass
    with pytest.raises(SourceError, match=r"could not be reached .*refused.*: check host and port"):
        count(server)


def test_a_server_without_tls_and_a_bad_certificate_have_different_errors(imap: ImapServer) -> None:
    with pytest.raises(SourceError, match="does not support TLS on this port: check the"):
        count(imap, scheme="imaps")


def test_a_refused_login_says_what_to_check_and_repeats_nothing(imap: ImapServer) -> None:
    line = (
        "mail.example.org refused the login: check the user in the location and the password "
        "that its key refers to; some providers require an app password"
    )
    with pytest.raises(SourceError, match=f"^{line}$") as refused:
        count(imap, password="another")
    assert (refused.value.__cause__, refused.value.__suppress_context__) == (None, True)


def test_login_is_used_where_plain_is_not_offered(imap: ImapServer) -> None:
    imap.can, imap.password = "IMAP4rev1", r"a \"b\" \\"
    assert count(imap, password='a "b" \\') == 1
    assert imap.asked("LOGIN") == [r'LOGIN "sam@example.org" "a \"b\" \\"']


@pytest.mark.parametrize(
    ("can", "password"),
    [
        ("IMAP4rev1 LOGINDISABLED AUTH=XOAUTH2", "secret"),
        ("IMAP4rev1", "p\u00e4ss"),
        ("IMAP4rev1", "a\r\nZ1 DELETE INBOX"),
    ],
)
def test_a_login_that_cannot_be_sent_is_not_tried(
    imap: ImapServer, can: str, password: str
) -> None:
    imap.can = can
    with pytest.raises(
        SourceError, match="does not accept a login with this user and password: see"
    ):
        count(imap, password=password)
    assert imap.commands == ["CAPABILITY"]


@pytest.mark.parametrize(
    ("name", "wire"),
    [
        ("~peter/mail/\u53f0\u5317/\u65e5\u672c\u8a9e", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
        ("Entw\u00fcrfe", "Entw&APw-rfe"),
        ("Q&A", "Q&-A"),
        ("\U0001f4f0", "&2D3c8A-"),
    ],
)
def test_a_folder_name_goes_out_in_modified_utf7(name: str, wire: str) -> None:
    assert modified_utf7(name) == wire


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("imaps://sam@mail.example.org", ("mail.example.org", 993, "sam", "INBOX", True)),
        ("imap://sam@mail.example.org:1143/", ("mail.example.org", 1143, "sam", "INBOX", False)),
        ("IMAP://s%40x.org@[::1]/A%20b/c", ("::1", 143, "s@x.org", "A b/c", False)),
        ("imaps://s@x.org@h/Entw%C3%BCrfe", ("h", 993, "s@x.org", "Entw\u00fcrfe", True)),
    ],
)
def test_a_location_is_read(location: str, address: tuple[str, int, str, str, bool]) -> None:
    host, port, user, folder, is_tls = address
    expected = ImapAddress(host=host, port=port, user=user, folder=folder, is_tls=is_tls)
    assert (is_imap(location), read_location(location)) == (True, expected)


@pytest.mark.parametrize(
    "location",
    [
        "imaps://mail.example.org/INBOX",
        "imaps://sam-user@/INBOX",
        "imaps://sam-user@mail.example.org:99999/",
        "imaps://sam-user@[mail/",
        "imaps://sam-user:secret@mail.example.org/",
        "imaps://sam-user@mail.example.org/a?b",
        "imaps://sam-user@mail.example.org/a#b",
        "imaps://sam-user%0D%0AZ1@mail.example.org/",
        "imaps://sam-user@mail.example.org/%E9",
        "pop3://sam-user@mail.example.org/",
    ],
)
def test_an_invalid_location_is_refused_without_showing_its_user(location: str) -> None:
    with pytest.raises(SourceError, match="IMAP address") as refused:
        read_location(location)
    assert [word for word in ("sam-user", "secret") if word in str(refused.value)] == []


def test_a_path_is_not_an_imap_address() -> None:
    assert [is_imap(path) for path in ("Maildir", "imap/Maildir", "imaps")] == [False] * 3
