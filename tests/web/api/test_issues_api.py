"""
Issues, schedules and the kill switch by the API.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from api_client import ApiClient, kind_of, token_for
from drafts import tick_at
from installation import Installation
from web_samples import ADA, TestClient

from newsletter.actions.access import audit
from newsletter.model.access import OPERATOR

GRACE = "grace@example.org"


@pytest.fixture
def desk(api: ApiClient, installation: Installation) -> ApiClient:
    """
    The API of an installation with a list, two readers and a brief.
    """
    installation.add_list("daily")
    installation.subscribe([ADA, GRACE])
    api.put("/briefs/keys/quay", {"title": "The Quay", "body": "Nobody left the quay."})
    return api


def draft(desk: ApiClient, **values: Any) -> str:
    body = {"lists": ["daily"], "briefs": [1], "subject": "The quay", **values}
    made = desk.post("/issues", body)
    assert made.status_code == 201, made.text
    return f"/issues/{made.json()['id']}"


def as_sent(time: dt.datetime) -> str:
    return time.isoformat().replace("+00:00", "Z")


def test_a_draft_is_made_changed_and_duplicated(desk: ApiClient) -> None:
    path = draft(desk, intro="Good morning %%first_name|reader%%,")
    found = desk.get(path).json()
    assert (found["state"], found["briefs"][0]["title"]) == ("draft", "The Quay")
    changed = desk.patch(path, {"subject": "The quiet quay", "show": "line"}).json()
    assert (changed["subject"], changed["briefs"][0]["shown_as"]) == ("The quiet quay", "line")
    copy = desk.post(f"{path}/duplicate")
    assert copy.headers["location"] == "/api/v1/issues/2"
    assert copy.json()["subject"] == "The quiet quay"
    assert [each["id"] for each in desk.get("/issues?state=draft").json()["items"]] == [2, 1]
    assert desk.get(f"{path}/readers").json() == {"readers": 2}


def test_issues_are_counted_and_listed_in_either_order(
    desk: ApiClient, installation: Installation, pages: TestClient
) -> None:
    installation.add_list("weekly")
    for lists in (["daily"], ["weekly"], ["daily"], ["daily", "weekly"]):
        draft(desk, lists=lists)
    desk.post("/issues/3/cancel")

    def found(query: str, of: ApiClient = desk) -> tuple[list[int], int | None]:
        page = of.get(f"/issues?{query}").json()
        return [each["id"] for each in page["items"]], page["total"]

    assert found("") == ([4, 3, 2, 1], None)
    assert found("order=newest&total=true&limit=1") == ([4], 4)
    assert found("order=oldest&state=draft&total=true") == ([1, 2, 4], 3)
    first = desk.get("/issues?order=oldest&total=true&limit=3").json()
    assert [each["id"] for each in first["items"]] == [1, 2, 3]
    assert found(f"order=oldest&total=true&limit=3&cursor={first['next']}") == ([4], 4)
    assert kind_of(desk.get(f"/issues?order=newest&total=true&cursor={first['next']}")) == "invalid"
    limited = ApiClient(pages, token_for(installation, name="limited", lists=["daily"]))
    assert found("order=oldest&total=true", limited) == ([1, 3], 2)


def test_a_draft_is_removed_but_nothing_that_was_sent_or_tested(
    desk: ApiClient, installation: Installation
) -> None:
    gone, tested, sent = draft(desk), draft(desk), draft(desk)
    version = desk.get(gone).headers["ETag"]
    desk.patch(gone, {"subject": "Another"})
    assert kind_of(desk.delete(gone, If_Match=version)) == "version-changed"
    assert desk.delete(gone).status_code == 204
    assert kind_of(desk.get(gone)) == "not-found"
    desk.post(f"{tested}/test", {"addresses": [ADA]})
    desk.post(f"{sent}/send", {})
    installation.submit_all()
    for kept in (tested, sent):
        assert kind_of(desk.delete(kept)) == "refused"
        assert desk.get(kept).status_code == 200
    assert kind_of(desk.delete("/issues/99")) == "not-found"


def test_the_counts_of_the_last_issues_come_in_one_call(
    desk: ApiClient, installation: Installation
) -> None:
    installation.add_list("weekly")
    sent, other = draft(desk), draft(desk, lists=["weekly"])
    desk.post(f"{sent}/send", {})
    installation.submit_all()
    found = desk.get("/issue-statuses").json()["items"]
    assert [(each["id"], each["accepted"]) for each in found] == [(2, 0), (1, 2)]
    assert found == [desk.get(f"{path}/status").json() for path in (other, sent)]
    page = desk.get("/issue-statuses?limit=1").json()
    rest = desk.get(f"/issue-statuses?limit=1&cursor={page['next']}").json()
    assert page["items"] + rest["items"] == found
    only = desk.get("/issue-statuses?list=daily").json()["items"]
    assert [each["id"] for each in only] == [1]


def test_templates_are_listed_and_shown_with_their_files(desk: ApiClient) -> None:
    names = [each["name"] for each in desk.get("/templates").json()["items"]]
    assert {"digest", "letter"} <= set(names)
    found = desk.get("/templates/digest").json()
    assert (found["is_own"], set(found["files"]) >= {"subject.txt", "body.txt"}) == (False, True)
    assert kind_of(desk.get("/templates/nonesuch")) == "not-found"


def test_a_draft_of_what_does_not_exist_is_refused(desk: ApiClient) -> None:
    unknown = desk.post("/issues", {"lists": ["nonesuch"]})
    assert kind_of(unknown) == "unknown-reference"
    assert unknown.json()["errors"][0]["pointer"] == "/lists"
    path = draft(desk)
    unknown = desk.patch(path, {"briefs": [99]})
    assert kind_of(unknown) == "unknown-reference"
    assert unknown.json()["errors"][0]["pointer"] == "/briefs"
    wrong = desk.patch(path, {"template": "nonesuch"})
    assert kind_of(wrong) == "invalid"
    assert wrong.json()["errors"][0]["pointer"] == "/template"
    assert kind_of(desk.get("/issues/99")) == "not-found"


def test_an_issue_is_reviewed_as_a_reader_gets_it(desk: ApiClient) -> None:
    path = draft(desk, intro="Good morning %%first_name|reader%%,")
    preview = desk.get(f"{path}/preview").json()
    assert preview["subject"] == "The quay"
    assert "Nobody left the quay." in preview["html"]
    assert "Good morning Robin," in preview["text"]
    assert "Good morning reader," in desk.get(f"{path}/preview?reader=no-name").json()["text"]
    check = desk.get(f"{path}/check").json()
    assert check["errors"] == 0
    assert {each["level"] for each in check["findings"]} <= {"warning", "advice", "not run"}
    assert kind_of(desk.get(f"{path}/changes")) == "refused"


def test_an_approval_is_for_what_was_seen(desk: ApiClient) -> None:
    path = draft(desk)
    seen = desk.get(path).headers["etag"]
    desk.patch(path, {"subject": "Another"})
    assert kind_of(desk.post(f"{path}/approve", If_Match=seen)) == "version-changed"
    assert desk.get(path).json()["is_approved"] is False
    seen = desk.get(path).headers["etag"]
    assert desk.post(f"{path}/approve", If_Match=seen).json()["is_approved"]
    assert desk.get(f"{path}/changes").json() == {"has_changed": False, "diff": []}
    desk.patch("/briefs/1", {"title": "The Other Quay"})
    assert desk.get(f"{path}/changes").json()["has_changed"]


def test_an_issue_is_sent_and_its_recipients_are_listed(
    desk: ApiClient, installation: Installation
) -> None:
    path = draft(desk)
    sent = desk.post(f"{path}/send", {}, Idempotency_Key="once")
    assert sent.json()["state"] == "sending", sent.text
    again = desk.post(f"{path}/send", {}, Idempotency_Key="once")
    assert (again.json(), again.headers["idempotency-replayed"]) == (sent.json(), "true")
    refused = desk.post(f"{path}/send", {})
    assert kind_of(refused) == "refused"
    assert refused.json()["detail"] == "issue 1 is already being sent"
    installation.submit_all()
    status = desk.get(f"{path}/status").json()
    assert (status["state"], status["audience"], status["accepted"]) == ("submitted", 2, 2)
    first = desk.get(f"{path}/recipients?limit=1").json()
    second = desk.get(f"{path}/recipients?limit=1&cursor={first['next']}").json()
    assert [page["items"][0]["address"] for page in (first, second)] == [ADA, GRACE]
    assert second["next"] is None
    assert desk.get(f"{path}/recipients?state=rejected").json()["items"] == []
    assert installation.mailed() == [ADA, GRACE]


def test_an_issue_is_scheduled_held_and_cancelled(
    desk: ApiClient, installation: Installation
) -> None:
    path, later = draft(desk), installation.now + dt.timedelta(hours=2)
    sent = desk.post(f"{path}/send", {"at": later.isoformat()}).json()
    assert sent["state"] == "scheduled"
    assert dt.datetime.fromisoformat(sent["send_at"]) == later
    assert desk.post(f"{path}/hold").json()["state"] == "draft"
    past = (installation.now - dt.timedelta(hours=2)).isoformat()
    assert kind_of(desk.post(f"{path}/send", {"at": past})) == "refused"
    cancelled = desk.post(f"{path}/cancel", {"reason": "the day has changed"})
    assert cancelled.json()["state"] == "cancelled"
    assert desk.get(f"{path}/status").json()["reason"] == "the day has changed"
    assert kind_of(desk.post(f"{path}/cancel")) == "refused"
    assert kind_of(desk.post(f"{path}/send", {})) == "refused"


def test_a_scheduled_issue_that_is_sent_now_says_when_and_where(
    desk: ApiClient, installation: Installation
) -> None:
    path, later = draft(desk), installation.now + dt.timedelta(hours=2)
    waiting = desk.post(f"{path}/send", {"at": later.isoformat()}).json()
    assert (waiting["sent_at"], waiting["submitted_at"], waiting["url"]) == (None, None, None)
    sent = desk.post(f"{path}/send", {}).json()
    assert (sent["state"], sent["send_at"], sent["submitted_at"]) == ("sending", None, None)
    assert dt.datetime.fromisoformat(sent["sent_at"]) == installation.now
    assert "Nobody left the quay." in desk.pages.get(sent["url"]).text
    installation.submit_all()
    done = desk.get(path).json()
    assert dt.datetime.fromisoformat(done["submitted_at"]) == installation.now
    listed = desk.get("/issues").json()["items"][0]
    assert (listed["send_at"], listed["sent_at"]) == (None, sent["sent_at"])


def test_the_time_of_an_issue_that_was_due_stays_and_of_one_cancelled_before_goes(
    desk: ApiClient, installation: Installation
) -> None:
    due, cancelled = draft(desk), draft(desk)
    later = installation.now + dt.timedelta(hours=2)
    for path in (due, cancelled):
        desk.post(f"{path}/send", {"at": later.isoformat()})
    assert desk.post(f"{cancelled}/cancel").json()["send_at"] is None
    tick_at(installation, later)
    sent = desk.get(due).json()
    assert (sent["send_at"], sent["sent_at"]) == (as_sent(later), as_sent(later))


def test_a_scheduled_issue_gets_another_time_and_keeps_its_approval(
    desk: ApiClient, installation: Installation
) -> None:
    desk.patch("/lists/daily", {"needs_approval": True})
    path, later = draft(desk), installation.now + dt.timedelta(hours=2)
    assert kind_of(desk.post(f"{path}/reschedule", {"at": later.isoformat()})) == "refused"
    desk.post(f"{path}/approve")
    desk.post(f"{path}/send", {"at": later.isoformat()})
    later += dt.timedelta(hours=1)
    moved = desk.post(f"{path}/reschedule", {"at": later.isoformat()}).json()
    assert (moved["state"], dt.datetime.fromisoformat(moved["send_at"])) == ("scheduled", later)
    past = (installation.now - dt.timedelta(hours=2)).isoformat()
    assert kind_of(desk.post(f"{path}/reschedule", {"at": past})) == "refused"
    tick_at(installation, later)
    assert installation.mailed() == [ADA, GRACE]


def test_an_issue_is_neither_approved_nor_sent_with_a_held_brief(
    desk: ApiClient, installation: Installation
) -> None:
    path, later = draft(desk), installation.now + dt.timedelta(hours=2)
    desk.post(f"{path}/send", {"at": later.isoformat()})
    desk.post("/briefs/1/hold", {"reason": "wait"})
    tick_at(installation, later)
    assert (desk.get(path).json()["state"], installation.mailed()) == ("draft", [])
    for refused in (desk.post(f"{path}/approve"), desk.post(f"{path}/send", {})):
        assert kind_of(refused) == "refused"
        assert "held by" in refused.json()["detail"], refused.text
    desk.post("/briefs/1/free")
    assert desk.post(f"{path}/send", {}).json()["state"] == "sending"


def test_a_brief_that_is_held_while_an_issue_goes_out_stays_held(
    desk: ApiClient, installation: Installation
) -> None:
    desk.post(f"{draft(desk)}/send", {})
    desk.post("/briefs/1/hold", {"reason": "wait"})
    installation.submit_all()
    assert desk.get("/briefs/1").json()["status"] == "held"
    assert desk.post("/briefs/1/free").json()["status"] == "used"


def test_an_issue_is_paused_and_resumed(desk: ApiClient, installation: Installation) -> None:
    path = draft(desk)
    assert kind_of(desk.post(f"{path}/pause", {"reason": "too early"})) == "refused"
    desk.post(f"{path}/send", {})
    paused = desk.post(f"{path}/pause", {"reason": "wrong picture"}).json()
    assert (paused["state"], paused["reason"]) == ("paused", "wrong picture")
    assert desk.post(f"{path}/resume", {}).json()["state"] == "sending"
    assert kind_of(desk.post(f"{path}/resume", {})) == "refused"
    installation.submit_all()
    assert kind_of(desk.post(f"{path}/resend", {"addresses": [ADA]})) == "refused"
    assert desk.post(f"{path}/resend", {"addresses": [ADA], "again": True}).json() == {"people": 1}
    assert desk.get(path).json()["state"] == "sending"
    unknown = desk.post(f"{path}/resend", {"addresses": ["nobody@example.org"]})
    assert kind_of(unknown) in ("refused", "unknown-reference")


def test_a_test_email_goes_only_to_the_addresses_named(
    desk: ApiClient, installation: Installation
) -> None:
    made = desk.post(f"{draft(desk)}/test", {"addresses": ["desk@example.org"]})
    assert made.status_code == 201, made.text
    assert (made.json()["kind"], made.json()["parent"]) == ("test", 1)
    assert made.headers["location"] == f"/api/v1/issues/{made.json()['id']}"
    installation.submit_all()
    assert installation.mailed() == ["desk@example.org"]


def test_a_correction_goes_to_those_who_got_the_issue(
    desk: ApiClient, installation: Installation
) -> None:
    path = draft(desk)
    desk.post(f"{path}/send", {})
    installation.submit_all()
    assert kind_of(desk.post(f"{path}/correct", {})) == "refused"
    installation.now += dt.timedelta(minutes=5)
    desk.put("/briefs/keys/quay", {"title": "The Quay", "body": "Everybody left the quay."})
    made = desk.post(f"{path}/correct", {"subject": "Correction"})
    assert made.status_code == 201, made.text
    assert (made.json()["issue"]["corrects"], made.json()["readers"]) == (1, 2)


def test_a_notice_gets_no_lists(desk: ApiClient) -> None:
    notice = desk.post("/notices", {"address": ADA, "subject": "Your order", "text": "It is here."})
    path = f"/issues/{notice.json()['id']}"
    for changes in ({"cadences": ["weekly"]}, {"lists": ["daily"]}, {"subject": "Mine"}):
        assert kind_of(desk.patch(path, changes)) == "refused", changes
    assert desk.get(path).json()["lists"] == []


def test_an_issue_that_needs_an_approval_is_not_sent_without(desk: ApiClient) -> None:
    desk.patch("/lists/daily", {"needs_approval": True})
    path = draft(desk)
    refused = desk.post(f"{path}/send", {})
    assert kind_of(refused) == "refused"
    assert "needs an approval" in refused.json()["detail"]
    assert desk.get(path).json()["state"] == "draft"
    desk.post(f"{path}/approve")
    assert desk.post(f"{path}/send", {}).json()["state"] == "sending"


def test_the_key_of_a_send_that_was_refused_can_be_used_again(
    desk: ApiClient, installation: Installation
) -> None:
    path = draft(desk)
    desk.patch("/lists/daily", {"needs_approval": True})
    for _ in range(2):
        assert "approval" in desk.post(f"{path}/send", {}, Idempotency_Key="one").json()["detail"]
    desk.post(f"{path}/approve")
    # A note of the check is stored ahead of the refusal.
    assert desk.post(f"{path}/send", {}, Idempotency_Key="one").json()["state"] == "sending"


def test_what_is_done_to_an_issue_is_in_the_audit_trail(
    desk: ApiClient, installation: Installation
) -> None:
    path = draft(desk)
    desk.post(f"{path}/approve")
    desk.post(f"{path}/send", {})
    desk.post(f"{path}/pause", {"reason": "wrong"})
    found = audit.entries(installation.app, limit=50, by=OPERATOR)
    actions = [each.action for each in found if each.object_kind == "issue"]
    assert actions == ["issue.pause", "issue.send", "issue.approve", "issue.create"]


def test_a_schedule_is_added_changed_run_and_removed(
    desk: ApiClient, installation: Installation
) -> None:
    installation.add_source("site", "feed", "https://example.org/feed/")
    body = {
        "name": "morning",
        "cron": "0 6 * * *",
        "timezone": "America/New_York",
        "lists": ["daily"],
        "sources": ["site"],
        "max": 5,
        "look_back_s": 86_400,
        "categories": ["News"],
    }
    made = desk.post("/schedules", body)
    assert made.status_code == 201, made.text
    assert {name: made.json()[name] for name in body} == body
    changed = desk.patch("/schedules/morning", {"max": 0, "look_back_s": 0, "categories": []})
    assert [changed.json()[n] for n in ("max", "look_back_s", "categories")] == [None, None, []]
    assert desk.get("/schedules").json()["items"] == [changed.json()]
    installation.add_source("press", "feed", "https://example.org/press/")
    moved = desk.patch("/schedules/morning", {"sources": ["press", "site"]}).json()
    assert (moved["lists"], moved["sources"]) == (["daily"], ["press", "site"])
    lost = desk.patch("/schedules/morning", {"lists": ["nonesuch"]})
    assert (kind_of(lost), lost.json()["errors"][0]["pointer"]) == ("unknown-reference", "/lists")
    coming = desk.get("/schedules/morning/next?count=2").json()
    assert len(coming["runs"]) == 2
    assert coming["runs"][0]["due"] == coming["runs"][0]["sent_at"]
    assert desk.post("/schedules/morning/pause").json()["paused"]
    assert desk.get("/schedules/morning/runs").json()["paused"]
    assert not desk.post("/schedules/morning/resume").json()["paused"]
    ran = desk.post("/schedules/morning/run", {"slot": "2026-03-01T06:00"})
    assert ran.status_code == 200, ran.text
    assert [each["outcome"] for each in ran.json()["runs"]] == ["skipped"]
    ahead = desk.post("/schedules/morning/run", {"slot": "2036-03-01T06:00"})
    assert kind_of(ahead) == "refused"
    assert desk.delete("/schedules/morning").status_code == 204
    assert kind_of(desk.get("/schedules/morning")) == "not-found"
    unknown = desk.post("/schedules", {**body, "sources": ["nonesuch"]})
    assert kind_of(unknown) == "unknown-reference"
    assert unknown.json()["errors"][0]["pointer"] == "/sources"


def test_the_kill_switch_is_engaged_and_disengaged(
    desk: ApiClient, installation: Installation, pages: TestClient
) -> None:
    path = "/operations/kill-switch"
    assert not desk.get(path).json()["is_engaged"]
    stopped = desk.post(f"{path}/engage", {"reason": "a breach"}).json()
    assert (stopped["stop"]["kind"], stopped["batches_in_flight"]) == ("all", 0)
    assert desk.get(path).json()["reason"] == "a breach"
    assert not desk.post(f"{path}/disengage").json()["is_engaged"]
    limited = ApiClient(pages, token_for(installation, name="limited", lists=["daily"]))
    assert kind_of(limited.post(f"{path}/engage", {"reason": "mine"})) == "forbidden"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/issues/{issue}", None),
        ("PATCH", "/issues/{issue}", {"subject": "Mine"}),
        ("POST", "/issues/{issue}/duplicate", None),
        ("GET", "/issues/{issue}/readers", None),
        ("GET", "/issues/{issue}/preview", None),
        ("GET", "/issues/{issue}/check", None),
        ("GET", "/issues/{issue}/changes", None),
        ("POST", "/issues/{issue}/approve", None),
        ("POST", "/issues/{issue}/hold", None),
        ("POST", "/issues/{issue}/reschedule", {"at": "2036-03-01T06:00:00+00:00"}),
        ("POST", "/issues/{issue}/correct", {}),
        ("POST", "/issues/{issue}/send", {}),
        ("POST", "/issues/{issue}/test", {"addresses": [ADA]}),
        ("POST", "/issues/{issue}/pause", {"reason": "mine"}),
        ("POST", "/issues/{issue}/resume", {}),
        ("POST", "/issues/{issue}/cancel", None),
        ("POST", "/issues/{issue}/resend", {"addresses": [ADA]}),
        ("POST", "/issues/{issue}/resolve", {"outcome": "accepted"}),
        ("GET", "/issues/{issue}/status", None),
        ("GET", "/issues/{issue}/recipients", None),
        ("GET", "/schedules/{schedule}", None),
        ("PATCH", "/schedules/{schedule}", {"max": 3}),
        ("DELETE", "/schedules/{schedule}", None),
        ("POST", "/schedules/{schedule}/pause", None),
        ("POST", "/schedules/{schedule}/resume", None),
        ("POST", "/schedules/{schedule}/run", {}),
        ("GET", "/schedules/{schedule}/next", None),
        ("GET", "/schedules/{schedule}/runs", None),
        ("PATCH", "/briefs/{brief}", {"title": "Mine"}),
        ("POST", "/briefs/{brief}/hold", {}),
        ("PATCH", "/sources/{source}", {"every_s": 60}),
        ("DELETE", "/sources/{source}", None),
        ("POST", "/sources/{source}/collect", None),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_belongs_to_other_lists_is_answered_as_what_does_not_exist(
    desk: ApiClient,
    installation: Installation,
    pages: TestClient,
    method: str,
    path: str,
    body: Any,
) -> None:
    installation.add_list("weekly")
    installation.subscribe([ADA], "weekly")
    installation.add_source("site", "feed", "https://example.org/feed/")
    draft(desk, lists=["weekly"])
    desk.post(
        "/schedules",
        {
            "name": "friday",
            "cron": "0 6 * * fri",
            "timezone": "UTC",
            "lists": ["weekly"],
            "sources": ["site"],
        },
    )
    limited = ApiClient(pages, token_for(installation, name="limited", lists=["daily"]))
    theirs = {"issue": 1, "schedule": "friday", "brief": 1, "source": "site"}
    nobodys = {"issue": 99, "schedule": "nonesuch", "brief": 99, "source": "nonesuch"}
    hidden = limited(method, path.format(**theirs), body)
    unknown = limited(method, path.format(**nobodys), body)
    assert kind_of(hidden) == "not-found"
    assert hidden.content == unknown.content
    assert limited.get("/issues").json()["items"] == []
    assert limited.get("/schedules").json()["items"] == []
