"""
The newsroom's page of an issue that goes out, and what staff do to it there.
"""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from corrected_issue import edit
from installation import Installation
from staff_samples import StaffBrowser, add_member
from statements import counted

from newsletter import pipeline
from newsletter.actions.issues import issue_delivery
from newsletter.model.access import OPERATOR, Role
from newsletter.model.delivery import BatchState, DeliveryState, HoldReason
from newsletter.store.access.audit import list_entries
from newsletter.store.tables import batch, delivery, exclusion, issue, outcome

MOST_STATEMENTS = 12
PAGE = "/admin/issues/1"


@pytest.fixture
def sending(installation: Installation, browser: StaffBrowser) -> StaffBrowser:
    """
    The browser of an owner, and issue 1, which is frozen for three readers and goes out.
    """
    installation.add_list()
    installation.add_readers(3)
    installation.add_issue("The Quiet Quay", subject="Quay <script>alert(1)</script>")
    pipeline.publish_issue(installation.app.publishing, 1)
    add_member(installation)
    browser.log_in()
    return browser


def ledger(html: str) -> dict[str, int]:
    """
    Return the number of each line of the ledger, and of its foot.
    """
    rows = re.findall(r'chip (\w+)">[^<]*</span></th>.*?class="count">(?:<a[^>]*>)?(\d+)', html)
    total = re.findall(r'class="count"><span>(\d+)</span>', html)
    return {state: int(number) for state, number in rows} | {"total": int(total[0])}


def make_uncertain(installation: Installation) -> None:
    """
    Leave the only batch of issue 1 without an answer of its provider.
    """
    with installation.app.database.write() as connection:
        values = {"state": BatchState.UNCERTAIN, "provider": "outbox"}
        connection.execute(sa.update(batch).values(**values, call_started_at=installation.now))


def test_the_lines_of_the_ledger_add_up_to_everybody(
    installation: Installation, sending: StaffBrowser
) -> None:
    html = sending.get(PAGE).text
    assert ledger(html)["pending"] == ledger(html)["total"] == 3
    installation.submit_all()
    with installation.app.database.write() as connection:
        rejected = sa.update(delivery).where(delivery.c.email == "reader0001@example.org")
        connection.execute(rejected.values(state=DeliveryState.REJECTED, reason="no <such> box"))
    html = sending.get(PAGE).text
    found = ledger(html)
    assert (found["accepted"], found["rejected"], found.pop("total")) == (2, 1, 3)
    assert sum(found.values()) == 3
    assert "no &lt;such&gt; box" in html


def test_what_people_wrote_is_shown_as_text(sending: StaffBrowser) -> None:
    sending.post(f"{PAGE}/pause", on=PAGE, reason='"onmouseover=<img src=x>')
    html = sending.get(PAGE).text
    assert "Quay &lt;script&gt;" in html
    assert "&lt;img src=x&gt;" in html
    assert "<img src=x" not in html


def test_while_it_goes_out_the_page_renews_itself_and_then_stops(
    installation: Installation, sending: StaffBrowser
) -> None:
    assert f'hx-get="{PAGE}/progress?state=sending"' in sending.get(PAGE).text
    part = sending.get(f"{PAGE}/progress?state=sending")
    assert ledger(part.text)["pending"] == 3
    assert "<h1>" not in part.text
    assert "hx-refresh" not in part.headers
    installation.submit_all()
    last = sending.get(f"{PAGE}/progress?state=sending")
    assert last.headers["hx-refresh"] == "true"
    assert "hx-get" not in last.text
    assert "hx-get" not in sending.get(PAGE).text


def test_it_is_paused_and_resumed(installation: Installation, sending: StaffBrowser) -> None:
    paused = sending.post(f"{PAGE}/pause", on=PAGE, reason="wrong picture")
    assert paused.headers["location"] == PAGE
    html = sending.get(PAGE).text
    assert installation.state(1) == "paused"
    assert "wrong picture" in html
    assert "Paused by" in html
    assert "Resume for 3 readers" in html
    sending.post(f"{PAGE}/resume", on=PAGE)
    assert installation.state(1) == "sending"


def test_what_the_program_paused_is_resumed_only_with_a_reason(
    installation: Installation, sending: StaffBrowser
) -> None:
    issue_delivery.pause(installation.app, 1, reason="12 bounced", by=OPERATOR)
    with installation.app.database.write() as connection:
        connection.execute(sa.update(issue).values(auto_paused_at=installation.now))
    refused = sending.post(f"{PAGE}/resume", on=PAGE)
    assert refused.status_code == 422
    assert "Say why it is safe" in refused.text
    assert installation.state(1) == "paused"
    sending.post(f"{PAGE}/resume", on=PAGE, resume_reason="the list is clean now")
    assert installation.state(1) == "sending"
    assert "the list is clean now" in sending.get(PAGE).text


