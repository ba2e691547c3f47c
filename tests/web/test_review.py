"""
The editors' page: looking changes nothing, two buttons decide, and the page says what became of
the issue and by whom.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from typing import Any

import pytest
from drafts import (
    DEADLINE,
    DRAFT,
    EDITORS,
    SLOT,
    draft,
    drafted,
    prepared,
    put_brief,
    readers,
    tick_at,
    why,
)
from installation import Installation
from staff_samples import add_member
from web_samples import TestClient, heading

from newsletter.actions.access import audit, staff
from newsletter.actions.content import briefs
from newsletter.actions.issues import schedules as rules
from newsletter.actions.issues.issues import IssueTexts, approve, edit_draft
from newsletter.actions.people import lists
from newsletter.errors import Refused
from newsletter.issues import review as reviewing
from newsletter.issues.settings.lists import ListValues
from newsletter.model.access import OPERATOR, Actor, Channel, Role
from newsletter.model.issue import IssueState
from newsletter.model.schedule import Approval
from newsletter.operations.log_format import make_formatter
from newsletter.store.issues import issues
from newsletter.store.scheduling import schedules

MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def client(installation: Installation, pages: TestClient) -> TestClient:
    """
    The pages of an installation whose slot has made a draft and asked both editors.
    """
    drafted(installation, editors=EDITORS)
    return pages


def path(installation: Installation, editor: int = 0) -> str:
    """
    The path of the link one editor got.
    """
    (mail,) = [mail for mail in installation.mails() if mail["To"] == EDITORS[editor]]
    body = mail.get_body(("plain",))
    assert body is not None
    (found,) = set(re.findall(r"/r/[\w.-]+", body.get_content()))
    return str(found)


def shown(page: str) -> dict[str, str]:
    """
    The form behind "Approve and send", as a browser would send it.
    """
    (value,) = re.findall(r'name="shown" value="(\w{64})"', page)
    return {"shown": value}


def said(page: str) -> list[str]:
    """
    What the page says first of all, and the labels of its buttons.
    """
    words = re.findall(r'<p class="word"[^>]*>(.*?)</p>', page, flags=re.DOTALL)
    return [*words, *re.findall(r"<button[^>]*>(.*?)</button>", page)]


def test_the_page_shows_the_issue_and_two_buttons(
    installation: Installation, client: TestClient
) -> None:
    page = client.get(path(installation)).text
    assert heading(page) == "Send “The Quiet Quay”?"
    assert said(page) == ["Approve and send", "Hold"]
    assert re.findall(r"<dd>(.*?)</dd>", page) == [
        "<bdi>Daily</bdi>: 3 readers at present",
        "<bdi>morning, Thursday, March 5, 2026, 06:00 (America/New_York)</bdi>",
        "Thursday, March 5, 2026, 08:00 (America/New_York). If nobody decides by then, the issue "
        "is sent as it is.",
    ]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("end", ["", "/mail", "/approve", "/hold"])
def test_looking_changes_nothing(
    installation: Installation, client: TestClient, method: str, end: str
) -> None:
    before = draft(installation)
    answer = client.request(method, path(installation) + end)
    assert answer.status_code == (405 if end in ("/approve", "/hold") else 200)
    assert (draft(installation), why(installation)) == (before, "1 brief")


def test_an_approval_sends_the_issue_and_says_by_whom(
    installation: Installation, client: TestClient
) -> None:
    answer = client.post(
        path(installation) + "/approve", data=shown(client.get(path(installation)).text)
    )
    assert (answer.status_code, heading(answer.text)) == (200, "This issue is being sent")
    assert said(answer.text) == ["Approved by ed@example.org."]
    tick_at(installation, installation.now + MINUTE)
    page = client.get(path(installation, 1)).text
    assert (heading(page), said(page)) == ("This issue was sent", ["Approved by ed@example.org."])
    assert (len(readers(installation)), why(installation)) == (
        3,
        "1 brief; approved by ed@example.org",
    )


def test_a_second_approval_is_harmless(installation: Installation, client: TestClient) -> None:
    form = shown(client.get(path(installation)).text)
    client.post(path(installation) + "/approve", data=form)
    tick_at(installation, installation.now + MINUTE)
    again = client.post(path(installation, 1) + "/approve", data=form)
    assert (again.status_code, said(again.text)) == (200, ["Approved by ed@example.org."])
    tick_at(installation, installation.now + MINUTE)
    assert (len(readers(installation)), why(installation)) == (
        3,
        "1 brief; approved by ed@example.org",
    )


def _new_subject(installation: Installation) -> None:
    with installation.app.database.write() as connection:
        issues.edit_issue(connection, DRAFT, subject="Corrected")


def _new_audience(installation: Installation) -> None:
    installation.add_list("weekly")
    with installation.app.database.write() as connection:
        rule = {"lists": ["daily", "weekly"], "minus": [], "addresses": []}
        issues.edit_issue(connection, DRAFT, audience=rule)


def _new_brief(installation: Installation) -> None:
    put_brief(installation, "The Quiet Quay")
    file = installation.folder / "briefs" / "The-Quiet-Quay.txt"
    file.write_text(file.read_text().replace("Nobody", "Everybody"))
    from newsletter.pipeline import collect_sources

    installation.now += MINUTE
    collect_sources(installation.app.publishing, ["site"])


@pytest.mark.parametrize("change", [_new_subject, _new_audience, _new_brief])
def test_what_changed_since_it_was_shown_is_shown_anew_and_not_sent(
    installation: Installation, client: TestClient, change: Any
) -> None:
    form = shown(client.get(path(installation)).text)
    change(installation)
    answer = client.post(path(installation) + "/approve", data=form)
    assert answer.status_code == 409
    assert said(answer.text)[0].startswith("This issue changed after you opened the page")
    assert 'role="alert"' in answer.text
    assert (installation.state(DRAFT), shown(answer.text) != form) == ("draft", True)
    client.post(path(installation) + "/approve", data=shown(answer.text))
    assert installation.state(DRAFT) == "freezing"


@pytest.mark.parametrize("form", [{}, {"shown": ""}, {"shown": "0" * 64}, {"other": "x"}])
def test_a_post_that_does_not_say_what_it_saw_sends_nothing(
    installation: Installation, client: TestClient, form: dict[str, str]
) -> None:
    answer = client.post(path(installation) + "/approve", data=form)
    assert (answer.status_code, installation.state(DRAFT)) == (409, "draft")


def test_a_held_issue_says_by_whom_and_outlives_its_deadline(
    installation: Installation, client: TestClient
) -> None:
    answer = client.post(path(installation) + "/hold")
    assert answer.status_code == 200
    assert said(answer.text) == ["Put on hold by ed@example.org.", "Approve and send"]
    tick_at(installation, DEADLINE + MINUTE)
    page = client.get(path(installation, 1)).text
    assert said(page) == ["Put on hold by ed@example.org.", "Approve and send"]
    assert (installation.state(DRAFT), readers(installation)) == ("draft", [])


def test_what_was_held_may_still_be_approved(
    installation: Installation, client: TestClient
) -> None:
    held = client.post(path(installation) + "/hold")
    client.post(path(installation, 1) + "/approve", data=shown(held.text))
    tick_at(installation, installation.now + MINUTE)
    assert len(readers(installation)) == 3
    assert (
        why(installation) == "1 brief; put on hold by ed@example.org; approved by flo@example.org"
    )


def test_a_hold_that_comes_too_late_says_what_became_of_the_issue(
    installation: Installation, client: TestClient
) -> None:
    tick_at(installation, DEADLINE)
    answer = client.post(path(installation) + "/hold")
    assert (answer.status_code, heading(answer.text)) == (200, "This issue was sent")
    assert said(answer.text) == ["Not approved, but sent at its deadline."]


def test_a_cancelled_issue_says_so(installation: Installation, client: TestClient) -> None:
    with installation.app.database.write() as connection:
        issues.move_issue(connection, DRAFT, IssueState.CANCELLED)
    page = client.get(path(installation)).text
    assert (heading(page), said(page)) == ("This issue was cancelled", [])
    assert client.get(path(installation) + "/mail").status_code == 404


def test_a_plain_draft_is_approved_and_sent_by_the_button(
    installation: Installation, pages: TestClient
) -> None:
    drafted(installation, approval=Approval.DRAFT, editors=EDITORS)
    page = pages.get(path(installation)).text
    assert "<dd>none; waits for approval</dd>" in page
    pages.post(path(installation) + "/approve", data=shown(page))
    tick_at(installation, installation.now + MINUTE)
    assert (installation.state(DRAFT), len(readers(installation))) == ("submitted", 3)


def test_the_mail_stands_in_a_frame_of_this_site_and_in_no_other(
    installation: Installation, client: TestClient
) -> None:
    page, mail = client.get(path(installation)), client.get(path(installation) + "/mail")
    assert f'<iframe src="{path(installation)}/mail" title="Preview of the email" sandbox=' in (
        page.text
    )
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    policy = mail.headers["content-security-policy"]
    assert ("frame-ancestors 'self'" in policy, "default-src 'none'" in policy) == (True, True)
    assert "The Quiet Quay</h1>" in mail.text
    assert ("/u/" in mail.text, "%%" in mail.text) == (False, False)


@pytest.mark.parametrize("end", ["", "/mail"])
def test_the_link_goes_into_no_cache_and_no_other_site(
    installation: Installation, client: TestClient, end: str
) -> None:
    headers = client.get(path(installation) + end).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "private, no-store"
    assert "set-cookie" not in headers


def test_neither_the_editor_nor_the_link_stands_in_the_log(
    installation: Installation, client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        client.post(
            path(installation) + "/approve", data=shown(client.get(path(installation)).text)
        )
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("newsletter")]
    assert ours == ["issue 1 was approved by the editor of delivery 1"]
    record = logging.makeLogRecord(
        {"msg": f"GET {path(installation)}/mail", "levelname": "INFO", "name": "web"}
    )
    assert make_formatter("text").format(record).endswith("INFO GET /r/…/mail [web]")


def test_a_link_that_was_not_made_for_this_leads_nowhere(
    installation: Installation, client: TestClient
) -> None:
    links, epoch = installation.app.links, path(installation).rpartition(".")[2]
    tick_at(installation, DEADLINE)
    signed = [links.review(number, epoch) for number in (3, 4, 999)]
    signed += [links.review(1, ""), links.review(1, "ffff"), links.view(1, epoch)]
    for token in (
        *(url.rpartition("/")[2] for url in signed),
        "test",
        path(installation)[3:] + "x",
    ):
        for answer in (client.get(f"/r/{token}"), client.post(f"/r/{token}/hold")):
            assert answer.status_code == 404


def test_the_link_of_a_person_who_is_no_editor_any_more_leads_nowhere(
    installation: Installation, client: TestClient
) -> None:
    with installation.app.database.write() as connection:
        rule = schedules.find_schedule(connection, "morning")
        schedules.change_schedule(connection, rule.id, editors=["FLO@example.org"])
    form = {"shown": "0" * 64}
    assert client.post(path(installation) + "/approve", data=form).status_code == 404
    assert client.get(path(installation, 1)).status_code == 200
    assert installation.state(DRAFT) == "draft"


def test_an_issue_that_cannot_be_rendered_says_why_and_can_be_held(
    installation: Installation, client: TestClient
) -> None:
    with installation.app.database.write() as connection:
        issues.edit_issue(connection, DRAFT, subject="%%nonesuch%%")
    page = client.get(path(installation))
    assert (page.status_code, heading(page.text)) == (200, "This issue cannot be shown")
    assert "unknown merge field %%nonesuch%%" in page.text
    assert said(page.text) == ["Hold"]
    assert client.post(path(installation) + "/approve", data={"shown": "x"}).status_code == 200
    assert installation.state(DRAFT) == "draft"


def test_a_subject_is_shown_as_text_never_as_markup(
    installation: Installation, client: TestClient
) -> None:
    with installation.app.database.write() as connection:
        issues.edit_issue(connection, DRAFT, subject="<script>alert(1)</script>")
    page = client.get(path(installation)).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_link_of_a_member_of_staff_is_no_second_person(
    installation: Installation, client: TestClient
) -> None:
    """
    What they changed as a member, they cannot approve by the link in their mail.
    """
    member = add_member(installation, EDITORS[0])
    lists.edit(installation.app, "daily", ListValues(second_person_above="2"), by=OPERATOR)
    texts = IssueTexts(intro="Mine.")
    edit_draft(installation.app, DRAFT, texts=texts, by=member.actor("192.0.2.7"))
    _approve_by_link(installation, client)
    assert readers(installation) == []


def test_who_wrote_a_brief_is_no_second_person_for_the_draft_of_a_schedule(
    installation: Installation,
) -> None:
    prepared(installation)
    mara = Actor(name="Mara", channel=Channel.WEB, staff_id=1)
    lists.edit(installation.app, "daily", ListValues(second_person_above="2"), by=OPERATOR)
    tick_at(installation, SLOT - 3 * HOUR)
    briefs.edit(installation.app, 1, values={"title": "Mine"}, by=mara)
    tick_at(installation, SLOT)
    with pytest.raises(Refused, match="did not change it last"):
        approve(installation.app, DRAFT, by=mara)
    tick_at(installation, SLOT + MINUTE)
    assert readers(installation) == []


def _approve_by_link(installation: Installation, client: TestClient, editor: int = 0) -> str:
    """
    Approve what the page of the link shows, whether it has the button or not, and return the page.
    """
    link = path(installation, editor)
    form = re.findall(r'value="(\w{64})"', client.get(link).text)
    view = reviewing.review_of(installation.app.publishing, DRAFT).view
    assert view is not None
    assert form in ([view.sha256], [])
    answer = client.post(link + "/approve", data={"shown": view.sha256})
    tick_at(installation, installation.now + MINUTE)
    return answer.text


def test_an_address_without_an_account_is_no_second_person(
    installation: Installation, client: TestClient
) -> None:
    """
    Whoever names a private address of their own as an editor remains one person.
    """
    lists.edit(installation.app, "daily", ListValues(second_person_above="2"), by=OPERATOR)
    mara = add_member(installation, "mara@example.org", role=Role.EDITOR)
    texts = IssueTexts(subject="Mine")
    edit_draft(installation.app, DRAFT, texts=texts, by=mara.actor("192.0.2.7"))
    page = client.get(path(installation)).text
    assert said(page) == ["Hold"]
    assert "Somebody else has to approve this issue" in page
    assert said(_approve_by_link(installation, client)) == ["Hold"]
    assert (installation.state(DRAFT), readers(installation)) == ("draft", [])


def test_an_address_without_an_account_approves_nothing_that_needs_a_second_person(
    installation: Installation, client: TestClient
) -> None:
    lists.edit(installation.app, "daily", ListValues(second_person_above="2"), by=OPERATOR)
    _approve_by_link(installation, client)
    assert (installation.state(DRAFT), readers(installation)) == ("draft", [])
    lists.edit(installation.app, "daily", ListValues(second_person_above="3"), by=OPERATOR)
    _approve_by_link(installation, client)
    assert len(readers(installation)) == 3


def test_another_member_approves_by_the_link_in_their_mail(
    installation: Installation, client: TestClient
) -> None:
    lists.edit(installation.app, "daily", ListValues(second_person_above="2"), by=OPERATOR)
    mara = add_member(installation, "mara@example.org", role=Role.EDITOR)
    add_member(installation, EDITORS[0], role=Role.EDITOR)
    texts = IssueTexts(subject="Mine")
    edit_draft(installation.app, DRAFT, texts=texts, by=mara.actor("192.0.2.7"))
    _approve_by_link(installation, client)
    assert len(readers(installation)) == 3


def test_the_link_of_a_removed_member_leads_nowhere(
    installation: Installation, client: TestClient
) -> None:
    link = path(installation)
    add_member(installation, "eve@example.org")
    add_member(installation, EDITORS[0])
    staff.remove(installation.app, EDITORS[0], by=OPERATOR)
    with installation.app.database.write() as connection:
        rule = schedules.find_schedule(connection, "morning")
        # Even if somebody names the address again.
        schedules.change_schedule(connection, rule.id, editors=list(EDITORS))
    answers = [client.get(link), client.get(link + "/mail"), client.post(link + "/hold")]
    answers.append(client.post(link + "/approve", data={"shown": "0" * 64}))
    assert [answer.status_code for answer in answers] == [404] * 4
    assert installation.state(DRAFT) == "draft"


def test_removing_a_member_takes_them_out_of_the_schedules_that_name_them(
    installation: Installation, client: TestClient
) -> None:
    add_member(installation, "eve@example.org")
    add_member(installation, EDITORS[0])
    removed = staff.remove(installation.app, EDITORS[0].upper(), by=OPERATOR)
    assert removed.schedules == ["morning"]
    with installation.app.database.read() as connection:
        assert schedules.find_schedule(connection, "morning").editors == EDITORS[1:]
    entries = audit.entries(installation.app, limit=9, by=OPERATOR)
    (entry,) = [each for each in entries if each.object_id == "morning"]
    assert entry.changes == {"editors": {"before": list(EDITORS), "after": list(EDITORS[1:])}}


def test_a_draft_is_mailed_to_no_member_who_was_removed(installation: Installation) -> None:
    add_member(installation, "eve@example.org")
    add_member(installation, EDITORS[0])
    staff.remove(installation.app, EDITORS[0], by=OPERATOR)
    drafted(installation, editors=EDITORS)
    assert sorted(mail["To"] for mail in installation.mails()) == [EDITORS[1]]


def test_who_was_removed_is_named_as_an_editor_by_nobody(installation: Installation) -> None:
    prepared(installation)
    add_member(installation, "eve@example.org")
    add_member(installation, EDITORS[0])
    staff.remove(installation.app, EDITORS[0], by=OPERATOR)
    with pytest.raises(Refused, match=r"ed@example\.org was removed from the staff"):
        rules.edit(installation.app, "morning", fields={"editors": list(EDITORS)}, by=OPERATOR)


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.AUTHOR])
def test_a_link_gives_the_rights_that_its_member_has_now(
    installation: Installation, client: TestClient, role: Role
) -> None:
    add_member(installation, "eve@example.org")
    add_member(installation, EDITORS[0], role=Role.EDITOR)
    assert said(client.get(path(installation)).text) == ["Approve and send", "Hold"]
    staff.change_role(installation.app, EDITORS[0], role, by=OPERATOR)
    page = client.get(path(installation)).text
    assert said(page) == (["Hold"] if role is Role.AUTHOR else [])
    assert "Somebody else has to approve this issue" in page
    _approve_by_link(installation, client)
    client.post(path(installation) + "/hold")
    assert readers(installation) == []
    assert (draft(installation).held_by is None) is (role is Role.OBSERVER)


@pytest.mark.parametrize(
    ("role", "slugs"), [(Role.PEOPLE, None), (Role.EDITOR, ["press"]), (Role.EDITOR, [])]
)
def test_a_link_leads_nowhere_for_members_who_may_not_see_the_issue(
    installation: Installation, client: TestClient, role: Role, slugs: list[str] | None
) -> None:
    lists.add(installation.app, "press", "Press", ListValues(), by=OPERATOR)
    add_member(installation, "eve@example.org")
    add_member(installation, EDITORS[0], role=role, lists=slugs)
    link = path(installation)
    answers = [client.get(link), client.get(link + "/mail"), client.post(link + "/hold")]
    answers.append(client.post(link + "/approve", data={"shown": "0" * 64}))
    assert [answer.status_code for answer in answers] == [404] * 4
