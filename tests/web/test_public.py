"""
The pages readers see, on both databases, asked as mail programs, scanners and strangers ask.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import re
import threading

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from installation import Installation
from origins import STAFF
from web_samples import ADA, TestClient, heading, leave_path, subscription, view_path

from newsletter import pipeline
from newsletter.model.issue import IssueState
from newsletter.store.flow_control import kill_switch
from newsletter.store.flow_control.kill_switch import StopKind
from newsletter.store.issues.issues import move_issue
from newsletter.web.middleware import HEADERS, MAX_BYTES
from subscribers.erasure import erase
from subscribers.lists import edit_list
from subscribers.people import subscriber_by_address
from subscribers.unsubscribe_view import masked
from subscribers.validation.address import parse_address


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_the_unsubscribe_page_changes_nothing(
    installation: Installation, client: TestClient, method: str
) -> None:
    before = subscription(installation)
    answer = client.request(method, leave_path(installation))
    assert answer.status_code == 200
    assert subscription(installation) == before


def test_the_unsubscribe_page_says_which_list_and_masks_the_address(
    installation: Installation, client: TestClient
) -> None:
    page = client.get(leave_path(installation)).text
    assert heading(page) == "Unsubscribe from Daily?"
    assert "a…@example.org</bdi>. You don’t have to give a reason." in page
    assert ADA not in page
    assert page.count("<form") == page.count("<button") == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"List-Unsubscribe": "One-Click"}},
        {"files": {"List-Unsubscribe": (None, "One-Click")}},
        {"content": b""},
        {"content": b"\xff\x00 no form at all", "headers": {"content-type": "multipart/form-data"}},
    ],
    ids=["urlencoded", "multipart", "empty", "junk"],
)
def test_a_post_of_any_form_unsubscribes_without_redirect_or_cookie(
    installation: Installation, client: TestClient, sent: dict[str, object]
) -> None:
    answer = client.post(leave_path(installation), **sent)
    left = subscription(installation)
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert (left.state, left.ended_reason, left.since) == (
        "ended",
        "by the reader",
        installation.now,
    )
    assert heading(answer.text) == "You are unsubscribed"
    assert 'No emails from <bdi lang="en" dir="ltr">Daily</bdi> will come any more.' in answer.text


def test_a_second_post_answers_the_same_and_keeps_the_first_time(
    installation: Installation, client: TestClient
) -> None:
    first = client.post(leave_path(installation))
    left = subscription(installation)
    installation.now += dt.timedelta(minutes=30)
    second = client.post(leave_path(installation))
    assert (second.status_code, second.text) == (first.status_code, first.text)
    assert subscription(installation) == left


def test_a_post_ends_one_list_and_leaves_the_others(
    installation: Installation, client: TestClient
) -> None:
    installation.add_list("weekly")
    installation.subscribe([ADA], "weekly")
    client.post(leave_path(installation))
    with installation.app.database.read() as connection:
        person = subscriber_by_address(connection, parse_address(ADA))
    states = {s.list_slug: str(s.state) for s in person.subscriptions}
    assert states == {"daily": "ended", "weekly": "active"}


def test_the_link_of_an_erased_person_shows_no_address(
    installation: Installation, client: TestClient
) -> None:
    path = leave_path(installation)
    with installation.app.database.write() as connection:
        erase(
            connection,
            parse_address(ADA),
            keyring=installation.app.links.keys,
            now=installation.now,
            by=STAFF,
        )
    page = client.get(path)
    assert (page.status_code, heading(page.text)) == (200, "You are unsubscribed")
    assert "…@" not in page.text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_link_of_a_test_mail_says_that_it_does_nothing(
    installation: Installation, client: TestClient, method: str
) -> None:
    answer = client.request(method, "/u/test")
    assert (answer.status_code, heading(answer.text)) == (200, "This link came from a test email")
    assert subscription(installation).state == "active"


def test_a_lists_name_is_shown_as_text_never_as_markup(
    installation: Installation, client: TestClient
) -> None:
    with installation.app.database.write() as connection:
        edit_list(connection, "daily", name="<script>alert(1)</script> & Söhne")
    page = client.get(leave_path(installation)).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Söhne" in page
    assert "<script" not in page


def test_tokens_of_another_purpose_number_or_key_lead_to_the_same_page_as_no_address(
    installation: Installation, client: TestClient
) -> None:
    nowhere = client.get("/nowhere")
    signed = installation.app.links.keys.sign
    paths = [
        leave_path(installation)[:-1],
        leave_path(installation) + "/",
        leave_path(installation).swapcase(),
        "/u/" + signed("view", 1),
        "/v/" + signed("unsubscribe", 1),
    ]
    for path in paths:
        for method in ("GET", "POST") if path.startswith("/u/") else ("GET",):
            answer = client.request(method, path)
            # Byte for byte the same, so that a guess learns nothing.
            assert (answer.status_code, answer.text) == (404, nowhere.text), path
    assert subscription(installation).state == "active"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(token=st.binary(min_size=1, max_size=60), page=st.sampled_from("uv"))
def test_a_token_of_any_bytes_gives_not_found(client: TestClient, token: bytes, page: str) -> None:
    answer = client.get(f"/{page}/" + "".join(f"%{byte:02x}" for byte in token))
    assert answer.status_code == 404


def test_a_frozen_issue_is_shown_without_anybodys_data(
    installation: Installation, client: TestClient
) -> None:
    issue_id = installation.add_issue(
        "The Quiet Harbour", intro="Dear %%first_name|reader%%, %%email|you%%"
    )
    assert client.get(view_path(installation, issue_id)).status_code == 404
    pipeline.publish_issue(installation.app.publishing, issue_id)
    answer = client.get(view_path(installation, issue_id))
    assert answer.status_code == 200
    assert "The Quiet Harbour" in answer.text
    assert "Dear reader, you" in answer.text
    assert not re.search(r"/u/|nsubscribe</a>|ada@|%%|Ada", answer.text)
    assert "script-src" not in answer.headers["content-security-policy"]
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_cancelled_issue_is_no_longer_shown(
    installation: Installation, client: TestClient
) -> None:
    issue_id = installation.add_issue("The Quiet Harbour")
    pipeline.publish_issue(installation.app.publishing, issue_id)
    with installation.app.database.write() as connection:
        move_issue(connection, issue_id, IssueState.CANCELLED)
    assert client.get(view_path(installation, issue_id)).status_code == 404


def test_the_home_page_says_who_sends_from_here(client: TestClient) -> None:
    answer = client.get("/")
    assert heading(answer.text) == "Newsletters from The Institute"


def test_every_answer_carries_the_security_headers(
    installation: Installation, client: TestClient
) -> None:
    answers = [
        client.get("/"),
        client.get("/healthz"),
        client.get("/readyz"),
        client.get("/nowhere"),
        client.put("/u/x"),
        client.post("/u/x", content=b"x" * (MAX_BYTES + 1)),
        client.post(leave_path(installation)),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 503, 404, 405, 413, 200]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert [name for name in HEADERS if name not in answer.headers] == []
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
    assert sorted(answers[4].headers["allow"].split(", ")) == ["GET", "HEAD", "POST"]


def test_the_policy_lets_in_the_pages_own_style_and_no_other(client: TestClient) -> None:
    answer = client.get("/")
    styles = re.findall(r"<style>(.*?)</style>", answer.text, flags=re.DOTALL)
    digests = [hashlib.sha256(style.encode()).digest() for style in styles]
    allowed = " ".join(f"'sha256-{base64.b64encode(one).decode()}'" for one in digests)
    assert f"style-src {allowed};" in answer.headers["content-security-policy"]
    assert not re.search(r"<script|style=|<link|https?://", answer.text)


def test_ready_says_no_while_stopping_and_without_a_migrated_database(
    client: TestClient, stopping: threading.Event
) -> None:
    assert (client.get("/readyz").status_code, client.get("/readyz").text) == (
        503,
        "database unavailable\n",
    )
    stopping.set()
    assert client.get("/readyz").text == "shutting down\n"
    assert client.get("/healthz").text == "ok\n"


def test_ready_says_that_a_disk_is_full(installation: Installation, client: TestClient) -> None:
    installation.app.database.least_free = 2**62
    answer = client.get("/readyz")
    if installation.app.database.file is not None:
        assert (answer.status_code, answer.text) == (503, "disk full\n")


def test_without_its_tables_a_page_says_try_again_and_tells_nothing(
    installation: Installation, client: TestClient
) -> None:
    path = leave_path(installation)
    with installation.app.database.write() as connection:
        connection.execute(sa.text("ALTER TABLE subscription RENAME TO elsewhere"))
    answer = client.post(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert heading(answer.text) == "This page is temporarily unavailable"
    assert "subscription" not in answer.text


def test_a_masked_address_keeps_one_letter_and_the_domain() -> None:
    assert [masked(a) for a in ("ada@example.org", "x@y.org", '"a@b"@example.org')] == [
        "a…@example.org",
        "x…@y.org",
        '"…@example.org',
    ]


@pytest.mark.parametrize("template", ["alert", "digest", "intelbrief", "letter"])
def test_every_link_of_ours_in_a_mail_leads_to_a_page(
    installation: Installation, client: TestClient, template: str
) -> None:
    issue_id = installation.add_issue(
        "The Quiet Harbour", template=template, subject="The Quiet Harbour"
    )
    pipeline.publish_issue(installation.app.publishing, issue_id)
    installation.submit_all()
    (mail,) = installation.mails()
    page = mail.get_body(("html",))
    assert page is not None
    ours = set(
        re.findall(rf'"{re.escape(installation.app.site.base_url)}([^"]*)"', page.get_content())
    )
    assert [path[:3] for path in sorted(ours)] == ["/p/", "/u/", "/v/"]
    assert {client.get(path).status_code for path in ours} == {200}


def test_nobody_leaves_a_database_that_was_moved_elsewhere(
    installation: Installation, client: TestClient
) -> None:
    with installation.app.database.write() as connection:
        kill_switch.engage(connection, StopKind.MOVED, reason="moved away", now=installation.now)
    answer = client.post(leave_path(installation))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert subscription(installation).state == "active"
    assert client.get("/readyz").status_code == 503


def test_an_error_is_explained_in_the_language_of_the_browser(pages: TestClient) -> None:
    answer = pages.get("/nowhere", headers={"accept-language": "sw, ar;q=0.9"})
    assert (answer.status_code, heading(answer.text)) == (404, "لم يُعثر على الصفحة")
    assert '<html lang="ar" dir="rtl">' in answer.text
    assert heading(pages.get("/nowhere?lang=de").text) == "Seite nicht gefunden"
    assert heading(pages.get("/nowhere").text) == "Page not found"