def test_readers_who_wait_for_the_first_ones_get_it_at_once_if_somebody_says_so(
    installation: Installation, sending: StaffBrowser
) -> None:
    later = installation.now + dt.timedelta(minutes=15)
    held = {"state": BatchState.WAITING, "hold": HoldReason.CANARY, "not_before": later}
    with installation.app.database.write() as connection:
        connection.execute(sa.update(batch).values(**held))
    html = sending.get(PAGE).text
    assert "3 readers wait until" in html
    assert "Send to 3 readers now" in html
    sending.post(f"{PAGE}/resume", on=PAGE)
    installation.submit_all()
    assert installation.counts(1)["accepted"] == 3


def test_the_rest_is_cancelled_with_a_reason(
    installation: Installation, sending: StaffBrowser
) -> None:
    assert re.search(r"Cancel for <span[^>]*>3</span> readers", sending.get(PAGE).text)
    refused = sending.post(f"{PAGE}/cancel", on=PAGE, cancel_reason=" ")
    assert refused.status_code == 422
    assert installation.state(1) == "sending"
    sending.post(f"{PAGE}/cancel", on=PAGE, cancel_reason="sent too early")
    html = sending.get(PAGE).text
    assert ledger(html)["cancelled"] == 3
    assert "sent too early" in html
    again = sending.post(f"{PAGE}/cancel", on=PAGE, cancel_reason="once more")
    assert again.headers["location"] == PAGE
    assert "already cancelled" in sending.get(PAGE).text


def test_uncertain_readers_are_named_and_decided_about(
    installation: Installation, sending: StaffBrowser
) -> None:
    make_uncertain(installation)
    html = sending.get(PAGE).text
    assert "3 readers are uncertain" in html
    assert "Count 3 readers as accepted" in html
    assert f'hx-get="{PAGE}/uncertain"' in html
    assert "reader0002@example.org" in sending.get(f"{PAGE}/uncertain").text
    named = sending.get(f"{PAGE}/readers?state=uncertain").text
    assert "reader0002@example.org" in named
    sending.post(f"{PAGE}/resolve", on=PAGE, outcome="nonsense")
    assert installation.counts(1)["uncertain"] == 3
    sending.post(f"{PAGE}/resolve", on=PAGE, outcome="accepted")
    assert installation.counts(1)["accepted"] == 3
    assert installation.state(1) == "submitted"


def test_who_was_left_out_is_counted_by_reason_and_named(
    installation: Installation, sending: StaffBrowser
) -> None:
    with installation.app.database.write() as connection:
        reason = {"issue_id": 1, "subscriber_id": 1, "reason": "suppressed: bounce"}
        connection.execute(sa.insert(exclusion).values(reason))
    html = sending.get(PAGE).text
    assert "1 person was left out" in html
    assert "The address is suppressed: bounce" in html
    named = sending.get(f"{PAGE}/left-out").text
    assert "reader0000@example.org" in named
    assert "The address is suppressed: bounce" in named


def test_reading_the_names_of_many_is_recorded_whatever_the_address_says(
    installation: Installation, sending: StaffBrowser
) -> None:
    rows = [
        {"issue_id": 1, "batch_no": 1, "email": f"r{n}@example.org", "email_key": f"r{n}"}
        for n in range(250)
    ]
    with installation.app.database.write() as connection:
        connection.execute(sa.insert(delivery), rows)
    page = sending.get(f"{PAGE}/readers?seen=101")
    older = re.findall(r'class="end" href="([^"]+)"', page.text)[0].replace("&amp;", "&")
    assert "r50@example.org" not in sending.get(older).text
    with installation.app.database.read() as connection:
        entries = list_entries(connection, {"object_id": "1"}, before=None, limit=5)
    assert entries[0].action == "issue.recipients_page"


def test_the_counts_of_bounces_and_complaints_lead_to_the_readers(
    installation: Installation, sending: StaffBrowser
) -> None:
    installation.submit_all()
    assert f"{PAGE}/readers?state=bounced_hard" not in sending.get(PAGE).text
    said = {"bounce": "bounced_hard", "detail": "550 no <b>such</b> user"}
    with installation.app.database.write() as connection:
        first, second, _ = connection.execute(sa.select(delivery.c.id)).scalars().all()
        at = installation.now
        bounced = {"delivery_id": first, "issue_id": 1, "bounced_hard_at": at, **said}
        complained = {"delivery_id": second, "issue_id": 1, "complained_at": at}
        connection.execute(sa.insert(outcome), [bounced])
        connection.execute(sa.insert(outcome), [complained])
    html = sending.get(PAGE).text
    assert "not counted: nothing in the emails tracks their readers" in html
    assert f'href="{PAGE}/readers?state=complained"' in html
    assert f'href="{PAGE}/readers?state=bounced_hard"' in html
    named = sending.get(f"{PAGE}/readers?state=bounced_hard").text
    assert "Readers whose email bounced for good" in named
    assert "reader0000@example.org" in named
    assert "550 no &lt;b&gt;such&lt;/b&gt; user" in named
    assert "reader0001@example.org" not in named
    assert "reader0001@example.org" in sending.get(f"{PAGE}/readers?state=complained").text


