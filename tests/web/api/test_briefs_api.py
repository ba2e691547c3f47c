"""
Briefs, images and sources by the API.
"""

from __future__ import annotations

import base64
import io

import pytest
from api_client import ApiClient, kind_of, token_for
from installation import Installation
from PIL import Image
from web_samples import TestClient

FEED = {"name": "site", "kind": "feed", "location": "https://example.org/feed/"}


def picture(width: int = 40) -> str:
    out = io.BytesIO()
    Image.new("RGB", (width, 30), "navy").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def test_a_brief_is_written_from_fields_and_made_safe(api: ApiClient) -> None:
    body = {
        "title": "The Quieter Quay",
        "date": "2026-03-04",
        "url": "https://example.org/quay",
        "takeaways": ["Two boats fewer", "The quay stays"],
        "body": "The board **decided**. <script>alert(1)</script>\n\n# More\n\n[x](javascript:a)",
        "call_to_action": {"label": "Read the plan", "url": "https://example.org/plan"},
        "categories": ["News"],
    }
    made = api.post("/briefs", body)
    assert made.status_code == 201, made.text
    found = made.json()
    assert found["body_html"] == (
        "<p>The board <strong>decided</strong>.</p>\n<h3>More</h3>\n<p>x</p>"
    )
    assert found["body_text"].startswith("The board decided.")
    assert found["call_to_action"] == body["call_to_action"]
    assert found["status"] == "new"
    assert api.get(f"/briefs/{found['id']}").json() == found
    assert made.headers["location"] == f"/api/v1/briefs/{found['id']}"


def test_a_brief_that_is_sent_twice_under_its_key_exists_once(api: ApiClient) -> None:
    path = "/briefs/keys/quay-4"
    first = api.put(path, {"title": "The Quay", "body": "One."})
    assert first.status_code == 201
    again = api.put(path, {"title": "The Quieter Quay", "body": "<p>Two.</p>", "body_type": "html"})
    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]
    assert api.get(path).json()["body_html"] == "<p>Two.</p>"
    assert again.json()["key"] == "quay-4"
    # Another key is another brief, even with the same text.
    other = api.put("/briefs/keys/quay-5", {"title": "The Quieter Quay", "body": "Two."})
    assert other.json()["id"] != first.json()["id"]
    assert [each["id"] for each in api.get("/briefs").json()["items"]] == [2, 1]


def test_what_a_person_edited_stays_when_the_brief_is_sent_again(api: ApiClient) -> None:
    number = api.put("/briefs/keys/a", {"title": "The Quay"}).json()["id"]
    edited = api.patch(f"/briefs/{number}", {"title": "The Quiet Quay", "takeaways": ["One"]})
    assert edited.json()["edited"] == ["title", "takeaways"]
    assert api.put("/briefs/keys/a", {"title": "Quay"}).json()["title"] == "The Quiet Quay"
    reset = api.post(f"/briefs/{number}/reset", {"fields": ["title"]})
    assert reset.json()["title"] == "Quay"
    changed = api.patch(f"/briefs/{number}", {"body": "It **stays**."}).json()
    assert (changed["body"], changed["edited"]) == ("It **stays**.", ["takeaways", "body"])
    assert changed["body_html"] == "<p>It <strong>stays</strong>.</p>"
    api.put("/briefs/keys/a", {"title": "Quay", "body": "It goes."})
    reset = api.post(f"/briefs/{number}/reset", {"fields": ["body"]}).json()
    assert (reset["body"], reset["body_text"]) == ("It goes.", "It goes.")


def test_a_brief_is_held_freed_and_pinned(api: ApiClient) -> None:
    path = f"/briefs/{api.post('/briefs', {'title': 'The Quay'}).json()['id']}"
    held = api.post(f"{path}/hold", {"reason": "legal"}).json()
    assert (held["status"], held["status_reason"]) == ("held", "held by a person: legal")
    assert api.get("/briefs?status=held").json()["items"][0]["id"] == held["id"]
    assert api.post(f"{path}/free").json()["status"] == "new"
    assert api.post(f"{path}/pin").json()["pinned"]
    assert not api.post(f"{path}/unpin").json()["pinned"]


