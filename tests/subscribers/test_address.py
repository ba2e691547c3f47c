from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.errors import InvalidAddress
from subscribers.validation.address import Address, parse_address, parse_unusual_address

LETTERS = "aZ09_+.-@=!'\"<>[] \u200b\u212aüx"
LABELS = ["example", "xn--bcher-kva", "xn--x", "a--b", "ab--c", "-x", "x-", "9", "a" * 63, "b" * 64]
TOPS = ["com", "c", "COM", "test", "LOCAL", "c0m", "m-e", "123", "xn--p1ai", "x1"]


def outcome(parse: object, text: str) -> Address | None:
    try:
        return parse(text)  # type: ignore[operator, no-any-return]
    except InvalidAddress:
        return None


@given(
    st.text(LETTERS, max_size=70),
    st.lists(st.sampled_from(LABELS), max_size=5),
    st.sampled_from(TOPS),
)
def test_the_fast_path_agrees_with_email_validator(local: str, labels: list[str], top: str) -> None:
    text = f"{local}@{'.'.join([*labels, top])}"

    assert outcome(parse_address, text) == outcome(parse_unusual_address, text)


@given(st.from_regex(r"[A-Za-z0-9_+.-]{1,66}@[A-Za-z0-9.-]{1,70}\.[A-Za-z]{1,4}", fullmatch=True))
def test_the_fast_path_agrees_on_what_looks_like_an_address(text: str) -> None:
    assert outcome(parse_address, text) == outcome(parse_unusual_address, text)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_is_an_address_or_refused_in_one_line(before: str, after: str) -> None:
    found = outcome(parse_address, f"{before}@{after}")

    if found is None:
        with pytest.raises(InvalidAddress, match=r"\A.+\Z"):
            parse_address(f"{before}@{after}")
    else:
        assert found.key.isascii()
        assert found.key == found.email.lower()
        assert parse_address(found.email) == found


def test_the_local_part_stays_as_typed_and_the_key_is_lower() -> None:
    assert parse_address(" Ada.Lovelace@Example.ORG\u00a0") == Address(
        "Ada.Lovelace@example.org", "ada.lovelace@example.org"
    )


def test_invisible_characters_are_removed() -> None:
    assert parse_address("\ufeffze\u200bro@example.org").email == "zero@example.org"


def test_a_domain_in_another_alphabet_becomes_its_a_label() -> None:
    assert parse_address("ada@Bücher.example").email == "ada@xn--bcher-kva.example"


def test_a_role_name_keeps_its_capitals() -> None:
    assert parse_address("Postmaster@mail.example.org").email == "Postmaster@mail.example.org"


@pytest.mark.parametrize(
    "text",
    [
        "no-at-sign.example.com",
        "two@@example.com",
        "a@b",
        "",
        "@example.com",
        "dot..dot@example.com",
        "ünal@example.org",
        "\u212aelvin@example.org",
        '"quoted local"@example.com',
        "ada@[192.0.2.1]",
        "trailing.dot@example.com.",
        "-rf@example.com",
        "=1+1@example.com",
        "x@example.com; y@example.com",
        "a\n@example.com",
        f"{'a' * 65}@example.com",
        f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.com",
    ],
)
def test_an_address_that_not_every_provider_accepts_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        parse_address(text)


def test_the_longest_address_of_254_characters_is_accepted() -> None:
    text = f"{'a' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 57}.com"

    assert len(parse_address(text).email) == 254
