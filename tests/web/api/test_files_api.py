"""
Imports and exports by the API: as jobs that `newsletter serve` works.
"""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any

import pytest
from api_client import ApiClient, kind_of, token_for
from installation import Installation
from web_samples import ADA, TestClient

from newsletter.actions.people.files import exports
from newsletter.actions.people.files.uploads import upload_folder
from newsletter.web.api.mount import MAX_BYTES, UPLOADS
from newsletter.workers.file_jobs import FileJobWorker

PEOPLE = "email,name\nada@example.org,Ada\nnobody,Nobody\n"


def body(text: str = PEOPLE, **more: Any) -> dict[str, Any]:
    return {
        "files": [{"name": "people.csv", "text": text}],
        "list": "daily",
        "consent": "a form",
        **more,
    }


def work(installation: Installation) -> None:
    FileJobWorker(installation.app, wait=lambda _seconds: False).work_due()


@pytest.fixture
def daily(installation: Installation) -> Installation:
    installation.add_list("daily")
    installation.add_list("weekly")
    return installation


def test_a_trial_says_which_column_may_be_a_state(api: ApiClient, daily: Installation) -> None:
    given = body("email,vip\na@example.org,yes\nb@example.org,no\n")
    tried = api.post("/import-trials", given).json()
    assert tried["by_status"] == {}, "nobody is active by a column that is not understood"
    assert "the column 'vip' may say who must not be emailed" in str(tried["hints"])
    decided = api.post("/import-trials", {**given, "columns": {"vip": "status"}}).json()
    assert (decided["by_status"], decided["hints"]) == ({"active": 1, "unsubscribed": 1}, [])


def test_an_import_is_tried_started_worked_and_undone(api: ApiClient, daily: Installation) -> None:
    tried = api.post("/import-trials", body()).json()
    assert (tried["created"], tried["invalid"]) == (1, 1)
    assert not list(upload_folder(daily.app).iterdir())
    started = api.post("/imports", body(), Idempotency_Key="k")
    assert started.status_code == 201, started.text
    assert api.post("/imports", body(), Idempotency_Key="k").content == started.content
    path = started.headers["Location"].removeprefix("/api/v1")
    assert api.get(path).json()["state"] == "waiting"
    work(daily)
    done = api.get(path).json()
    assert (done["state"], done["progress"], done["rows"]) == ("done", 1.0, 2)
    assert (done["counts"]["created"], done["has_errors_file"]) == (1, True)
    assert str(upload_folder(daily.app)) not in api.get(path).text
    errors = api.get(f"{path}/errors")
    assert errors.headers["content-type"].startswith("text/csv")
    assert "nobody,Nobody" in errors.text
    assert kind_of(api.post(f"{path}/resume")) == "refused"
    assert api.get(f"{path}/undo").json()["counts"]["people"] == 1
    undoing = api.post(f"{path}/undo")
    assert undoing.json()["state"] == "undoing"
    work(daily)
    assert api.get(path).json()["state"] == "undone"
    assert kind_of(api.get(f"/subscribers/{ADA}")) == "not-found"
    assert [each["id"] for each in api.get("/imports").json()["items"]] == [done["id"]]


def test_an_import_that_waits_is_cancelled_by_its_undo(api: ApiClient, daily: Installation) -> None:
    path = api.post("/imports", body()).headers["Location"].removeprefix("/api/v1")
    assert api.post(f"{path}/undo").json()["state"] == "undoing"
    work(daily)
    assert api.get(path).json()["state"] == "undone"
    assert kind_of(api.get(f"/subscribers/{ADA}")) == "not-found"
    assert not [each for each in upload_folder(daily.app).rglob("*") if each.is_file()]


