"""
Whoever is limited to a list and puts people of another list on it sees no more of them than their
address, and what happened on the list: until these people have confirmed it by themselves.
"""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from api_client import ApiClient, token_for
from installation import Installation
from people_samples import confirm_by_reader
from staff_samples import BASE_URL, StaffBrowser, add_member
from web_samples import ADA, TestClient

from newsletter.actions.people import lists, search
from newsletter.actions.people.files import subscriber_files
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR, Actor, Channel, Role
from newsletter.workers.file_jobs import FileJobWorker
from subscribers.filters.model import PeopleFilter

BEN = "ben@example.org"
CONSENT = {"consent": "in a test"}
SECRETS = ("Lovelace", "analyst", "vip", "London", "called twice", "on the north pier")
# What each answer would say of somebody who has one of the secrets: rules, and filters.
RULES = (
    'email = "ada@example.org" and name contains "love"',
    'email = "ada@example.org" and tag has "vip"',
    'email = "ada@example.org" and field job = "analyst"',
    'email = "ada@example.org" and timezone = "Europe/London"',
    'email = "ada@example.org" and state = ended',
    'email = "ada@example.org" and consent source contains "pier"',
    'email = "ada@example.org" and joined is set',
    'email = "ada@example.org" and mailed within 90 days',
)
FILTERS = (PeopleFilter(text="Lovelace"), PeopleFilter(tag="vip"))
LIMITED = Actor(
    name="harbor desk",
    channel=Channel.API,
    token_id=9,
    token_maker="root",
    lists=frozenset({"harbor"}),
)


@pytest.fixture
def everything(installation: Installation, api: ApiClient) -> ApiClient:
    """
    The API with every scope and list. Ada was on `north`, where much is known about her, and Ben is
    on `harbor` alone.
    """
    for slug in ("north", "harbor"):
        installation.add_list(slug)
    api.post("/fields", {"name": "job", "type": "text"})
    ada = {"name": "Ada Lovelace", "timezone": "Europe/London", "tags": ["vip"]}
    ada |= {"fields": {"job": "analyst"}, "consent": "on the north pier"}
    assert api.put(f"/subscribers/{ADA}", {"lists": ["north"], **ada}).status_code == 201
    api.post(f"/subscribers/{ADA}/notes", {"text": "called twice"})
    issue = installation.add_issue(lists=["north"])
    api.post(f"/issues/{issue}/send", {})
    installation.submit_all()
    api.post(f"/subscribers/{ADA}/subscriptions/north/end", {})
    ben = {"name": "Ben Hull", "tags": ["local"], "fields": {"job": "pilot"}, **CONSENT}
    assert api.put(f"/subscribers/{BEN}", {"lists": ["harbor"], **ben}).status_code == 201
    return api


@pytest.fixture
def harbor(installation: Installation, pages: TestClient, everything: ApiClient) -> ApiClient:
    """
    A token for `harbor`, which has put Ada on its list.
    """
    limited = ApiClient(pages, token_for(installation, name="harbor", lists=["harbor"]))
    answer = limited.put(f"/subscribers/{ADA}", {"lists": ["harbor"], **CONSENT})
    assert answer.status_code == 201
    assert [secret for secret in SECRETS if secret in answer.text] == []
    return limited


def confirm(installation: Installation) -> None:
    """
    Ada confirms `harbor` by the button in her mail.
    """
    with installation.app.database.write() as connection:
        confirm_by_reader(connection, ADA, "harbor", now=installation.now)


def answers(api: ApiClient) -> dict[str, str]:
    """
    Return what the API says of people on `harbor`, by the path.
    """
    person = f"/subscribers/{ADA}"
    paths = [person, "/subscribers", "/subscribers?list=harbor"]
    paths += [f"{person}/{each}" for each in ("notes", "history", "tags", "why", "subscriptions")]
    found = {path: api.get(path) for path in paths}
    assert {path for path, each in found.items() if each.status_code == 500} == set()
    assert found[person].json()["address"] == ADA
    return {path: each.text for path, each in found.items()}


def exported(installation: Installation, *, by: Actor = LIMITED) -> str:
    """
    Return the exports of `harbor` of every kind.
    """
    app, which = installation.app, PeopleFilter(list_slug="harbor")
    texts = []
    for as_json_lines in (False, True):
        out = io.StringIO()
        subscriber_files.export_people(app, which, out, as_json_lines=as_json_lines, by=by)
        texts.append(out.getvalue())
    for product in ("ghost", "keila"):
        binary = io.BytesIO()
        subscriber_files.export_for_product(
            app, which, binary, product=product, with_notes=True, by=by
        )
        texts.append(binary.getvalue().decode())
    assert [ADA in text for text in texts] == [True] * 4
    return "\n".join(texts)


def leaks(texts: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (where, secret) for where, text in texts.items() for secret in SECRETS if secret in text
    ]


def test_a_token_learns_nothing_of_a_person_whom_it_put_on_its_list(harbor: ApiClient) -> None:
    assert leaks(answers(harbor)) == []
    assert "Ben Hull" in answers(harbor)["/subscribers"]


def test_once_the_person_has_confirmed_the_list_its_token_sees_them(
    installation: Installation, harbor: ApiClient
) -> None:
    confirm(installation)
    found = harbor.get(f"/subscribers/{ADA}").json()
    assert (found["name"], found["tags"]) == ("Ada Lovelace", ["vip"])
    assert found["fields"] == {"job": "analyst"}
    # What was agreed to on the other list stays there.
    assert "on the north pier" not in "".join(answers(harbor).values())


