"""
Mailing lists by the API.
"""

from __future__ import annotations

from api_client import ApiClient, kind_of
from installation import Installation
from web_samples import ADA

from newsletter.web.api.bodies.lists import ListBody

DAILY = {"slug": "daily", "name": "The Daily Brief", "visibility": "public", "quiet": "22:00-07:00"}


def test_a_list_is_made_shown_changed_and_removed(api: ApiClient) -> None:
    made = api.post("/lists", DAILY)
    assert made.status_code == 201, made.text
    assert made.headers["location"] == "/api/v1/lists/daily"
    assert made.json() == made.json() | DAILY | {"opt_in": "double", "held_reason": None}
    shown = api.get("/lists/daily")
    assert (shown.json(), shown.headers["etag"]) == (made.json(), made.headers["etag"])
    changed = api.patch("/lists/daily", {"name": "Morning", "quiet": ""})
    assert changed.json() == made.json() | {"name": "Morning", "quiet": None}
    assert changed.headers["etag"] != made.headers["etag"]
    removed = api.delete("/lists/daily")
    assert (removed.status_code, removed.content) == (204, b"")
    assert kind_of(api.get("/lists/daily")) == "not-found"


def test_the_example_of_a_list_has_every_field() -> None:
    assert set(ListBody.EXAMPLE) == set(ListBody.model_fields)


def test_a_second_list_with_a_slug_is_refused(api: ApiClient) -> None:
    api.post("/lists", DAILY)
    assert kind_of(api.post("/lists", DAILY)) == "already-exists"


def test_lists_are_paged_by_a_cursor_that_new_and_removed_ones_do_not_disturb(
    api: ApiClient, installation: Installation
) -> None:
    for slug in "abcde":
        installation.add_list(slug)
    first = api.get("/lists?limit=2")
    assert [each["slug"] for each in first.json()["items"]] == ["a", "b"]
    cursor = first.json()["next"]
    assert first.headers["link"] == f'</api/v1/lists?limit=2&cursor={cursor}>; rel="next"'
    api.delete("/lists/a")
    installation.add_list("f")
    second = api.get(f"/lists?limit=2&cursor={cursor}").json()
    assert [each["slug"] for each in second["items"]] == ["c", "d"]
    last = api.get(f"/lists?limit=2&cursor={second['next']}")
    assert [each["slug"] for each in last.json()["items"]] == ["e", "f"]
    assert last.json()["next"] is None
    assert "link" not in last.headers


def test_the_counts_and_the_health_of_a_list_are_shown(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list("daily")
    installation.subscribe([ADA])
    counts = api.get("/lists/daily/counts").json()
    assert counts == {"pending": 0, "active": 1, "suppressed": 0, "ended": 0}
    health = api.get("/lists/daily/health?days=7").json()
    assert (health["readers"], health["net"], health["days"]) == (1, 1, 7)


def test_a_list_that_somebody_was_on_is_not_removed(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list("daily")
    installation.subscribe([ADA])
    assert kind_of(api.delete("/lists/daily")) == "refused"