def test_archives_are_sent_as_base64_and_columns_named(api: ApiClient, daily: Installation) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("people.csv", "Mail,Who\nada@example.org,Ada\n")
    content = base64.b64encode(archive.getvalue()).decode()
    sent = body(
        files=[{"name": "people.zip", "base64": content}],
        columns={"Mail": "email", "Who": "name"},
    )
    path = api.post("/imports", sent).headers["Location"].removeprefix("/api/v1")
    work(daily)
    assert api.get(path).json()["counts"]["created"] == 1, api.get(path).text
    assert api.get(f"/subscribers/{ADA}").json()["name"] == "Ada"
    renamed = [{"name": "people.csv", "text": f"email,name\n{ADA},Augusta\n"}]
    api.post("/imports", body(files=renamed, keep_values=True))
    work(daily)
    assert api.get(f"/subscribers/{ADA}").json()["name"] == "Ada"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_files_that_cannot_be_imported_are_refused_and_leave_nothing(
    api: ApiClient, daily: Installation
) -> None:
    for wrong in (
        body(list="nonesuch"),
        body(product="nonesuch"),
        body(files=[{"name": "a.csv", "text": "a"}, {"name": "a.csv", "text": "b"}]),
        body(files=[{"name": "../a.csv", "text": PEOPLE}]),
        body(files=[{"name": "a.csv", "base64": "*"}]),
        body(files=[{"name": "a.csv"}]),
    ):
        assert api.post("/imports", wrong).status_code == 422
    folder = upload_folder(daily.app)
    assert not folder.exists() or not list(folder.iterdir())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_refused_file_is_named_without_its_place_on_the_server(
    api: ApiClient, daily: Installation
) -> None:
    content = base64.b64encode(b"PK\3\4 this is no archive").decode()
    for name, path in (
        ("people.zip", "/import-trials"),
        ("people.zip", "/imports"),
        ("people.zip", "/suppressions/import"),
        ("people.csv", "/import-trials"),
        ("people.csv", "/suppressions/import"),
    ):
        files = [{"name": name, "base64": content}]
        sent = {"file": files[0]} if "suppressions" in path else body(files=files)
        answer = api.post(path, sent)
        if answer.status_code == 201:
            work(daily)
            answer = api.get(answer.headers["Location"].removeprefix("/api/v1"))
            assert answer.json()["error"].startswith(f"{name}: ")
        else:
            assert answer.json()["detail"].startswith(f"{name}: "), (path, answer.text)
        assert str(daily.folder) not in answer.text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_a_valid_token_may_send_large_files(
    api: ApiClient, daily: Installation, pages: TestClient
) -> None:
    large = body(PEOPLE + "x" * MAX_BYTES)
    assert api.post("/imports", large).status_code == 201
    assert kind_of(ApiClient(pages, "nl_1_x").post("/imports", large)) == "too-large"
    assert kind_of(api.post("/bulk/subscribers", large)) == "too-large"
    assert kind_of(api.post("/imports", body("x" * UPLOADS["/api/v1/imports"]))) == "too-large"


def test_an_export_is_started_worked_and_downloaded_until_it_expires(
    api: ApiClient, daily: Installation
) -> None:
    daily.subscribe([ADA], "daily")
    started = api.post("/exports", {"which": {"list": "daily", "status": "active"}})
    assert started.status_code == 201, started.text
    path = started.headers["Location"].removeprefix("/api/v1")
    assert kind_of(api.get(f"{path}/file")) == "not-found"
    work(daily)
    done = api.get(path).json()
    assert (done["state"], done["written"], done["file"]) == ("done", 1, "people.csv")
    downloaded = api.get(f"{path}/file")
    assert downloaded.headers["content-type"].startswith("text/csv")
    assert ADA in downloaded.text
    assert 'filename="people.csv"' in downloaded.headers["content-disposition"]
    (folder,) = upload_folder(daily.app).iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    assert exports.delete_expired(daily.app, now=daily.now + exports.KEPT_FOR) == 0
    later = daily.now + exports.KEPT_FOR * 2
    assert exports.delete_expired(daily.app, now=later) == 1
    assert exports.delete_expired(daily.app, now=later) == 0
    assert kind_of(api.get(f"{path}/file")) == "not-found"
    assert not list(upload_folder(daily.app).iterdir())
    noted = [each["action"] for each in api.get("/audit?object_kind=file+job").json()["items"]]
    assert "export.download" in noted


def test_suppressions_are_exported_as_addresses_or_hashes(
    api: ApiClient, daily: Installation
) -> None:
    api.post("/suppressions", {"address": ADA})
    for is_hashed in (False, True):
        started = api.post("/suppressions/export", {"is_hashed": is_hashed})
        work(daily)
        path = started.headers["Location"].removeprefix("/api/v1")
        assert api.get(path).json()["written"] == 1
        assert (ADA in api.get(f"{path}/file").text) is not is_hashed


def test_an_export_says_how_many_lines_it_has(api: ApiClient, daily: Installation) -> None:
    people = "".join(f"reader{number}@example.org\n" for number in range(1_200))
    api.post("/imports", body(f"email\n{people}"))
    work(daily)
    path = api.post("/exports", {"format": "jsonl"}).headers["Location"].removeprefix("/api/v1")
    work(daily)
    shown = api.get(path).json()
    assert (shown["lines"], shown["written"]) == (1_200, 1_200)
    assert api.get(f"{path}/file").headers["content-type"].startswith("application/jsonl")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_files_of_other_lists_are_out_of_reach(
    api: ApiClient, daily: Installation, pages: TestClient
) -> None:
    numbers = {
        "exports": api.post("/exports", {"which": {"list": "weekly"}}).json()["id"],
        "imports": api.post("/imports", body(list="weekly")).json()["id"],
    }
    work(daily)
    limited = ApiClient(pages, token_for(daily, name="limited", lists=["daily"]))
    for kind, number in numbers.items():
        assert limited.get(f"/{kind}").json()["items"] == []
        for path in (f"/{kind}/{number}", f"/{kind}/{number}/{'file'}"):
            assert limited.get(path).status_code == 404
    for path in ("errors", "undo"):
        assert kind_of(limited.get(f"/imports/{numbers['imports']}/{path}")) == "not-found"
    for path in ("resume", "undo"):
        assert kind_of(limited.post(f"/imports/{numbers['imports']}/{path}")) == "not-found"
    for which in ({}, {"list": "weekly"}):
        assert limited.post("/exports", {"which": which}).status_code in (403, 404, 422)
    assert limited.post("/suppressions/export", {}).status_code in (403, 404, 422)