def test_an_old_version_of_a_brief_changes_nothing(api: ApiClient) -> None:
    made = api.post("/briefs", {"title": "The Quay"})
    path, version = f"/briefs/{made.json()['id']}", made.headers["etag"]
    assert api.patch(path, {"title": "Two"}, If_Match=version).status_code == 200
    assert kind_of(api.patch(path, {"title": "Three"}, If_Match=version)) == "version-changed"
    assert kind_of(api.post(f"{path}/hold", {}, If_Match=version)) == "version-changed"


def test_briefs_come_in_pages(api: ApiClient) -> None:
    for number in range(5):
        api.post("/briefs", {"title": f"Quay {number}"})
    first = api.get("/briefs?limit=2").json()
    second = api.get(f"/briefs?limit=2&cursor={first['next']}").json()
    api.post("/briefs", {"title": "Newer"})
    third = api.get(f"/briefs?limit=2&cursor={second['next']}").json()
    assert [[each["id"] for each in page["items"]] for page in (first, second, third)] == [
        [5, 4],
        [3, 2],
        [1],
    ]
    assert third["next"] is None


def test_briefs_are_counted_and_listed_in_either_order(api: ApiClient) -> None:
    for key in ("one", "two", "three"):
        api.put(f"/briefs/keys/{key}", {"title": key.title(), "body": "Text."})
    api.post("/briefs/2/hold", {"reason": "later"})

    def found(query: str) -> tuple[list[int], int | None]:
        page = api.get(f"/briefs?{query}").json()
        return [each["id"] for each in page["items"]], page["total"]

    assert found("") == ([3, 2, 1], None)
    assert found("order=newest&total=true&limit=1") == ([3], 3)
    assert found("order=oldest&status=new&total=true") == ([1, 3], 2)
    assert found("source=nowhere&total=true") == ([], 0)
    first = api.get("/briefs?order=oldest&limit=2").json()
    assert found(f"order=oldest&cursor={first['next']}") == ([3], None)
    assert kind_of(api.get("/briefs?order=address")) == "invalid"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"title": " "}, "invalid"),
        ({"title": "a", "image": "/relative.png"}, "refused"),
        ({"title": "a", "image": f"media:{'0' * 24}"}, "invalid"),
        ({"title": "a", "language": "zz-nowhere"}, "invalid"),
        ({"title": "a", "status": "used"}, "invalid"),
        ({"title": "a", "date": 0}, "invalid"),
        ({"title": "a", "date": "2026-03-04T00:00:00"}, "invalid"),
        ({"title": "a", "body": "<i>" * 1_000, "body_type": "html"}, "invalid"),
    ],
)
def test_a_brief_that_is_not_valid_is_refused(
    api: ApiClient, body: dict[str, object], kind: str
) -> None:
    assert kind_of(api.post("/briefs", body)) == kind
    assert api.get("/briefs").json()["items"] == []


def test_an_image_is_uploaded_and_shown_in_a_brief(
    api: ApiClient, installation: Installation, pages: TestClient
) -> None:
    image = api.post("/media", {"content": picture()}).json()
    assert (image["width"], image["height"]) == (40, 30)
    assert image["url"] == f"https://news.example.org/media/{image['image'][6:]}"
    served = pages.get(f"/media/{image['image'][6:]}")
    assert served.headers["content-type"] == "image/png"
    brief = api.post("/briefs", {"title": "Quay", "image": image["url"], "image_alt": "A quay"})
    assert brief.json()["image"] == image["image"]
    assert api.post("/media", {"content": picture()}).json() == image


@pytest.mark.parametrize("content", ["bm90IGFuIGltYWdl", "not Base64!", ""])
def test_what_is_no_image_is_refused(api: ApiClient, content: str) -> None:
    assert kind_of(api.post("/media", {"content": content})) == "invalid"


def test_only_an_image_may_be_larger_than_a_megabyte(api: ApiClient) -> None:
    large = "A" * 1_500_000
    assert kind_of(api.post("/media", {"content": large})) == "invalid"
    assert kind_of(api.post("/briefs", {"title": large})) == "too-large"
    assert kind_of(api.post("/media", {"content": large * 5})) == "too-large"


