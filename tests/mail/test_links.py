"""
The signed URLs of requests and settings: each opens one page, and none stands for another.
"""

from __future__ import annotations

import pytest

from newsletter.mail.links import PREFERENCES, TEST_TOKEN, Links, request_purpose
from subscribers.errors import BadToken
from subscribers.requests.model import RequestKind
from subscribers.tokens import KeyRing

LINKS = Links(base_url="https://news.example.org", keys=KeyRing(b"a secret of at least sixteen"))


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


@pytest.mark.parametrize("kind", RequestKind)
def test_the_link_of_a_request_names_it_and_its_epoch(kind: RequestKind) -> None:
    token = token_of(LINKS.request(kind, 17, "ab12"))

    assert LINKS.read(request_purpose(kind), token) == (17, "ab12")


@pytest.mark.parametrize("kind", RequestKind)
def test_the_link_of_a_request_opens_no_other_page(kind: RequestKind) -> None:
    token = token_of(LINKS.request(kind, 17, "ab12"))

    for purpose in {PREFERENCES, *map(request_purpose, RequestKind)} - {request_purpose(kind)}:
        with pytest.raises(BadToken):
            LINKS.read(purpose, token)


def test_each_kind_of_request_has_a_path_of_its_own() -> None:
    urls = [
        LINKS.confirm(17, ""),
        LINKS.settings(17, ""),
        LINKS.new_address(17, ""),
        LINKS.erasure(17, ""),
        LINKS.preferences(17),
    ]

    assert [url.removeprefix(LINKS.base_url).rpartition("/")[0] for url in urls] == [
        "/c",
        "/p/find",
        "/p/address",
        "/p/erase",
        "/p",
    ]


def test_the_link_to_the_settings_names_the_person_and_a_test_mail_names_nobody() -> None:
    theirs, test = LINKS.preferences_all([5, None])

    assert LINKS.read(PREFERENCES, token_of(theirs)) == (5, "")
    assert token_of(test) == TEST_TOKEN