def test_a_copy_of_it_is_a_new_draft(installation: Installation, sending: StaffBrowser) -> None:
    made = sending.post(f"{PAGE}/duplicate", on=PAGE)
    assert made.headers["location"] == "/admin/issues/2"
    assert installation.state(2) == "draft"


def test_a_changed_brief_is_corrected_for_those_who_got_it(
    installation: Installation, sending: StaffBrowser
) -> None:
    installation.submit_all()
    assert f'href="{PAGE}/correct"' not in sending.get(PAGE).text
    edit(installation, title="The Loud <i>Quay</i>")
    html = sending.get(PAGE).text
    assert "The Loud &lt;i&gt;Quay" in html
    email = sending.get(f"{PAGE}/email")
    assert "The Quiet Quay" in email.text
    assert "Loud" not in email.text
    assert email.headers["x-frame-options"] == "SAMEORIGIN"
    assert "script-src" not in email.headers["content-security-policy"]
    assert "Make a draft for 3 readers" in sending.get(f"{PAGE}/correct").text
    made = sending.post(f"{PAGE}/correct", subject="Correction", intro="We were **wrong**.")
    assert made.headers["location"] == "/admin/issues/2"
    twice = sending.post(f"{PAGE}/correct", subject="Correction")
    assert twice.headers["location"] == PAGE
    assert 'class="banner bad"' in sending.get(PAGE).text


def test_named_people_get_it_again_once_that_is_confirmed(
    installation: Installation, sending: StaffBrowser
) -> None:
    installation.submit_all()
    wrong = sending.post(f"{PAGE}/resend", addresses="nobody@example.org")
    assert wrong.status_code == 422
    assert "nobody@example.org</textarea>" in wrong.text
    asked = sending.post(f"{PAGE}/resend", addresses="reader0001@example.org\n")
    assert "1 person has this email already" in asked.text
    assert installation.mailed().count("reader0001@example.org") == 1
    sending.post(f"{PAGE}/resend", addresses="reader0001@example.org", again="yes")
    installation.submit_all()
    assert installation.mailed().count("reader0001@example.org") == 2


def test_who_may_not_send_is_offered_nothing_and_refused(
    installation: Installation, sending: StaffBrowser
) -> None:
    for role in (Role.AUTHOR, Role.OBSERVER):
        address = f"{role}@example.org"
        add_member(installation, address, role=role)
        sending.log_in(address)
        html = sending.get(PAGE).text
        for form in ("pause", "cancel", "resume"):
            assert f'action="{PAGE}/{form}"' not in html
            refused = sending.post(f"{PAGE}/{form}", on=PAGE, reason="x", cancel_reason="x")
            assert refused.status_code == 403, form
    assert installation.state(1) == "sending"


def test_who_may_not_see_people_is_shown_numbers_alone(
    installation: Installation, sending: StaffBrowser
) -> None:
    add_member(installation, "au@example.org", role=Role.AUTHOR)
    sending.log_in("au@example.org")
    assert f"{PAGE}/readers" not in sending.get(PAGE).text
    assert sending.get(f"{PAGE}/readers").status_code == 403


def test_its_page_needs_few_statements_at_its_worst(
    installation: Installation, sending: StaffBrowser
) -> None:
    make_uncertain(installation)
    with installation.app.database.write() as connection:
        numbers = connection.execute(sa.select(delivery.c.id)).scalars().all()
        seen = [{"delivery_id": each, "issue_id": 1} for each in numbers]
        connection.execute(sa.insert(outcome), seen)
        connection.execute(sa.update(outcome).values(bounced_hard_at=installation.now))
        values = {"fallback_provider": "spare", "refused_since": installation.now}
        connection.execute(sa.update(issue).values(**values))
    for path in (PAGE, f"{PAGE}/progress?state=sending", f"{PAGE}/readers"):
        with counted(installation.app) as statements:
            assert sending.get(path).status_code == 200
        assert len(statements) <= MOST_STATEMENTS, "\n".join([path, *statements])


def test_an_issue_that_does_not_exist_has_no_page(sending: StaffBrowser) -> None:
    for path in ("/admin/issues/99", "/admin/issues/x", f"/admin/issues/{9**30}"):
        assert sending.get(path).status_code == 404
        assert sending.get(f"{path}/readers").status_code == 404
        assert sending.post(f"{path}/pause", on=PAGE).status_code == 404