def test_a_source_is_added_changed_polled_and_removed(api: ApiClient) -> None:
    made = api.post("/sources", {**FEED, "every_s": 60, "categories": ["News"]})
    assert made.status_code == 201, made.text
    assert made.json()["every_s"] == 60
    changed = api.patch("/sources/site", {"every_s": 300, "categories": [], "day_first": True})
    assert (changed.json()["every_s"], changed.json()["categories"]) == (300, [])
    assert api.get("/sources/site").json() == changed.json()
    assert api.get("/sources").json()["items"] == [changed.json()]
    asked = api.post("/sources/site/collect")
    assert asked.status_code == 202
    assert asked.json()["next_poll"] is None
    assert kind_of(api.post("/sources/site/resume")) == "refused"
    paused = api.post("/sources/site/pause", {"reason": "it is rebuilt"}).json()
    assert (paused["paused_at"] is None, paused["pause_reason"]) == (False, "it is rebuilt")
    assert kind_of(api.post("/sources/site/collect")) == "refused"
    assert api.post("/sources/site/resume").json()["paused_at"] is None
    assert kind_of(api.post("/sources", FEED)) == "refused"
    assert api.delete("/sources/site").status_code == 204
    assert kind_of(api.get("/sources/site")) == "not-found"


@pytest.mark.parametrize(
    ("kind", "location"), [("folder", "briefs"), ("folder", "/etc"), ("mailbox", "/var/mail/root")]
)
def test_no_program_lets_a_source_read_files_of_the_server(
    api: ApiClient, kind: str, location: str
) -> None:
    refused = api.post("/sources", {"name": "here", "kind": kind, "location": location})
    assert kind_of(refused) == "invalid"
    assert "on the server" in refused.text or "files of the server" in refused.text
    assert api.get("/sources").json()["items"] == []


def test_no_program_moves_a_source_with_a_key(api: ApiClient, installation: Installation) -> None:
    installation.add_source("blog", "ghost", "https://blog.example.org", key="env:BLOG")
    refused = api.patch("/sources/blog", {"location": "https://evil.example.org"})
    assert kind_of(refused) == "invalid"
    shown = api.patch("/sources/blog", {"every_s": 60})
    assert shown.status_code == 200
    assert shown.json()["has_key"]
    assert "BLOG" not in shown.text


def test_a_token_without_the_scope_writes_no_brief(
    installation: Installation, pages: TestClient
) -> None:
    reader = ApiClient(pages, token_for(installation, ["briefs:read"]))
    assert kind_of(reader.post("/briefs", {"title": "Quay"})) == "forbidden"
    assert reader.get("/briefs").json()["items"] == []


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_mailbox_that_is_no_imap_address_is_a_path_which_only_the_server_sets(
    api: ApiClient, installation: Installation
) -> None:
    for location in ("x://../../etc", "https://../../etc", "/etc"):
        source = {"name": "box", "kind": "mailbox", "location": location}
        assert "reads files of the server" in api.post("/sources", source).text
    assert api.get("/sources").json()["items"] == []


def test_a_brief_is_removed_if_no_issue_has_it_and_no_source_brings_it(
    api: ApiClient, installation: Installation
) -> None:
    installation.add_list("daily")
    for key in ("one", "two"):
        api.put(f"/briefs/keys/{key}", {"title": key.title(), "body": "Text."})
    api.post("/issues", {"lists": ["daily"], "briefs": [2]})
    assert api.delete("/briefs/1").status_code == 204
    assert kind_of(api.get("/briefs/1")) == "not-found"
    assert kind_of(api.get("/briefs/keys/one")) == "not-found"
    assert api.put("/briefs/keys/one", {"title": "One", "body": "Text."}).status_code == 201
    refused = api.delete("/briefs/2")
    assert (kind_of(refused), refused.json()["detail"]) == (
        "refused",
        "brief 2 is in issue 1: hold it",
    )
    assert kind_of(api.delete("/briefs/99")) == "not-found"
