"""
Tokens of the API: which are accepted, and what they allow.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import random
import re
import string
import zlib

import pytest
from api_client import ApiClient, kind_of, token_for
from installation import Installation
from web_samples import TestClient

from newsletter.access import members as accounts
from newsletter.actions.access import tokens
from newsletter.errors import InvalidValue, Refused
from newsletter.model.access import OPERATOR, Permission, Role
from newsletter.model.api_token import number_in, token_text
from newsletter.model.staff import MemberState
from newsletter.store.access import members
from subscribers.validation.address import parse_address

FORM = re.compile(r"nl_[1-9][0-9]*_[0-9A-Za-z]{49}")
LETTERS = string.ascii_letters + string.digits


def test_a_request_without_a_token_is_told_how_to_send_one(pages: TestClient) -> None:
    response = pages.get("/api/v1/lists")
    assert kind_of(response) == "no-token"
    assert response.headers["www-authenticate"] == 'Bearer realm="newsletter"'


@pytest.mark.parametrize(
    "header",
    [
        b"", b"Bearer", b"Bearer ", b"Basic YTpi", b"Bearer \xff\xfe\x80", b"bearer nl_1_",
        b"nl_1_x",
        b"Bearer nl_" + b"9" * 30 + b"_" + b"a" * 49, "Bearer nl_١_".encode() + b"a" * 49,
        b"Bearer " + b"a" * 8000, b"Bearer \xc3\xa9, Bearer x", b"Bearer a b",
    ],
)  # fmt: skip
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_hostile_header_is_refused_without_an_error(pages: TestClient, header: bytes) -> None:
    response = pages.get("/api/v1/lists", headers={b"Authorization": header})
    assert response.status_code == 401
    assert kind_of(response) == "no-token"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_tokens_or_a_cookie_are_no_token(pages: TestClient, installation: Installation) -> None:
    token = token_for(installation)
    twice = [("Authorization", f"Bearer {token}")] * 2
    assert pages.get("/api/v1/lists", headers=twice).status_code == 401
    cookie = {"Cookie": f"token={token}; authorization=Bearer {token}"}
    assert pages.get("/api/v1/lists", headers=cookie).status_code == 401


def test_a_token_is_of_no_use_once_it_has_expired_or_was_revoked(
    installation: Installation, pages: TestClient
) -> None:
    token = token_for(installation, name="short", lifetime=dt.timedelta(days=1))
    api = ApiClient(pages, token)
    assert api.get("/lists").status_code == 200
    installation.now += dt.timedelta(days=1)
    assert kind_of(api.get("/lists")) == "no-token"
    other = ApiClient(pages, token_for(installation, name="other"))
    assert other.get("/lists").status_code == 200
    tokens.revoke(installation.app, "other", by=OPERATOR)
    assert kind_of(other.get("/lists")) == "no-token"


def test_a_token_may_do_only_what_its_scopes_name(
    installation: Installation, pages: TestClient
) -> None:
    api = ApiClient(pages, token_for(installation, [Permission.LISTS_READ]))
    assert api.get("/lists").status_code == 200
    refused = api.post("/lists", {"slug": "daily", "name": "Daily"})
    assert kind_of(refused) == "forbidden"
    assert "lists:write" in refused.json()["detail"]


def test_only_who_may_ask_learns_what_is_wrong_with_a_request(
    installation: Installation, pages: TestClient
) -> None:
    wrong = "/lists?limit=none"
    assert kind_of(ApiClient(pages, "wrong").get(wrong)) == "no-token"
    people = token_for(installation, [Permission.PEOPLE_READ], name="people")
    assert kind_of(ApiClient(pages, people).get(wrong)) == "forbidden"
    lists = ApiClient(pages, token_for(installation, [Permission.LISTS_READ], name="lists"))
    assert kind_of(lists.get(wrong)) == "invalid"


def test_its_last_use_is_written_once_a_minute(
    installation: Installation, pages: TestClient
) -> None:
    api = ApiClient(pages, token_for(installation))
    begun = installation.now
    for seconds in (0, 59, 60):
        installation.now = begun + dt.timedelta(seconds=seconds)
        api.get("/lists")
    (token,) = tokens.all_of(installation.app, by=OPERATOR)
    assert token.last_used_at == begun + dt.timedelta(seconds=60)
    installation.now += dt.timedelta(seconds=59)
    api.get("/lists")
    (token,) = tokens.all_of(installation.app, by=OPERATOR)
    assert token.last_used_at == begun + dt.timedelta(seconds=60)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_of_a_thousand_wrong_tokens_none_is_accepted(
    installation: Installation, pages: TestClient
) -> None:
    random_numbers = random.Random(31)
    good = [token_for(installation, name=f"token {number}") for number in range(10)]
    expired = token_for(installation, name="expired", lifetime=dt.timedelta(seconds=1))
    revoked = token_for(installation, name="revoked")
    tokens.revoke(installation.app, "revoked", by=OPERATOR)
    installation.now += dt.timedelta(seconds=1)
    wrong = {expired, revoked}
    while len(wrong) < 1000:
        wrong |= {_spoilt(random_numbers, good)} - set(good)
    accepted = [
        token
        for token in sorted(wrong)
        if pages.get(
            "/api/v1/lists", headers={"Authorization": f"Bearer {token}".encode()}
        ).status_code
        != 401
    ]
    assert (len(wrong), accepted) == (1000, [])
    assert all(ApiClient(pages, token).get("/lists").status_code == 200 for token in good)


def _spoilt(chance: random.Random, good: list[str]) -> str:
    one, other = chance.sample(good, 2)
    start, secret = one[: one.rindex("_") + 1], one[one.rindex("_") + 1 :]
    match chance.randrange(6):
        case 0:  # truncated
            return one[: chance.randrange(1, len(one))]
        case 1:  # one letter changed
            at = chance.randrange(len(one))
            return one[:at] + chance.choice(LETTERS) + one[at + 1 :]
        case 2:  # the secret of another
            return start + other[other.rindex("_") + 1 :]
        case 3:  # the secret of another, with a checksum that fits
            return _with_checksum(start + other[other.rindex("_") + 1 :][:43])
        case 4:  # forged
            return token_text(chance.randrange(1, 20), chance.randbytes(32))
        case _:  # lengthened
            return one + chance.choice(LETTERS) + secret[: chance.randrange(5)]


def _with_checksum(start: str) -> str:
    digits, number, text = string.digits + string.ascii_uppercase + string.ascii_lowercase, 0, ""
    number = zlib.crc32(start.encode())
    for _ in range(6):
        number, digit = divmod(number, 62)
        text = digits[digit] + text
    return start + text


def test_a_scanner_finds_a_token_by_its_form_and_proves_it_by_its_checksum() -> None:
    text = token_text(7, bytes(range(32)))
    assert FORM.fullmatch(text)
    assert text == _with_checksum(text[:-6])
    assert number_in(text.encode()) == 7
    assert number_in(text[:-1].encode() + b"0") is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_a_hash_of_a_token_is_stored(installation: Installation) -> None:
    token = token_for(installation)
    secret = token[token.rindex("_") + 1 :][:43].encode()
    files = installation.folder.glob("newsletter.db*")
    assert not any(secret in file.read_bytes() for file in files)


def test_a_token_cannot_do_more_than_whoever_makes_it(installation: Installation) -> None:
    installation.add_list("daily")
    installation.add_list("weekly")
    limited = dataclasses.replace(
        OPERATOR,
        permissions=frozenset({Permission.LISTS_READ, Permission.TOKENS_WRITE}),
        lists=frozenset({"daily"}),
    )
    with pytest.raises(Refused, match="lists:write"):
        tokens.add(installation.app, "more", by=limited, scopes=["lists:write"])
    with pytest.raises(Refused, match="list weekly"):
        tokens.add(installation.app, "more", by=limited, scopes=["lists:read"], lists=["weekly"])
    made = tokens.add(installation.app, "same", by=limited, scopes=["lists:read"])
    assert made.token.lists == {"daily"}


def test_a_scope_that_does_not_exist_is_refused(installation: Installation) -> None:
    with pytest.raises(InvalidValue, match="not a scope"):
        tokens.add(installation.app, "wrong", by=OPERATOR, scopes=["lists:destroy"])


def test_a_token_limited_to_lists_sees_no_other(
    installation: Installation, pages: TestClient
) -> None:
    for slug in ("daily", "weekly"):
        installation.add_list(slug)
    api = ApiClient(pages, token_for(installation, lists=["daily"]))
    assert [each["slug"] for each in api.get("/lists").json()["items"]] == ["daily"]


def test_a_token_may_never_do_more_than_its_maker_may_now(
    installation: Installation, pages: TestClient
) -> None:
    app = installation.app
    installation.add_list("daily")
    installation.add_list("weekly")
    with app.database.write() as connection:
        ada = parse_address("ada@example.org")
        values = {"name": "Ada", "language": "en", "role": Role.EDITOR, "now": installation.now}
        number = members.add_member(connection, *ada, **values)
        assert number is not None
        members.edit_member(connection, number, state=MemberState.ACTIVE)
    maker = dataclasses.replace(OPERATOR, name="ada@example.org", staff_id=number)
    made = tokens.add(app, "hers", by=maker, scopes=["lists:read", "lists:write"])
    api = ApiClient(pages, made.text)
    assert api.patch("/lists/weekly", {"name": "W"}).status_code == 200
    with app.database.write() as connection:
        members.edit_member(connection, number, role=Role.AUTHOR)
        members.set_lists(connection, number, ["daily"])
    assert kind_of(api.patch("/lists/daily", {"name": "D"})) == "forbidden"
    assert api.get("/lists/daily").status_code == 200
    assert kind_of(api.get("/lists/weekly")) == "not-found"
    with app.database.write() as connection:
        accounts.remove(connection, accounts.find_member(connection, ada.email), now=app.clock())
    assert kind_of(api.get("/lists/daily")) == "no-token"
    (token,) = tokens.all_of(app, by=OPERATOR)
    assert token.revoked_at == installation.now
