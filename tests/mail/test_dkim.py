"""
Test that other software accepts our DKIM signatures, and rejects them once the signed content was
changed.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from issue_samples import make_mail, make_recipient

from newsletter.errors import SettingsError
from newsletter.mail.merge.fields import compile_mail
from newsletter.mail.merge.mime_copy import to_mime_copies
from newsletter.mail.mime.dkim import read_key

DATE = dt.datetime(2026, 3, 5, 11, 0, tzinfo=dt.UTC)
PLACE = "[provider.relay] dkim_key"


def pem_of(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def record_of(key: rsa.RSAPrivateKey) -> bytes:
    """
    Return the DNS record that the owner of the key publishes.
    """
    raw = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"v=DKIM1; k=rsa; p={base64.b64encode(raw).decode()}".encode()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signed(key: rsa.RSAPrivateKey, text: str = "Hello\n\n\n") -> bytes:
    mail = make_mail(
        text=text,
        subject="Grüße " * 20,
        headers=(
            ("List-Unsubscribe", "<https://news.example.org/u/1>"),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ),
    )
    copy = to_mime_copies(compile_mail(mail)).fill(make_recipient(), date=DATE)
    signer = read_key(pem_of(key), selector="s1", place=PLACE)
    return b"".join(
        (signer.sign_message(copy.header_block, copy.body, domain="example.org"), *copy.parts)
    )


def is_verified(raw: bytes, key: rsa.RSAPrivateKey) -> bool:
    asked: list[bytes] = []

    def look_up(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return record_of(key)

    verified: bool = dkim.verify(raw, dnsfunc=look_up)
    assert asked == [b"s1._domainkey.example.org."]
    return verified


@pytest.mark.parametrize("text", ["Hello", "\n\n\n", ".\n. \n", " \t\n x"])
def test_other_software_accepts_the_signature(key: rsa.RSAPrivateKey, text: str):
    raw = signed(key, text)
    assert is_verified(raw, key)
    assert max(len(line) for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n")) <= 78


@pytest.mark.parametrize(
    "change",
    [
        lambda raw: raw.replace(b"Hello", b"Hullo"),
        lambda raw: raw.replace(b"u/1>", b"u/2>"),
        lambda raw: raw.replace(b"\r\nTo: ", b"\r\nFrom: eve@example.net\r\nTo: ", 1),
        lambda raw: raw.replace(b"Subject: ", b"Subject: Re: ", 1),
    ],
    ids=["body", "unsubscribe", "another From", "subject"],
)
def test_a_changed_message_is_not_accepted(
    key: rsa.RSAPrivateKey, change: Callable[[bytes], bytes]
):
    raw = signed(key)
    assert change(raw) != raw
    assert not is_verified(change(raw), key)


def test_a_header_folded_again_in_transit_is_accepted(key: rsa.RSAPrivateKey):
    raw = signed(key)
    folded = raw.replace(b"List-Unsubscribe-Post: ", b"LIST-UNSUBSCRIBE-POST:\r\n\t ")
    assert folded != raw
    assert is_verified(folded, key)


def test_a_signature_by_another_key_is_not_accepted(key: rsa.RSAPrivateKey):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert not is_verified(signed(key), other)


def test_a_key_of_another_kind_is_refused():
    with pytest.raises(SettingsError, match="must be an RSA key"):
        read_key(pem_of(ed25519.Ed25519PrivateKey.generate()), selector="s1", place=PLACE)


@pytest.mark.parametrize("pem", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_an_error_about_a_malformed_key_names_its_setting(pem: str):
    with pytest.raises(
        SettingsError, match=r"\[provider.relay\] dkim_key is not a PEM private key"
    ):
        read_key(pem, selector="s1", place=PLACE)
