"""
People who are also on a list out of reach: nobody learns it from adding, importing or exporting
them, and what all their lists share stays as it is.
"""

from __future__ import annotations

from typing import Any

import pytest
from api_client import ApiClient, kind_of, token_for
from installation import Installation
from people_samples import confirm_by_reader
from web_samples import ADA, TestClient

from newsletter.workers.file_jobs import FileJobWorker

GRACE = "grace@example.org"
NEW = "new@example.org"
CONSENT = {"consent": "in a test"}
MINE: dict[str, Any] = {
    "name": "Mine",
    "timezone": "Europe/Oslo",
    "language": "de",
    "tags": ["mine"],
    "fields": {"berth": "mine"},
}


@pytest.fixture
def everything(installation: Installation, api: ApiClient) -> ApiClient:
    """
    The API with every scope and list. Ada is on the weekly list, and Grace on both; she confirmed
    the daily one by herself.
    """
    for slug in ("daily", "weekly"):
        installation.add_list(slug)
    api.post("/fields", {"name": "berth", "type": "text"})
    theirs = {"name": "Theirs", "tags": ["theirs"], "fields": {"berth": "theirs"}, **CONSENT}
    for address, lists in ((ADA, ["weekly"]), (GRACE, ["daily", "weekly"])):
        made = api.put(f"/subscribers/{address}", {"lists": lists, **theirs})
        assert made.status_code == 201, made.text
    with installation.app.database.write() as connection:
        confirm_by_reader(connection, GRACE, "daily", now=installation.now)
    return api


@pytest.fixture
def limited(installation: Installation, pages: TestClient, everything: ApiClient) -> ApiClient:
    """
    A token for the daily list.
    """
    return ApiClient(pages, token_for(installation, name="limited", lists=["daily"]))


def shared_values(everything: ApiClient, address: str) -> dict[str, Any]:
    found = everything.get(f"/subscribers/{address}").json()
    return {name: found[name] for name in ("name", "timezone", "language", "tags", "fields")}


def work(installation: Installation) -> None:
    FileJobWorker(installation.app, wait=lambda _seconds: False).work_due()


@pytest.mark.parametrize("consent", [{}, CONSENT])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_somebody_on_another_list_is_added_as_somebody_new(
    limited: ApiClient, everything: ApiClient, method: str, consent: dict[str, str]
) -> None:
    before = shared_values(everything, ADA)

    def add(address: str) -> Any:
        body = {"lists": ["daily"], **MINE, **consent}
        if method == "PUT":
            return limited.put(f"/subscribers/{address}", body)
        return limited.post("/subscribers", {"address": address, **body})

    known, new = add(ADA), add(NEW)
    assert known.status_code == new.status_code == 201, known.text
    assert known.json()["subscriptions"] == new.json()["subscriptions"]
    assert set(known.headers) == set(new.headers)
    assert shared_values(everything, ADA) == before
    weekly = everything.get(f"/subscribers/{ADA}/subscriptions/weekly").json()
    assert weekly["state"] == "active"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "wrong",
    [
        {"timezone": "Nowhere"},
        {"language": "?"},
        {"fields": {"nonesuch": "x"}},
        {"tags": ["a,b"]},
        {"lists": []},
    ],
)
def test_what_is_not_valid_is_refused_for_somebody_on_another_list_too(
    limited: ApiClient, wrong: dict[str, Any]
) -> None:
    answers = [
        limited.put(f"/subscribers/{address}", {"lists": ["daily"], **CONSENT, **wrong})
        for address in (ADA, NEW)
    ]
    known, new = answers
    assert not known.is_success
    assert known.content == new.content


def test_many_at_once_are_answered_as_new_and_keep_what_lists_share(
    limited: ApiClient, everything: ApiClient
) -> None:
    before = {address: shared_values(everything, address) for address in (ADA, GRACE)}
    rows = [{"address": address, **MINE} for address in (ADA, NEW, GRACE)]
    done = limited.post("/bulk/subscribers", {"list": "daily", "rows": rows, **CONSENT})
    assert [each["result"] for each in done.json()["rows"]] == ["created", "created", "unchanged"]
    assert {address: shared_values(everything, address) for address in before} == before


