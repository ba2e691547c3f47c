from __future__ import annotations

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers.errors import BadToken
from subscribers.tokens import Hmac, KeyRing

KEYS = KeyRing(b"a secret of at least sixteen bytes")
NUMBERS = st.integers(min_value=0, max_value=(1 << 63) - 1)


@given(NUMBERS, st.text(max_size=20))
def test_a_token_gives_back_its_number(number: int, purpose: str) -> None:
    assert KEYS.read(purpose, KEYS.sign(purpose, number)) == number


@given(st.lists(NUMBERS))
def test_many_tokens_at_once_are_those_made_one_by_one(numbers: list[int]) -> None:
    assert KEYS.sign_all("unsubscribe", numbers) == [
        KEYS.sign("unsubscribe", number) for number in numbers
    ]


@given(NUMBERS)
def test_a_token_is_valid_only_for_its_purpose(number: int) -> None:
    with pytest.raises(BadToken):
        KEYS.read("confirm", KEYS.sign("unsubscribe", number))


@given(NUMBERS, st.data())
def test_a_token_with_one_letter_changed_is_bad(number: int, data: st.DataObject) -> None:
    token = KEYS.sign("unsubscribe", number)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters().filter(lambda c: c != token[place]))

    with pytest.raises(BadToken):
        KEYS.read("unsubscribe", token[:place] + letter + token[place + 1 :])


@given(st.text())
def test_any_other_text_is_a_bad_token(text: str) -> None:
    with pytest.raises(BadToken):
        KEYS.read("unsubscribe", text)


def test_surrogates_and_other_alphabets_are_bad_tokens() -> None:
    for text in ("\ud800" * 30, "é" * 30, "A" * 10_000, "AA" + "\0" * 22):
        with pytest.raises(BadToken):
            KEYS.read("unsubscribe", text)


def test_the_link_of_the_largest_number_fits_a_header_line() -> None:
    token = KEYS.sign("unsubscribe", (1 << 63) - 1)

    assert len(f"<https://news.example.org/u/{token}>") <= 76


def test_tokens_of_a_former_secret_are_still_valid() -> None:
    old = KeyRing(b"the secret of last year")
    rings = KeyRing(b"the secret of this year", former=[b"the secret of last year"])

    assert rings.read("unsubscribe", old.sign("unsubscribe", 7)) == 7
    with pytest.raises(BadToken):
        old.read("unsubscribe", rings.sign("unsubscribe", 7))


def test_a_number_written_with_a_leading_zero_is_a_bad_token() -> None:
    token = KEYS.sign("unsubscribe", 7)

    with pytest.raises(BadToken):
        KEYS.read("unsubscribe", token[0] + "A" + token[1:])


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        KeyRing(b"short")


def test_the_fingerprint_of_an_address_depends_on_the_secret() -> None:
    former = KeyRing(b"the secret of last year").fingerprints("ada@example.org")
    both = KeyRing(b"the secret of this year", former=[b"the secret of last year"])

    assert both.fingerprints("ada@example.org")[1:] == former
    assert "ada" not in "".join(both.fingerprints("ada@example.org"))


@given(st.binary(min_size=16, max_size=200), st.binary(max_size=200))
def test_a_text_is_signed_as_the_standard_library_signs_it(key: bytes, text: bytes) -> None:
    ends = [b"", b"1", b"22"]
    expected = [hmac.digest(key, text + end, "sha256") for end in ends]
    assert Hmac(key).digests(text, ends) == expected
