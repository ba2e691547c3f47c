"""
The same write sent twice with one idempotency key is done once.
"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from api_client import ApiClient, kind_of, token_for
from installation import Installation
from web_samples import TestClient

from newsletter.store.tables import api_response

DAILY = {"slug": "daily", "name": "Daily"}


def test_a_repeated_write_gets_the_same_response(api: ApiClient) -> None:
    first = api.post("/lists", DAILY, Idempotency_Key="one")
    again = api.post("/lists", DAILY, Idempotency_Key="one")
    assert (again.status_code, again.content) == (201, first.content)
    same = ("etag", "location", "content-type")
    assert [again.headers[name] for name in same] == [first.headers[name] for name in same]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"


def test_a_removal_is_repeated_without_a_body(api: ApiClient) -> None:
    api.post("/lists", DAILY)
    first = api.delete("/lists/daily", Idempotency_Key="gone")
    again = api.delete("/lists/daily", Idempotency_Key="gone")
    assert (first.status_code, again.status_code, again.content) == (204, 204, b"")
    assert kind_of(api.delete("/lists/daily", Idempotency_Key="gone too")) == "not-found"


def test_a_key_is_refused_for_another_body_path_or_method(api: ApiClient) -> None:
    api.post("/lists", DAILY, Idempotency_Key="one")
    other = DAILY | {"slug": "weekly"}
    assert kind_of(api.post("/lists", other, Idempotency_Key="one")) == "idempotency-key-reused"
    changed = api.patch("/lists/daily", {"name": "D"}, Idempotency_Key="one")
    assert kind_of(changed) == "idempotency-key-reused"
    assert kind_of(api.get("/lists/weekly")) == "not-found"


def test_a_refused_request_can_be_sent_again_with_its_key(api: ApiClient) -> None:
    assert kind_of(api.patch("/lists/daily", {"name": "D"}, Idempotency_Key="k")) == "not-found"
    api.post("/lists", DAILY)
    assert api.patch("/lists/daily", {"name": "D"}, Idempotency_Key="k").status_code == 200


def test_a_key_is_kept_for_a_day(api: ApiClient, installation: Installation) -> None:
    api.post("/lists", DAILY, Idempotency_Key="one")
    installation.now += dt.timedelta(hours=24)
    assert kind_of(api.post("/lists", DAILY, Idempotency_Key="one")) == "already-exists"
    weekly = {"slug": "weekly", "name": "Weekly"}
    made = api.post("/lists", weekly, Idempotency_Key="one")
    again = api.post("/lists", weekly, Idempotency_Key="one")
    assert (made.status_code, again.content) == (201, made.content)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_tokens_do_not_share_their_keys(
    api: ApiClient, installation: Installation, pages: TestClient
) -> None:
    api.post("/lists", DAILY, Idempotency_Key="one")
    other = ApiClient(pages, token_for(installation, name="other"))
    assert kind_of(other.post("/lists", DAILY, Idempotency_Key="one")) == "already-exists"


def test_a_change_of_nothing_is_repeated_too(api: ApiClient) -> None:
    api.post("/lists", DAILY)
    first = api.patch("/lists/daily", {}, Idempotency_Key="none")
    api.patch("/lists/daily", {"name": "Other"})
    again = api.patch("/lists/daily", {}, Idempotency_Key="none")
    assert (again.json()["name"], again.headers["idempotency-replayed"]) == ("Daily", "true")
    assert again.content == first.content


def test_of_many_at_the_same_time_one_is_done(api: ApiClient) -> None:
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(api.post, "/lists", DAILY, Idempotency_Key="same") for _ in range(16)]
    responses = [each.result() for each in sent]
    assert {each.status_code for each in responses} == {201}
    assert len({each.content for each in responses}) == 1
    assert sum("idempotency-replayed" not in each.headers for each in responses) == 1


def test_a_key_that_no_database_stores_is_refused(api: ApiClient) -> None:
    for key in ("", "a" * 256, "é"):
        response = api.post("/lists", DAILY, Idempotency_Key=key.encode())  # type: ignore[arg-type]
        assert kind_of(response) == "invalid"
        assert response.json()["errors"][0]["header"] == "Idempotency-Key"


@pytest.mark.parametrize("body", [{}, {"consent": "in a test"}])
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_of_many_who_add_one_person_at_the_same_time_one_does(
    api: ApiClient, method: str, body: dict[str, str]
) -> None:
    api.post("/lists", DAILY)
    ada = "ada@example.org"
    person = {"lists": ["daily"], **body}
    path = "/subscribers" if method == "POST" else f"/subscribers/{ada}"
    given = person | {"address": ada} if method == "POST" else person
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(api, method, path, given) for _ in range(16)]
    statuses = sorted(each.result().status_code for each in sent)
    assert statuses == sorted([201] + [409 if method == "POST" else 200] * 15)
    history = api.get(f"/subscribers/{ada}/history").json()["items"]
    assert [each["what"] for each in history] == ["joined"]


def test_no_response_about_a_person_is_stored_once_they_are_erased(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list()
    for key, address in (("a", "Ada@example.org"), ("b", "ada@bücher.example")):
        person = f"/subscribers/{quote(address)}"
        api.put(person, {"lists": ["daily"], "consent": "asked"})
        note = {"text": "Her sister asked"}
        api.post(f"{person}/notes", note, Idempotency_Key=key)
        assert "Her sister asked" in stored_bodies(installation)
        again = api.post(f"{person}/notes", note, Idempotency_Key=key)
        assert again.headers["idempotency-replayed"] == "true"
        assert "person" not in again.headers
        assert api.delete(person).status_code == 204
        assert "Her sister asked" not in stored_bodies(installation)
    assert kind_of(api.post(f"{person}/notes", note, Idempotency_Key="b")) == "response-erased"


def stored_bodies(installation: Installation) -> str:
    with installation.app.database.read() as connection:
        return str(connection.execute(sa.select(api_response.c.body)).all())
