"""
The links that let staff in: an invitation, a new password, the first owner.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from email.message import EmailMessage

import pytest
from installation import Installation
from staff_samples import EVE, PASSWORD, StaffBrowser, add_member, add_totp, load_member
from web_samples import heading

from newsletter.access.staff_links import find_open_link
from newsletter.actions.access import staff, staff_links
from newsletter.model.access import OPERATOR, Actor, Channel, Role
from newsletter.model.staff import MemberState, StaffLinkKind
from newsletter.store.access.members import edit_member
from newsletter.store.epochs import begin_epoch

TOM = "tom@example.org"
NEW = "a lantern on the quay"
FORGED = 1000


def mailed_path(installation: Installation, address: str = TOM) -> str:
    """
    Submit what is queued, and return the path of the link in the last email to *address*.
    """
    installation.submit_all()
    mails = [mail for mail in installation.mails() if mail["To"].addresses[0].addr_spec == address]
    (found,) = set(re.findall(r"https://news\.example\.org(/admin/\S+)", text_of(mails[-1])))
    return str(found)


def text_of(mail: EmailMessage) -> str:
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    return str(text).replace("\r\n", "\n")


def link_path(installation: Installation, address: str = TOM, **values: object) -> str:
    """
    Invite somebody, and return the path of a link that was not sent.
    """
    invited = staff.invite(installation.app, address, role=Role.EDITOR, by_mail=False, by=OPERATOR)
    return (invited.url or "").removeprefix("https://news.example.org")


def test_an_invitation_comes_by_email_and_lets_its_member_in_once(
    installation: Installation, browser: StaffBrowser
) -> None:
    staff.invite(installation.app, TOM, role=Role.EDITOR, name="Tom", by=OPERATOR)
    path = mailed_path(installation)
    assert load_member(installation, TOM).state is MemberState.INVITED
    # Scanners open every link.
    assert [browser.get(path).status_code for _ in range(3)] == [200] * 3
    assert browser.post(path, name="Tom", new_password="short").status_code == 422
    entered = browser.post(path, name="Tom Young", new_password=NEW, timezone="Europe/Berlin")
    assert entered.headers["location"] == "/admin/"
    assert "Tom Young" in browser.get("/admin/").text
    tom = load_member(installation, TOM)
    assert (tom.state, tom.timezone) == (MemberState.ACTIVE, "Europe/Berlin")
    assert browser.get(path).status_code == 410
    browser.client.cookies.clear()
    assert browser.log_in(TOM, NEW).status_code == 303


def test_the_email_says_who_invites_and_is_in_the_language_of_the_member(
    installation: Installation, browser: StaffBrowser
) -> None:
    eve = add_member(installation).actor("")
    staff.invite(installation.app, TOM, role=Role.EDITOR, language="de", by=eve)
    path = mailed_path(installation)
    (mail,) = installation.mails()
    assert mail["Subject"] == "Einladung in die Redaktion von The Institute"
    assert "Eve Adams lädt Sie in die Redaktion von The Institute ein\n" in text_of(mail)
    assert "Eve Adams lädt Sie" in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert path in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]


def test_who_invites_is_named_by_their_token_too_and_the_operator_is_not(
    installation: Installation,
) -> None:
    app = installation.app
    eve = add_member(installation)
    token = Actor(name="deploy script", channel=Channel.API, staff_id=eve.id)
    staff.invite(app, TOM, role=Role.EDITOR, by=token)
    with app.database.write() as connection:
        edit_member(connection, eve.id, name="", language="en")
    staff.invite(app, "ann@example.org", role=Role.EDITOR, by=token)
    staff.invite(app, "bob@example.org", role=Role.EDITOR, by=OPERATOR)
    installation.submit_all()
    titles = [text_of(mail).split("\n")[2] for mail in installation.mails()]
    assert sorted(titles) == [
        "Eve Adams invites you to join the staff of The Institute",
        "You are invited to the staff of The Institute",
        f"{EVE} invites you to join the staff of The Institute",
    ]


def test_no_stored_email_and_no_table_holds_a_link(
    installation: Installation, browser: StaffBrowser
) -> None:
    staff.invite(installation.app, TOM, role=Role.EDITOR, by=OPERATOR)
    token = mailed_path(installation).rpartition("/")[2]
    with installation.app.database.read() as connection:
        dump = "".join(
            str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
            for table in ("mail", "delivery", "batch", "staff_link", "staff_member")
        )
    assert "invitation_url" in dump
    assert token.partition(".")[0] not in dump


def test_links_expire_after_a_week_and_after_half_an_hour(
    installation: Installation, browser: StaffBrowser
) -> None:
    invitation = link_path(installation)
    add_member(installation)
    reset = (staff.reset(installation.app, EVE, by_mail=False, by=OPERATOR).url or "")[24:]
    setup_is_needed = staff_links.setup_url(installation.app)
    assert setup_is_needed is None
    for path, lives in ((reset, dt.timedelta(minutes=30)), (invitation, dt.timedelta(days=7))):
        began = installation.now
        installation.now = began + lives - dt.timedelta(seconds=1)
        assert browser.get(path).status_code == 200
        installation.now = began + lives
        assert browser.get(path).status_code == 410
        installation.now = began


def test_a_newer_link_replaces_the_one_before_and_a_restore_ends_all(
    installation: Installation, browser: StaffBrowser
) -> None:
    first, second = link_path(installation), link_path(installation)
    assert [browser.get(path).status_code for path in (first, second)] == [410, 200]
    with installation.app.database.write() as connection:
        begin_epoch(connection, now=installation.now)
    assert browser.get(second).status_code == 410


def test_a_link_of_somebody_who_was_removed_or_let_in_meanwhile_does_not_work(
    installation: Installation, browser: StaffBrowser
) -> None:
    path = link_path(installation)
    staff.remove(installation.app, TOM, by=OPERATOR)
    assert browser.get(path).status_code == 410
    # A link to choose a password does not make a member of who was only invited.
    again = link_path(installation)
    assert browser.get(again.replace("/invitation/", "/reset/")).status_code == 410
    assert browser.get(again.replace("/invitation/", "/setup/")).status_code == 410


def test_of_a_thousand_forged_links_none_is_accepted(installation: Installation) -> None:
    app, rng = installation.app, random.Random(19)
    genuine = link_path(installation).rpartition("/")[2]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
    forged = [
        "",
        ".",
        genuine[:-1],
        genuine + "A",
        genuine.partition(".")[0],
        "ü" * 30,
        genuine[::-1],
    ]
    forged += [app.links.keys.sign("staff-reset", n) for n in range(100)]
    forged += [app.links.keys.sign("staff-invitation", n) for n in range(100)]
    while len(forged) < FORGED:
        at = rng.randrange(len(genuine))
        changed = rng.choice(letters.replace(genuine[at], ""))
        forged.append(f"{genuine[:at]}{changed}{genuine[at + 1 :]}")
    with app.database.read() as connection:

        def opens(token: str, kind: StaffLinkKind = StaffLinkKind.INVITATION) -> bool:
            found = find_open_link(connection, app.links, kind, token, now=installation.now)
            return found is not None

        assert [token for token in forged if opens(token)] == []
        assert [kind for kind in StaffLinkKind if opens(genuine, kind)] == ["invitation"]


def test_everybody_who_asks_for_a_new_password_gets_the_same_answer(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    link_path(installation, TOM)
    pages = set()
    for address in (EVE, TOM, "nobody@example.org"):
        response = browser.post("/admin/reset", email=address)
        pages.add((response.status_code, re.sub(r'value="[^"]{22}"', "", response.text)))
    assert [status for status, _ in pages] == [200]
    installation.submit_all()
    assert installation.mailed() == [EVE]


def test_a_reset_changes_the_password_ends_all_sessions_and_asks_for_the_second_factor(
    installation: Installation, browser: StaffBrowser
) -> None:
    member = add_member(installation)
    browser.log_in()
    kept = browser.session or ""
    browser.client.cookies.clear()
    totp = add_totp(installation, member)
    browser.post("/admin/reset", email=EVE)
    path = mailed_path(installation, EVE)
    assert browser.post(path, new_password=NEW).headers["location"] == "/admin/login/second"
    assert browser.get("/admin/").status_code == 303
    assert browser.post("/admin/login/second", code=totp.at(installation.now)).status_code == 303
    assert browser.get("/admin/").status_code == 200
    browser.client.cookies.set("__Host-staff", kept, domain="news.example.org")
    assert browser.get("/admin/").status_code == 303
    browser.client.cookies.clear()
    assert browser.log_in(password=PASSWORD).status_code == 422
    assert browser.log_in(password=NEW).status_code == 303


def test_nobody_can_flood_a_member_with_links(
    installation: Installation, browser: StaffBrowser
) -> None:
    add_member(installation)
    for _ in range(9):
        assert browser.post("/admin/reset", email=EVE).status_code == 200
    installation.submit_all()
    assert installation.mailed() == [EVE] * 5


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "passwordpassword",
        "abababababab",
        "123456789012",
        "eve@example.org",
        "The Institute",
        "theinstitute",
        "the-institute!",
    ],
)
def test_a_password_that_is_short_or_easily_guessed_is_refused(
    installation: Installation, browser: StaffBrowser, password: str
) -> None:
    path = link_path(installation, EVE)
    response = browser.post(path, name="", new_password=password)
    assert response.status_code == 422
    assert 'aria-invalid="true" aria-describedby="new_password-hint new_password-error"' in (
        response.text
    )
    assert '<a href="#new_password">' in response.text


def test_the_first_owner_is_made_once_by_a_link_for_the_terminal(
    installation: Installation, browser: StaffBrowser
) -> None:
    old = (staff_links.setup_url(installation.app) or "")[24:]
    path = (staff_links.setup_url(installation.app) or "")[24:]
    assert browser.get(old).status_code == 410
    assert heading(browser.get(path).text) == "Create the first account"
    wrong = browser.post(path, email="no address", name="Eve", new_password=NEW)
    assert wrong.status_code == 422
    assert browser.post(path, email=EVE, name="Eve", new_password=NEW).status_code == 303
    assert load_member(installation).role is Role.OWNER
    assert browser.get(path).status_code == 410
    assert staff_links.setup_url(installation.app) is None