def test_an_import_keeps_what_lists_share_and_suppresses_for_its_list_alone(
    installation: Installation, limited: ApiClient, everything: ApiClient
) -> None:
    before = {address: shared_values(everything, address) for address in (ADA, GRACE)}
    text = (
        "email,name,language,timezone,tags,notes,berth,status\n"
        f"{ADA},Mine,de,Europe/Oslo,mine,mine,mine,active\n"
        f"{GRACE},Mine,de,Europe/Oslo,mine,mine,mine,complained\n"
        f"{NEW},Mine,de,Europe/Oslo,mine,mine,mine,active\n"
    )
    body = {"files": [{"name": "a.csv", "text": text}], "list": "daily", **CONSENT}
    tried = limited.post("/import-trials", body).json()
    assert (tried["created"], tried["updated"]) == (2, 1)
    started = limited.post("/imports", body).json()
    work(installation)
    done = limited.get(f"/imports/{started['id']}").json()
    assert (done["counts"]["created"], done["counts"]["updated"]) == (2, 1)
    assert {address: shared_values(everything, address) for address in before} == before
    for address in before:
        assert everything.get(f"/subscribers/{address}/notes").json()["items"] == []
    weekly = everything.get(f"/subscribers/{GRACE}/subscriptions/weekly").json()
    assert (weekly["state"], weekly["is_suppressed"]) == ("active", False)
    assert shared_values(everything, NEW)["name"] == "Mine"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_import_that_may_have_changed_other_lists_is_not_undone_for_one(
    installation: Installation, limited: ApiClient, everything: ApiClient
) -> None:
    files = [{"name": "a.csv", "text": f"email,name\n{GRACE},New name\n"}]
    for who, status in ((everything, 409), (limited, 200)):
        started = who.post("/imports", {"files": files, "list": "daily", **CONSENT}).json()
        work(installation)
        assert limited.post(f"/imports/{started['id']}/undo").status_code == status
    assert shared_values(everything, GRACE)["name"] == "New name"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_export_of_a_segment_shows_people_as_they_are_on_its_list(
    installation: Installation, limited: ApiClient
) -> None:
    limited.post("/segments", {"name": "mine", "rule": "tag is set", "list": "daily"})
    started = limited.post("/exports", {"which": {"segment": "mine"}, "format": "jsonl"})
    work(installation)
    text = limited.get(f"/exports/{started.json()['id']}/file").text
    assert GRACE in text
    assert "weekly" not in text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_values_of_a_field_and_uses_of_a_segment_are_counted_within_reach(
    limited: ApiClient, everything: ApiClient
) -> None:
    assert limited.get("/fields/berth/counts").json() == {"people": 1}
    assert everything.get("/fields/berth/counts").json() == {"people": 2}
    limited.post("/segments", {"name": "mine", "rule": "tag is set", "list": "daily"})
    everything.post("/issues", {"lists": ["weekly"], "segment": "mine"})
    own = limited.post("/issues", {"lists": ["daily"], "segment": "mine"}).json()["id"]
    assert limited.get("/segments/mine/uses").json() == {"issues": [own], "schedules": []}
    limited.post(f"/issues/{own}/cancel")
    refused = limited.delete("/segments/mine")
    assert kind_of(refused) == "refused"
    assert refused.json()["detail"] == (
        "segment mine is used for a list that you do not see: it stays"
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_tags_of_people_on_other_lists_are_tags_of_nobody(
    limited: ApiClient, everything: ApiClient
) -> None:
    everything.patch(f"/subscribers/{ADA}", {"tags": ["secret"]})
    everything.patch(f"/subscribers/{GRACE}", {"tags": ["shared"]})
    rule = "tag in (secret, secrets, share)"
    limited.post("/segments", {"name": "mine", "rule": rule, "list": "daily"})
    counted = limited.get("/segments/mine/counts").json()
    assert counted["unused_tags"] == {"secret": None, "secrets": None, "share": "shared"}
    counted = everything.get("/segments/mine/counts").json()
    assert counted["unused_tags"] == {"secrets": "secret", "share": "shared"}
