"""
What keeps bots away from the sign-up form, without telling them.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import altcha
import dns.resolver
import pytest
from installation import Installation
from proof.zone import served
from signup_pages import send_form
from web_samples import TestClient

from newsletter.store.issues.list_settings import ListSettings, set_list_settings
from newsletter.web.application import make_web
from newsletter.web.public.proof import CHALLENGE_PATH
from subscribers.lists import find_list
from subscribers.model import Visibility
from subscribers.requests.model import RequestKind
from subscribers.requests.records import load_request


def add_daily(installation: Installation, **settings: Any) -> None:
    installation.add_list("daily", visibility=Visibility.PUBLIC)
    with installation.app.database.write() as connection:
        number = find_list(connection, "daily").id
        set_list_settings(connection, number, ListSettings(**settings))


def answers_of(installation: Installation, number: int = 1) -> Any:
    """
    Return what the request of that number keeps, or None if there is no such request.
    """
    with installation.app.database.read() as connection:
        found = load_request(connection, number)
    return None if found is None else found.answers


@contextlib.contextmanager
def site(folder: Path, url: str, installation: Installation, **signup: Any) -> Iterator[Any]:
    """
    Make a site with these settings of [signup], whose DNS knows one domain.
    """
    own = Installation(folder, url, now=installation.now, signup=signup)
    add_daily(own)
    zone = {"mail.example.org": "mail.example.org. IN MX 10 mx.example.org."}
    with contextlib.closing(own), served(zone) as port:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], port
        web = make_web(own.app, stopping=threading.Event(), resolver=resolver)
        with TestClient(web) as pages:
            yield own, pages


def solution(pages: TestClient) -> str:
    challenge = altcha.Challenge.from_dict(pages.get(CHALLENGE_PATH).json())
    found = altcha.solve_challenge(challenge, counter_start=100)
    assert found is not None
    return altcha.Payload(challenge, found).to_base64()


def test_without_the_proof_a_few_people_are_taken_and_the_answer_does_not_tell(
    installation: Installation, pages: TestClient
) -> None:
    add_daily(installation, needs_proof_of_work=True)
    answers = [
        send_form(installation, pages, "/join/daily", email=f"p{n}@example.org") for n in range(6)
    ]
    assert len({answer.content for answer in answers}) == 1
    assert (answers_of(installation, 5), answers_of(installation, 6)) == ({}, None)

    proof = solution(pages)
    solved = send_form(installation, pages, "/join/daily", email="q@example.org", altcha=proof)
    assert solved.content == answers[0].content
    assert answers_of(installation, 6) == {}


def test_a_refused_domain_gets_the_same_answer_and_no_email(
    installation: Installation, tmp_path: Path, database_url: str
) -> None:
    with site(tmp_path, database_url, installation, disposable_domains="refuse") as (own, pages):
        refused, taken = (
            send_form(own, pages, "/join/daily", email=email)
            for email in ("ada@mailinator.com", "ada@example.org")
        )
        assert refused.content == taken.content
        assert (answers_of(own, 1), answers_of(own, 2)) == ({}, None)


@pytest.mark.parametrize(
    ("choice", "kept"), [("warn", {"warnings": ["no_mail"]}), ("refuse", None)]
)
def test_a_domain_without_email_is_looked_up_after_the_answer(
    installation: Installation, tmp_path: Path, database_url: str, choice: str, kept: Any
) -> None:
    with site(tmp_path, database_url, installation, mx_lookup=choice) as (own, pages):
        good, bad = (
            send_form(own, pages, "/join/daily", email=f"ada@{domain}")
            for domain in ("mail.example.org", "nowhere.example.org")
        )
        assert good.content == bad.content
        assert [answers_of(own, number) for number in (1, 2)] == [{}, kept]


def test_a_reader_at_a_domain_that_is_refused_today_still_gets_the_link_to_their_settings(
    installation: Installation, tmp_path: Path, database_url: str
) -> None:
    with site(tmp_path, database_url, installation, disposable_domains="refuse") as (own, pages):
        own.subscribe(["ada@mailinator.com"])
        pages.post("/find", data={"email": "ada@mailinator.com"})
        with own.app.database.read() as connection:
            found = load_request(connection, 1)
    assert found is not None
    assert found.kind is RequestKind.FIND