def test_a_form_that_anybody_can_fill_in_confirms_nothing(
    installation: Installation, harbor: ApiClient, pages: TestClient
) -> None:
    """
    Also if the list asks for no confirmation.
    """
    harbor.post(f"/subscribers/{ADA}/subscriptions/harbor/end", {})
    lists.edit(
        installation.app, "harbor", ListValues(opt_in="single", visibility="public"), by=OPERATOR
    )
    assert pages.post("/join/harbor", data={"email": ADA}).status_code == 200
    assert leaks(answers(harbor)) == []


def test_whoever_sees_all_lists_sees_all_of_the_person(
    everything: ApiClient, harbor: ApiClient
) -> None:
    assert everything.get(f"/subscribers/{ADA}").json()["name"] == "Ada Lovelace"


def test_an_export_of_the_list_has_nothing_that_a_person_brought_from_elsewhere(
    installation: Installation, harbor: ApiClient
) -> None:
    text = exported(installation)
    assert [secret for secret in SECRETS if secret in text] == []
    assert ("Ben Hull" in text, "pilot" in text, "local" in text) == (True, True, True)
    confirm(installation)
    assert "Ada Lovelace" in exported(installation)


def test_people_from_elsewhere_are_found_by_nothing_but_their_address(
    installation: Installation, harbor: ApiClient
) -> None:
    def found(which: PeopleFilter) -> list[str]:
        parts = search.find(installation.app, which, by=LIMITED)
        return [str(each.person.email) for part in parts for each in part]

    narrowed = [replace(each, list_slug="harbor") for each in FILTERS]
    assert [which for which in narrowed if found(which)] == []
    assert found(PeopleFilter(list_slug="harbor", tag="local")) == [BEN]
    assert found(PeopleFilter(list_slug="harbor", text="ada@")) == [ADA]
    assert harbor.get("/subscribers?tag=vip").json()["items"] == []
    confirm(installation)
    assert [found(which) for which in narrowed] == [[ADA]] * 2


def test_segments_tell_nothing_of_people_from_elsewhere(
    installation: Installation, harbor: ApiClient
) -> None:
    answered = []
    for number, rule in enumerate(RULES):
        for asked in (rule, f"not ({rule})"):
            name = f"s{number}{'n' if asked != rule else ''}"
            body = {"name": name, "rule": asked, "list": "harbor"}
            assert harbor.post("/segments", body).status_code == 201, asked
            counts = [
                harbor.get(f"/segments/{name}/counts").json()["people"],
                harbor.get(f"/segments/{name}/explanation").json()["people"],
                len(harbor.get(f"/segments/{name}/sample").json()["people"]),
                len(harbor.get(f"/subscribers?segment={name}").json()["items"]),
            ]
            # Of the two on the list, no rule is true of Ada, so that all say of both is the same.
            if set(counts) != {0 if asked == rule else 2}:
                answered.append((asked, counts))
    assert answered == []


def test_the_newsroom_tells_nothing_of_people_from_elsewhere(
    installation: Installation, harbor: ApiClient, pages: TestClient
) -> None:
    add_member(installation, "own@example.org", role=Role.OWNER)
    add_member(installation, "hal@example.org", role=Role.PEOPLE, lists=["harbor"])
    with TestClient(pages.app, base_url=BASE_URL, follow_redirects=False) as client:
        browser = StaffBrowser(client)
        browser.log_in("hal@example.org")
        number = harbor.get(f"/subscribers/{ADA}").json()["id"]
        paths = [f"/admin/people/{number}", "/admin/people", "/admin/people?q=ada"]
        paths += ["/admin/people?q=Lovelace", "/admin/people?q=Ada+Lovelace"]
        paths += [f"/admin/people/{number}/{each}" for each in ("emails", "consents", "segments")]
        texts = {}
        for path in paths:
            answer = browser.get(path)
            assert answer.status_code == 200, path
            texts[path] = answer.text.replace("q=Lovelace", "").replace('value="Lovelace"', "")
        assert ADA in texts[paths[0]]
        assert ADA in texts["/admin/people?q=ada"]
        typed = [path for path in paths if "Lovelace" in path]
        assert [path for path in typed if ADA in texts.pop(path)] == []
        assert leaks(texts) == []


def test_an_import_brings_nothing_along(
    installation: Installation, pages: TestClient, everything: ApiClient
) -> None:
    limited = ApiClient(pages, token_for(installation, name="harbor", lists=["harbor"]))
    file = {"name": "people.csv", "text": f"email,name\n{ADA},Somebody\n"}
    started = limited.post("/imports", {"list": "harbor", "files": [file], **CONSENT})
    assert started.status_code == 201, started.text
    FileJobWorker(installation.app, wait=lambda _seconds: False).work_due()
    assert leaks(answers(limited)) == []


def test_acts_on_many_people_tell_nothing_of_people_from_elsewhere(harbor: ApiClient) -> None:
    answered: dict[str, Any] = {}
    for which in ({"tag": "vip"}, {"text": "Lovelace"}):
        body = {"list": "harbor", "which": {"list": "harbor", **which}, "dry_run": True}
        answer = harbor.post("/bulk/unsubscribe", body)
        assert answer.status_code == 200, answer.text
        answered[str(which)] = answer.json()["people"]
    assert set(answered.values()) == {0}, answered
